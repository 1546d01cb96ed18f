import { expect, test } from "vitest";
import { formatUnit } from "./units";

test("a code is shown as people write it, and an unknown one as it is", () => {
  expect(formatUnit("Cel")).toBe("°C");
  expect(formatUnit("mm/s")).toBe("mm/s");
  expect(formatUnit("constructor")).toBe("constructor");
  expect(formatUnit("")).toBe("");
  expect(formatUnit(null)).toBe("");
});
