// How figures and times are written. All widths are steady, so that a column does not jump while its values change.

import { texts } from "./texts";
import type { Value } from "./api/types";

const thinSpace = "\u2009";

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, thinSpace);
}

/** Decimals that keep about four figures, so that what changes can be seen and noise cannot. */
function decimalsFor(magnitude: number): number {
  if (magnitude >= 1000) return 0;
  if (magnitude >= 100) return 1;
  if (magnitude >= 1) return 2;
  return 3;
}

/** A number as an operator reads it: `1 234`, `72.50`, `0.004`. */
export function formatNumber(x: number, whole = false): string {
  if (!Number.isFinite(x)) return texts.format.notANumber;
  const magnitude = Math.abs(x);
  if (magnitude >= 1e9 || (magnitude > 0 && magnitude < 0.001)) return x.toExponential(2).replace("-", "−");
  const [integer = "", fraction] = magnitude.toFixed(whole ? 0 : decimalsFor(magnitude)).split(".");
  return (x < 0 ? "−" : "") + grouped(integer) + (fraction ? `.${fraction}` : "");
}

export function formatValue(value: Value, whole = false): string {
  if (typeof value === "number") return formatNumber(value, whole);
  if (typeof value === "boolean") return value ? texts.format.yes : texts.format.no;
  return value;
}

export const formatCount = (n: number): string => (n < 0 ? "−" : "") + grouped(Math.round(Math.abs(n)).toString());

/** A rate in events a second. */
export function formatRate(perSecond: number): string {
  return `${perSecond >= 100 ? formatCount(perSecond) : perSecond.toFixed(1)}/s`;
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

export function formatBytes(bytes: number): string {
  let unit = 0;
  let x = Math.abs(bytes);
  while (x >= 1024 && unit < byteUnits.length - 1) {
    x /= 1024;
    unit++;
  }
  return `${bytes < 0 ? "−" : ""}${unit === 0 || x >= 100 ? Math.round(x) : x.toFixed(1)} ${byteUnits[unit]}`;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** How long: `3 s`, `2 min 05 s`, `5 h 12 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < minute) return `${Math.max(0, Math.floor(ms / second))} s`;
  const pair = (large: number, largeUnit: string, small: number, smallUnit: string) => {
    const rest = Math.floor((ms % large) / small);
    return `${Math.floor(ms / large)} ${largeUnit}` + (rest ? ` ${rest} ${smallUnit}` : "");
  };
  if (ms < hour) return pair(minute, "min", second, "s");
  if (ms < day) return pair(hour, "h", minute, "min");
  return pair(day, "d", hour, "h");
}

/** An age in one figure, for columns. */
export function formatAge(ms: number): string {
  if (ms < minute) return `${Math.max(0, Math.floor(ms / second))} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < 2 * day) return `${Math.floor(ms / hour)} h`;
  return `${Math.floor(ms / day)} d`;
}

export function formatMilliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  return `${ms >= 100 ? Math.round(ms) : ms.toFixed(1)} ms`;
}

const two = (n: number) => String(n).padStart(2, "0");

export function formatDate(t: Date): string {
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
}

export function formatClock(t: Date): string {
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

/** Down to the tenth of a second, for steps that are shorter than one. */
export function formatFineMoment(time: number): string {
  return `${formatMoment(time)}.${Math.floor((time % second) / 100)}`;
}

/** A moment in the operator's own time zone; the date only where it is not today's. */
export function formatMoment(time: string | number | null | undefined, now = Date.now()): string {
  if (time === null || time === undefined) return texts.format.never;
  const t = new Date(time);
  if (Number.isNaN(t.getTime())) return texts.format.never;
  const isToday = formatDate(t) === formatDate(new Date(now));
  return isToday ? formatClock(t) : `${formatDate(t)} ${formatClock(t)}`;
}
