import { computed, signal } from "@preact/signals";
import { ask, getAll } from "../api/client";
import type { Alarm } from "../api/types";

/** Alarms that are kept in the page; older cleared ones are asked for by the view that shows them. */
const alarmsMax = 1_000;

/** Every alarm that is not cleared, by id. */
export const standing = signal<ReadonlyMap<string, Alarm>>(new Map());

/** Counts up with each change, so that a list of cleared ones can be asked for anew. */
export const alarmChanges = signal(0);

export const isStanding = (alarm: Alarm): boolean => alarm.state !== "cleared";
export const needsAcknowledgement = (alarm: Alarm): boolean => alarm.acknowledged === null && isStanding(alarm);

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
  const { items } = await getAll<Alarm>("/alarms?state=raised", "alarms", alarmsMax);
  standing.value = new Map(items.filter(isStanding).map((alarm) => [alarm.id, alarm]));
  alarmChanges.value++;
}

export async function acknowledge(id: string, comment: string): Promise<void> {
  takeAlarms([await ask<Alarm>("POST", `/alarms/${encodeURIComponent(id)}/acknowledge`, { comment })]);
}

export async function clear(id: string): Promise<void> {
  takeAlarms([await ask<Alarm>("POST", `/alarms/${encodeURIComponent(id)}/clear`)]);
}
