import { useEffect, useState } from "preact/hooks";
import { ApiError, get, withQuery } from "../api/client";
import type { Alarm, History, Page } from "../api/types";
import { nodeNow } from "../state/clock";
import type { Pen } from "./pens";
import { boundsOf, refreshMs, type Span } from "./span";

const pointsMax = 1_000;
const alarmsMax = 500;

export interface Histories {
  bounds: { from: number; to: number };
  pens: Pen[]; // those that were asked for; the same order as `of`
  of: (History | undefined)[];
  alarms: Alarm[];
  error: ApiError | undefined;
  trouble: (ApiError | undefined)[]; // of each pen
}

function historyOf(pen: Pen, bounds: { from: number; to: number }, signal: AbortSignal): Promise<History> {
  const time = (ms: number) => new Date(ms).toISOString();
  return get<History>(withQuery("/history", {
    ...pen.name, from: time(bounds.from), to: time(bounds.to), points: pointsMax, as: ["min", "max", "mean"],
  }), signal);
}

/** Alarms of the pens' devices that were raised within the bounds. */
async function alarmsOf(pens: Pen[], bounds: { from: number; to: number }, signal: AbortSignal): Promise<Alarm[]> {
  const { alarms } = await get<Page<"alarms", Alarm>>(`/alarms?state=all&limit=${alarmsMax}`, signal);
  return alarms.filter((alarm) => {
    const raised = Date.parse(alarm.raised);
    const isOfPen = pens.some(({ name }) => name.device === alarm.device && name.node === alarm.node);
    return isOfPen && raised >= bounds.from && raised <= bounds.to;
  });
}

async function load(pens: Pen[], span: Span, signal: AbortSignal): Promise<Histories> {
  const bounds = boundsOf(span, nodeNow());
  const [asked, alarms] = await Promise.all([
    Promise.allSettled(pens.map((pen) => historyOf(pen, bounds, signal))),
    alarmsOf(pens, bounds, signal).catch(() => []), // the chart is of use without its marks
  ]);
  const trouble = asked.map((each) => (each.status === "rejected" ? (each.reason as ApiError) : undefined));
  const of = asked.map((each) => (each.status === "fulfilled" ? each.value : undefined));
  return { bounds, pens, of, alarms, error: trouble.find((each) => each?.status === 0), trouble };
}

/** The histories of the pens over a span, asked for again as it moves on. */
export function useHistories(pens: Pen[], span: Span): Histories | undefined {
  const [found, setFound] = useState<Histories>();
  const asked = JSON.stringify([pens.map((pen) => pen.key), span]);
  useEffect(() => {
    const stop = new AbortController();
    let busy = false;
    const refresh = async () => {
      if (busy || document.hidden) return;
      busy = true;
      const next = await load(pens, span, stop.signal).finally(() => (busy = false));
      if (stop.signal.aborted) return;
      // While the node does not answer, what was there stays.
      setFound((old) => (next.error && old?.pens === pens ? { ...old, error: next.error } : next));
    };
    void refresh();
    const timer = setInterval(() => void refresh(), refreshMs(span));
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [asked]);
  return found;
}
