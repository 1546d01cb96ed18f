import type { MetricName } from "../api/types";
import { nameOf } from "../state/series_key";

/** Metrics at once in one chart: more cannot be told apart. */
export const pensMax = 6;

/** One metric of the chart: its line is told from the others by colour and by its dashes. */
export interface Pen {
  key: string;
  name: MetricName;
  label: string;
  number: number; // of its colour and dashes
}

export const dashes: number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [14, 4]];

export function pensOf(keys: string[]): Pen[] {
  const pens: Pen[] = [];
  for (const key of new Set(keys)) {
    const name = nameOf(key);
    if (!name || pens.length === pensMax) continue;
    pens.push({ key, name, label: `${name.device} ${name.metric}`, number: pens.length });
  }
  return pens;
}

/** The colours of the page's theme as they are now. */
export function themeColors() {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read("--text"),
    muted: read("--muted"),
    grid: read("--grid"),
    pens: [0, 1, 2, 3, 4, 5].map((i) => read(`--pen-${i}`)),
    severity: [1, 2, 3, 4].map((i) => read(`--severity-${i}`)),
  };
}
