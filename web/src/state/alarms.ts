import { computed, signal } from "@preact/signals";
import { ask, get, getAll } from "../api/client";
import type { Alarm, AlarmKpi } from "../api/types";

/** Alarms that are kept in the page; others are asked for by the view that shows them. */
const alarmsMax = 1_000;

/** Every alarm that wants to be looked at, by id. */
export const standing = signal<ReadonlyMap<string, Alarm>>(new Map());

/** Counts up with each change, so that a list of others can be asked for anew. */
export const alarmChanges = signal(0);

/** How many alarms operators are told of; nothing until it is known. */
export const alarmKpi = signal<AlarmKpi | null>(null);

export const isStanding = (alarm: Alarm): boolean => alarm.standing;
export const needsAcknowledgement = (alarm: Alarm): boolean => alarm.standing && !alarm.acked;

/** What an operator should look at first: not acknowledged before acknowledged, then the worst, then the newest. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    Number(needsAcknowledgement(b)) - Number(needsAcknowledgement(a)) ||
    a.severity - b.severity ||
    b.raised.localeCompare(a.raised)
  );
}

export const urgentFirst = computed(() => [...standing.value.values()].sort(byUrgency));

export function takeAlarms(changed: Alarm[]): void {
  const next = new Map(standing.value);
  for (const alarm of changed) {
    if (isStanding(alarm)) next.set(alarm.id, alarm);
    else next.delete(alarm.id);
  }
  standing.value = next;
  alarmChanges.value++;
}

/** Asks for all alarms that stand, in place of what was known. */
export async function loadAlarms(): Promise<void> {
  const { items } = await getAll<Alarm>("/alarms?state=standing", "alarms", alarmsMax);
  standing.value = new Map(items.map((alarm) => [alarm.id, alarm]));
  alarmChanges.value++;
}

/** Asks for the rate of alarms: a flood is said on every view. */
export async function loadAlarmKpi(): Promise<void> {
  alarmKpi.value = await get<AlarmKpi>("/alarms/kpi");
}

let kpiIsDue: ReturnType<typeof setTimeout> | undefined;

/** Once for many changes that come together. */
export function loadAlarmKpiSoon(): void {
  kpiIsDue ??= setTimeout(() => {
    kpiIsDue = undefined;
    void loadAlarmKpi().catch(() => {}); // it is asked for again every ten seconds
  }, 500);
}

/** What a deed needs besides its name. */
export interface DeedDetails {
  comment?: string;
  for?: string;
  until?: "over";
}

export async function act(alarm: Alarm, verb: string, details: DeedDetails): Promise<void> {
  takeAlarms([await ask<Alarm>("POST", `/alarms/${encodeURIComponent(alarm.id)}/${verb}`, { ...details })]);
}

export async function actOnGroup(node: string, group: string, verb: string, comment: string): Promise<void> {
  await ask("POST", `/alarms/groups/${verb}`, { node, group, comment });
  alarmChanges.value++;
}
