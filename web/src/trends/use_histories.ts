import { useEffect, useState } from "preact/hooks";
import { ApiError, get, withQuery } from "../api/client";
import type { Alarm, History, Page } from "../api/types";
import { nodeNow } from "../state/clock";
import { join } from "./join";
import type { Plot } from "./chart";
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
  return get<History>(
    withQuery("/history", {
      ...pen.name,
      from: time(bounds.from),
      to: time(bounds.to),
      points: pointsMax,
      as: ["min", "max", "mean"],
    }),
    signal,
  );
}

/** A device is named by its topic, an alarm often by a level of it: `plant/press-1` and `press-1`. */
const isOf = (device: string, alarmed: string | null) =>
  alarmed !== null && (device === alarmed || device.split("/").includes(alarmed));

/** Alarms of the pens' devices that were raised within the bounds. */
async function alarmsOf(pens: Pen[], bounds: { from: number; to: number }, signal: AbortSignal): Promise<Alarm[]> {
  const { alarms } = await get<Page<"alarms", Alarm>>(`/alarms?state=all&limit=${alarmsMax}`, signal);
  return alarms.filter((alarm) => {
    const raised = Date.parse(alarm.raised);
    const isOfPen = pens.some(({ name }) => name.node === alarm.node && isOf(name.device, alarm.device));
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

/** What was found as a chart: a pen without a history has none of it. */
export function plotOf(found: Histories): Plot {
  const { from, to } = found.bounds;
  const histories = found.pens.map(
    (pen, i): History =>
      found.of[i] ?? {
        ...pen.name,
        unit: null,
        from,
        to,
        step_ms: 1_000,
        columns: ["time", "min", "max", "mean"],
        rows: [],
        gaps: [],
      },
  );
  return { pens: found.pens, histories, joined: join(histories), bounds: found.bounds, alarms: found.alarms };
}
