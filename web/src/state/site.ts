import { signal } from "@preact/signals";
import { get, getAll } from "../api/client";
import { LiveStream } from "../api/live";
import type { Demo, Latest, Link, NodeInfo } from "../api/types";
import { alarmKpi, loadAlarmKpi, loadAlarmKpiSoon, loadAlarms, standing, takeAlarms } from "./alarms";
import { nodeNow } from "./clock";
import { checkSession } from "./session";
import { liveValues, seconds, seriesMax } from "./values";

/** Whether the page hears the node. What it shows while it does not is from before. */
export type Connection = { state: "connecting" } | { state: "live" } | { state: "lost"; since: number };

export const connection = signal<Connection>({ state: "connecting" });
export const links = signal<Link[]>([]);
export const nodes = signal<NodeInfo[]>([]);
/** Only of a node that `perigee demo` started. */
export const demo = signal<Demo | null>(null);

const refreshMs = 10_000;

async function refresh(): Promise<void> {
  const [list, latest] = await Promise.all([
    getAll<NodeInfo>("/nodes", "nodes", 1_000),
    getAll<Latest>("/latest", "values", seriesMax),
  ]);
  nodes.value = list.items;
  liveValues.takeLatest(latest.items);
  if (latest.more) liveValues.hasMore.value = true;
}

export async function refreshDemo(): Promise<void> {
  demo.value = await get<Demo>("/demo").catch(() => null);
}

/** What the stream does not tell again: asked for when it opens, since the node may be another by then. `underWay` is
 * a refresh that has begun already. */
async function catchUp(underWay: Promise<void> | undefined): Promise<void> {
  // One that fails is asked again with the next refresh or the next opening of the stream.
  await Promise.allSettled([underWay?.catch(refresh) ?? refresh(), loadAlarms(), loadAlarmKpi(), refreshDemo()]);
}

/** Follows the site from now on. Gives the way to end it. */
export function followSite(): () => void {
  let underWay: Promise<void> | undefined = refresh(); // at once: something is to be seen before the stream is there
  underWay.catch(() => {});
  const stream = new LiveStream({
    values: (values) => liveValues.takeLive(values),
    alarms: (alarms) => {
      takeAlarms(alarms);
      loadAlarmKpiSoon();
    },
    links: (list) => (links.value = list),
    opened: () => {
      connection.value = { state: "live" };
      void catchUp(underWay);
      underWay = undefined;
    },
    lost: () => {
      underWay = undefined;
      if (connection.value.state !== "lost") connection.value = { state: "lost", since: nodeNow() };
    },
  });
  const refreshing = setInterval(() => {
    void checkSession();
    if (connection.value.state !== "live" || document.hidden) return;
    void refresh().catch(() => {});
    void loadAlarmKpi().catch(() => {});
  }, refreshMs);
  const ticking = setInterval(() => {
    seconds.value = nodeNow();
    liveValues.tick();
    if (demo.value) void refreshDemo();
  }, 1_000);
  return () => {
    stream.close();
    clearInterval(refreshing);
    clearInterval(ticking);
    connection.value = { state: "connecting" };
  };
}

export function forgetSite(): void {
  liveValues.forget();
  standing.value = new Map();
  alarmKpi.value = null;
  links.value = [];
  nodes.value = [];
  demo.value = null;
}
