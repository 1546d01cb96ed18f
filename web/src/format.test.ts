import { describe, expect, it } from "vitest";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatFineMoment,
  formatMoment,
  formatNumber,
  formatRate,
  formatValue,
} from "./format";

describe("numbers", () => {
  it.each([
    [0, "0.000"],
    [72.5, "72.50"],
    [-3.14159, "−3.14"],
    [123.45, "123.5"],
    [1234567.8, "1\u2009234\u2009568"],
    [0.0421, "0.042"],
    [0.00004, "4.00e−5"],
    [2.5e12, "2.50e+12"],
  ])("%d is written %s", (x, text) => expect(formatNumber(x)).toBe(text));

  it("shows a whole number without a fraction where none was ever seen", () => {
    expect(formatNumber(42, true)).toBe("42");
    expect(formatNumber(-1500, true)).toBe("−1\u2009500");
  });
  it("says so where there is no number", () => expect(formatNumber(NaN)).toBe("not a number"));
  it("writes other values in words", () => {
    expect(formatValue(true)).toBe("on");
    expect(formatValue("producing")).toBe("producing");
  });
});

describe("quantities", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [-2048, "−2.0 KiB"],
    [5e12, "4.5 TiB"],
  ])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
  it("groups counts", () => expect(formatCount(912345)).toBe("912\u2009345"));
  it("rounds fast rates only", () => expect([formatRate(0.25), formatRate(196.4)]).toEqual(["0.3/s", "196/s"]));
});

describe("times", () => {
  it.each([
    [-5, "0 s"],
    [59_999, "59 s"],
    [125_000, "2 min 5 s"],
    [18_720_000, "5 h 12 min"],
    [273_600_000, "3 d 4 h"],
  ])("%d ms last %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
  it("tells an age in one figure", () => {
    expect([900, 61_000, 7_200_000, 2e8].map(formatAge)).toEqual(["0 s", "1 min", "2 h", "2 d"]);
  });
  it("names the day of what was not today", () => {
    const noon = new Date(2026, 4, 3, 12, 0, 5).getTime();
    expect(formatMoment(noon, noon)).toBe("12:00:05");
    expect(formatMoment(noon, noon + 86_400_000)).toBe("2026-05-03 12:00:05");
  });
  it("tells short steps apart", () => {
    expect(formatFineMoment(new Date(2026, 4, 3, 12, 0, 5, 678).getTime())).toMatch(/12:00:05\.6$/);
  });
  it("takes what is no time for never", () =>
    expect([formatMoment(null), formatMoment("soon")]).toEqual(["never", "never"]));
});
