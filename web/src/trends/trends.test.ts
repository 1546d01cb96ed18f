import { describe, expect, it } from "vitest";
import type { Gap, History } from "../api/types";
import { join, stepsOf, tableRows } from "./join";
import { pensMax, pensOf } from "./pens";
import { boundsOf, moved, presetOf, spanOf, zoomed } from "./span";
import { csvOf } from "./trend_table";

const history = (times: number[], gaps: Gap[] = [], step_ms = 1_000): History => ({
  node: "n",
  device: "d",
  metric: "m",
  unit: "°C",
  from: 0,
  to: 100_000,
  step_ms,
  columns: ["time", "min", "max", "mean"],
  rows: times.map((time) => [time, time - 1, time + 1, time]),
  gaps,
});
const lost = (from: number, to: number): Gap => ({ from, to, readings: 3, reason: "full" });

describe("a line", () => {
  it("goes on over a single missing step", () => {
    expect(stepsOf(history([0, 1_000, 3_000, 4_000])).map((step) => step.time)).toEqual([0, 1_000, 3_000, 4_000]);
  });
  it("breaks where readings are more than three steps apart", () => {
    expect(stepsOf(history([0, 1_000, 5_000, 6_000])).map((step) => step.mean)).toEqual([0, 1_000, null, 5_000, 6_000]);
  });
  it("goes on where a metric speaks seldom", () => {
    expect(stepsOf(history([0, 60_000, 120_000])).some((step) => step.mean === null)).toBe(false);
  });
  it("breaks where readings are known to be lost, however short", () => {
    expect(stepsOf(history([0, 1_000, 3_000, 4_000], [lost(1_500, 2_500)])).map((step) => step.mean)).toEqual([
      0,
      1_000,
      null,
      3_000,
      4_000,
    ]);
  });
  it("takes the columns as they are named", () => {
    const turned = { ...history([]), columns: ["mean", "time"], rows: [[7, 1_000]] };
    expect(stepsOf(turned)).toEqual([{ time: 1_000, mean: 7, least: null, greatest: null }]);
  });
});

describe("several histories", () => {
  it("share their times, and what one lacks is no gap", () => {
    const { times, columns } = join([history([0, 2_000, 4_000], [], 2_000), history([0, 1_000, 2_000])]);
    expect(times).toEqual([0, 1_000, 2_000, 4_000]);
    expect(columns[0]!.mean).toEqual([0, undefined, 2_000, 4_000]);
    expect(columns[1]!.greatest).toEqual([1, 1_001, 2_001, undefined]);
  });
  it("are the same in the table, newest first, with gaps between", () => {
    const rows = tableRows([history([0, 1_000, 9_000], [lost(2_000, 8_000)])]);
    expect(rows.map((row) => (row.kind === "gap" ? row.gap?.reason : row.time))).toEqual([9_000, "full", 1_000, 0]);
  });
  it("have a line in the table for a silence that nothing explains", () => {
    const rows = tableRows([history([0, 1_000, 9_000, 10_000])]);
    expect(rows[2]).toEqual({ kind: "gap", from: 1_000, to: 9_000, of: 0, gap: null });
  });
  it("are the same in a spreadsheet, oldest first", () => {
    const lines = csvOf(pensOf(["n/d/m"]), [history([0, 9_000], [lost(2_000, 8_000)])]).split("\r\n");
    expect(lines[1]).toBe("1970-01-01T00:00:00.000Z,0,-1,1,");
    expect(lines[2]).toBe('1970-01-01T00:00:02.000Z,,,,"3 readings lost: full"');
    expect(lines).toHaveLength(5);
  });
});

describe("a span", () => {
  it("follows the newest unless it is between two moments", () => {
    expect(spanOf(new URLSearchParams("r=8h"))).toEqual({ follow: true, ms: 28_800_000 });
    expect(spanOf(new URLSearchParams("from=5&to=9"))).toEqual({ follow: false, from: 5, to: 9 });
  });
  it.each(["r=never", "from=9&to=5", "from=x&to=y", ""])("of '%s' is the usual one", (query) =>
    expect(presetOf(spanOf(new URLSearchParams(query)))).toBe("1h"),
  );
  it("ends now while it follows", () => expect(boundsOf({ follow: true, ms: 10 }, 100)).toEqual({ from: 90, to: 100 }));
  it("keeps the moment under the pointer when it is zoomed", () => {
    expect(zoomed({ from: 0, to: 100_000 }, 0.5, 25_000)).toEqual({ from: 12_500, to: 62_500 });
  });
  it("gets no shorter than ten seconds", () => {
    const { from, to } = zoomed({ from: 0, to: 12_000 }, 0.01);
    expect(to - from).toBe(10_000);
  });
  it("does not move into the future", () => {
    expect(moved({ from: 0, to: 90 }, 0.5, 100)).toEqual({ from: 10, to: 100 });
  });
});

it("a chart takes each metric once, and no more than can be told apart", () => {
  const pens = pensOf(["a/b/c", "a/b/c", "nonsense", ...Array.from({ length: 9 }, (_x, i) => `n/d/${i}`)]);
  expect(pens).toHaveLength(pensMax);
  expect(pens.map((pen) => pen.number)).toEqual([0, 1, 2, 3, 4, 5]);
});
