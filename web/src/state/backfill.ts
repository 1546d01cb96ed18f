import { get, withQuery } from "../api/client";
import type { History } from "../api/types";
import { nodeNow } from "./clock";
import { Trail } from "./trail";
import { liveValues, type Series } from "./values";

const atOnce = 4; // of the six connections that a browser has for a node; the stream holds one

const filled = new WeakSet<Series>();
const waiting: Series[] = [];
let running = 0;

/** Fills a small trend from the history, once, so that it does not begin empty. Few are asked for at a time. */
export function backfill(series: Series): void {
  if (filled.has(series) || typeof series.value !== "number") return;
  filled.add(series);
  waiting.push(series);
  if (running < atOnce) void work();
}

async function work(): Promise<void> {
  running++;
  for (let next = waiting.shift(); next; next = waiting.shift()) await fill(next);
  running--;
}

async function fill(series: Series): Promise<void> {
  const to = nodeNow();
  const { node, device, metric } = series;
  const path = withQuery("/history", {
    node,
    device,
    metric,
    from: new Date(to - Trail.steps * Trail.stepMs).toISOString(),
    to: new Date(to).toISOString(),
    points: Trail.steps,
    as: ["min", "max"],
  });
  const history = await get<History>(path).catch(() => undefined); // then it begins with what comes
  for (const [time, least, greatest] of history?.rows ?? []) {
    if (typeof time !== "number" || typeof least !== "number" || typeof greatest !== "number") continue;
    series.trail.fillIn(time, least);
    series.trail.fillIn(time, greatest);
  }
  liveValues.showNow(series);
}
