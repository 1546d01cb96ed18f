import type { Gap, History } from "../api/types";

type Cell = number | null | undefined; // null: a gap begins; undefined: this series has nothing at this moment

/** One series on the common times of all. */
export interface Column {
  mean: Cell[];
  least: Cell[];
  greatest: Cell[];
}

export interface Joined {
  times: number[]; // ms since the epoch, rising
  columns: Column[];
}

interface Step {
  time: number;
  mean: number | null; // null: no line goes through here
  least: number | null;
  greatest: number | null;
}

const gapSteps = 3; // farther apart than so many usual intervals, two readings are not joined by a line

/** The median distance of neighbours; a metric that speaks once a minute is not all gaps at a step of a second. */
function usualInterval(times: number[], stepMs: number): number {
  const distances = times
    .slice(1)
    .map((time, i) => time - times[i]!)
    .sort((a, b) => a - b);
  return Math.max(stepMs, distances[Math.floor(distances.length / 2)] ?? stepMs);
}

const lies = (gap: Gap, from: number, to: number) => gap.from < to && gap.to > from;

/** The steps of one history, with an empty one wherever its line has to break. */
export function stepsOf(history: History): Step[] {
  const [time, least, greatest, mean] = ["time", "min", "max", "mean"].map((name) => history.columns.indexOf(name));
  const number = (row: (number | null)[], at: number) => row[at] ?? null;
  const rows = history.rows.filter((row) => typeof row[time!] === "number");
  const usual = usualInterval(
    rows.map((row) => row[time!]!),
    history.step_ms ?? 0,
  );
  const steps: Step[] = [];
  for (const row of rows) {
    const at = row[time!]!;
    const before = steps.at(-1)?.time;
    if (before !== undefined && breaksBetween(history, before, at, usual)) {
      steps.push({ time: Math.floor((before + at) / 2), mean: null, least: null, greatest: null });
    }
    steps.push({ time: at, mean: number(row, mean!), least: number(row, least!), greatest: number(row, greatest!) });
  }
  return steps;
}

function breaksBetween(history: History, before: number, at: number, usual: number): boolean {
  if (at - before > gapSteps * usual) return true;
  return at - before > 1.5 * usual && history.gaps.some((gap) => lies(gap, before, at));
}

/** Puts several histories on common times, as a chart needs them. */
export function join(histories: History[]): Joined {
  const all = histories.map(stepsOf);
  const times = [...new Set(all.flatMap((steps) => steps.map((step) => step.time)))].sort((a, b) => a - b);
  const columns = all.map((steps) => {
    const byTime = new Map(steps.map((step) => [step.time, step]));
    const pick = (what: "mean" | "least" | "greatest") =>
      times.map((time): Cell => {
        const step = byTime.get(time);
        return step && step[what];
      });
    return { mean: pick("mean"), least: pick("least"), greatest: pick("greatest") };
  });
  return { times, columns };
}

/** A line of the table: a step, or a stretch without readings. */
export type TableRow =
  | { kind: "step"; time: number; steps: (Step | undefined)[] }
  | { kind: "gap"; from: number; to: number; of: number; gap: Gap | null }; // of which history; null: nothing is known

/** Where a line breaks though no loss is known: nothing came. */
function silences(history: History, steps: Step[], of: number): TableRow[] {
  return steps.flatMap((step, i): TableRow[] => {
    const from = steps[i - 1]?.time;
    const to = steps[i + 1]?.time;
    if (step.mean !== null || from === undefined || to === undefined) return [];
    return history.gaps.some((gap) => lies(gap, from, to)) ? [] : [{ kind: "gap", from, to, of, gap: null }];
  });
}

/** The same data as the chart's, newest first. */
export function tableRows(histories: History[]): TableRow[] {
  const byTime = new Map<number, (Step | undefined)[]>();
  const gaps: TableRow[] = [];
  histories.forEach((history, i) => {
    const line = stepsOf(history);
    gaps.push(...history.gaps.map((gap): TableRow => ({ kind: "gap", from: gap.from, to: gap.to, of: i, gap })));
    gaps.push(...silences(history, line, i));
    for (const step of line) {
      if (step.mean === null) continue;
      const row = byTime.get(step.time) ?? [];
      row[i] = step;
      byTime.set(step.time, row);
    }
  });
  const steps = [...byTime].map(([time, row]): TableRow => ({
    kind: "step",
    time,
    steps: histories.map((_history, i) => row[i]),
  }));
  const moment = (row: TableRow) => (row.kind === "step" ? row.time : row.to);
  return [...steps, ...gaps].sort((a, b) => moment(b) - moment(a));
}
