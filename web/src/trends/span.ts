/** What stretch of time is looked at: the newest of it, moving on, or one between two moments. */
export type Span = { follow: true; ms: number } | { follow: false; from: number; to: number };

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
export const presets: Record<string, number> = {
  "5m": 5 * minute,
  "1h": hour,
  "8h": 8 * hour,
  "24h": day,
  "7d": 7 * day,
  "30d": 30 * day,
};
const initial = "1h";
const shortest = 10_000;
const longest = 5 * 366 * day;

export function spanOf(query: URLSearchParams): Span {
  const from = Number(query.get("from"));
  const to = Number(query.get("to"));
  if (from > 0 && to > from) return { follow: false, from, to };
  return { follow: true, ms: presets[query.get("r") ?? initial] ?? presets[initial]! };
}

/** The preset that a span is, if it is one. */
export function presetOf(span: Span): string | null {
  if (!span.follow) return null;
  return Object.keys(presets).find((name) => presets[name] === span.ms) ?? null;
}

export function boundsOf(span: Span, now: number): { from: number; to: number } {
  return span.follow ? { from: now - span.ms, to: now } : span;
}

/** Grows (factor > 1) or shrinks a stretch about a moment in it. */
export function zoomed(
  bounds: { from: number; to: number },
  factor: number,
  about?: number,
): { from: number; to: number } {
  const middle = about ?? (bounds.from + bounds.to) / 2;
  const length = bounds.to - bounds.from;
  const next = Math.min(longest, Math.max(shortest, length * factor));
  const from = Math.max(0, middle - ((middle - bounds.from) / length) * next);
  return { from: Math.round(from), to: Math.round(from + next) };
}

/** Moves a stretch by a share of its length; not into the future. */
export function moved(bounds: { from: number; to: number }, share: number, now: number): { from: number; to: number } {
  const length = bounds.to - bounds.from;
  const to = Math.min(bounds.to + length * share, Math.max(now, bounds.to));
  return { from: Math.round(to - length), to: Math.round(to) };
}

/** How often a followed span is asked for again: about once for each point on the screen. */
export function refreshMs(span: Span): number {
  return span.follow ? Math.min(30_000, Math.max(1_000, span.ms / 1_000)) : 60_000;
}

/** What of it is written in the address. */
export function queryOf(span: Span): Record<string, string> {
  if (span.follow) return { r: presetOf(span) ?? initial };
  return { from: String(Math.round(span.from)), to: String(Math.round(span.to)) };
}
