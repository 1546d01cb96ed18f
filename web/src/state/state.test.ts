import { describe, expect, it } from "vitest";
import type { Alarm } from "../api/types";
import { byUrgency } from "./alarms";
import { hrefOf, parseRoute } from "./route";
import { keyOf, nameOf } from "./series_key";
import { Trail } from "./trail";
import { LiveValues, seriesMax } from "./values";

const stepsOf = (trail: Trail, now: number) => {
  const out: number[][] = [];
  trail.visit(now, (age, low, high) => out.push([age, low, high]));
  return out;
};

describe("a trail", () => {
  it("keeps the least and the greatest of each step", () => {
    const trail = new Trail();
    [
      [0, 5],
      [500, 2],
      [1_900, 9],
      [2_000, 7],
    ].forEach(([time, value]) => trail.add(time!, value!));
    expect(stepsOf(trail, 2_000)).toEqual([
      [1, 2, 9],
      [0, 7, 7],
    ]);
  });
  it("leaves a silent stretch empty", () => {
    const trail = new Trail();
    trail.add(0, 1);
    trail.add(20_000, 2);
    expect(stepsOf(trail, 20_000)).toEqual([
      [10, 1, 1],
      [0, 2, 2],
    ]);
  });
  it("forgets what is older than it holds, and never takes it up again", () => {
    const trail = new Trail();
    trail.add(0, 1);
    trail.add(Trail.stepMs * Trail.steps, 2);
    trail.add(0, 3);
    expect(stepsOf(trail, Trail.stepMs * Trail.steps)).toEqual([[0, 2, 2]]);
  });
  it("is filled in from the past without moving on", () => {
    const trail = new Trail();
    trail.add(10_000, 1);
    trail.fillIn(4_000, 8);
    trail.fillIn(90_000, 9);
    expect(stepsOf(trail, 10_000)).toEqual([
      [3, 8, 8],
      [0, 1, 1],
    ]);
  });
});

const live = (metric: string, time_ms: number, value = 1) => ({
  node: "n",
  device: "d",
  metric,
  unit: null,
  time_ms,
  value,
  quality: "good" as const,
});

describe("live values", () => {
  it("keep the newest value only", () => {
    const values = new LiveValues();
    values.takeLive([live("m", 2_000, 5), live("m", 1_000, 4)]);
    expect(values.get("n/d/m")?.value).toBe(5);
  });
  it("are stale when they are late for their own rhythm", () => {
    const values = new LiveValues();
    for (let t = 0; t <= 30_000; t += 1_000) values.takeLive([live("quick", 1e6 + t)]);
    for (let t = 0; t <= 300_000; t += 60_000) values.takeLive([live("slow", 1e6 + t)]);
    expect(values.get("n/d/quick")!.isStale(1e6 + 39_000)).toBe(false);
    expect(values.get("n/d/quick")!.isStale(1e6 + 41_000)).toBe(true);
    expect(values.get("n/d/slow")!.isStale(1e6 + 500_000)).toBe(false);
    expect(values.get("n/d/slow")!.isStale(1e6 + 700_000)).toBe(true);
  });
  it("are bounded, and say that there are more", () => {
    const values = new LiveValues();
    for (let i = 0; i <= seriesMax; i++) values.takeLive([live(`m${i}`, 1)]);
    expect(values.all().length).toBe(seriesMax);
    expect(values.hasMore.value).toBe(true);
  });
});

describe("addresses", () => {
  it("hold any name of a series", () => {
    const name = { node: "fog/1", device: "a b%", metric: "état/%2F" };
    expect(nameOf(keyOf(name))).toEqual(name);
  });
  it.each(["", "a/b", "a/b/c/d", "a/b/%E0%A4%A"])("%s names no series", (text) => expect(nameOf(text)).toBeUndefined());
  it("lead to a view and back", () => {
    const { view, query } = parseRoute(hrefOf("trends", { m: "a/b/c%2F" }));
    expect([view, query.get("m")]).toEqual(["trends", "a/b/c%2F"]);
  });
  it.each(["", "#", "#/nowhere", "#token=abc"])("%s leads to the values", (hash) =>
    expect(parseRoute(hash).view).toBe("now"),
  );
});

const alarm = (id: string, severity: 1 | 2 | 3 | 4, isNew: boolean, raised: string): Alarm => ({
  id,
  severity,
  raised,
  name: id,
  key: "",
  node: "n",
  device: null,
  state: isNew ? "unacknowledged" : "acknowledged",
  isa_state: isNew ? "B" : "C",
  standing: true,
  active: true,
  acked: !isNew,
  suppressed_by_group: false,
  cleared: null,
  cleared_by: null,
  acknowledged: isNew ? null : { by: "x", at: raised, comment: "" },
  confirmation: null,
  reset: null,
  shelved: null,
  suppressed: null,
  out_of_service: null,
  comment: null,
  group: null,
  first_out: false,
  chattering: false,
  shelve_max_s: null,
  message: "",
  value: null,
  may: [],
});

describe("alarms", () => {
  it("come with the most urgent first", () => {
    const alarms = [
      alarm("known worst", 1, false, "3"),
      alarm("new low", 4, true, "2"),
      alarm("new high, older", 2, true, "0"),
      alarm("new high", 2, true, "1"),
    ];
    expect(alarms.sort(byUrgency).map((each) => each.id)).toEqual([
      "new high",
      "new high, older",
      "new low",
      "known worst",
    ]);
  });
});
