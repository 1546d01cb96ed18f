import { signal } from "@preact/signals";
import type { Latest, LiveValue, MetricName, Quality, Value } from "../api/types";
import { nodeNow } from "./clock";
import { keyOf } from "./series_key";
import { Trail } from "./trail";

/** Series that the page keeps: past these it says that there are more, and how to see fewer. */
export const seriesMax = 2_000;

const staleAfterMs = 10_000;
const staleAfterIntervals = 5;
const paintEveryMs = 200; // a figure that changes more often cannot be read

/** One metric as the page knows it: its newest value and its last minutes. */
export class Series implements MetricName {
  readonly trail = new Trail();
  unit: string | null = null;
  timeMs = 0;
  value: Value = NaN;
  quality: Quality = "good";
  isWhole = true; // no fraction was seen: shown without one
  private staleByNode = false;
  private intervalMs = 0; // usual between values, as far as seen here

  constructor(
    readonly key: string,
    readonly node: string,
    readonly device: string,
    readonly metric: string,
  ) {}

  take(unit: string | null, timeMs: number, value: Value, quality: Quality, staleByNode: boolean): void {
    if (timeMs < this.timeMs) return;
    if (timeMs > this.timeMs && this.timeMs > 0) this.learnInterval(timeMs - this.timeMs);
    Object.assign(this, { unit, timeMs, value, quality, staleByNode });
    if (typeof value === "number") {
      if (!Number.isInteger(value)) this.isWhole = false;
      this.trail.add(timeMs, value);
    }
  }

  private learnInterval(ms: number): void {
    this.intervalMs = this.intervalMs === 0 ? ms : this.intervalMs * 0.8 + ms * 0.2;
  }

  isStale(now: number): boolean {
    const age = now - this.timeMs;
    if (age <= staleAfterMs) return false;
    return this.staleByNode || this.intervalMs === 0 || age > staleAfterIntervals * this.intervalMs;
  }

  isAbnormal(now: number): boolean {
    return this.quality !== "good" || this.isStale(now);
  }
}

type Paint = (series: Series) => void;

/** Every series the page knows. Values come ten times a second; what has changed is painted together in one frame of the
 * screen, five times a second, by whoever shows it, without a component being rendered. */
export class LiveValues {
  private readonly byKey = new Map<string, Series>();
  private readonly painters = new Map<string, Set<Paint>>();
  private readonly changed = new Set<string>();
  private isPaintDue = false;
  private paintedAt = 0;

  /** Counts up when a series appears: lists are made anew then. */
  readonly generation = signal(0);
  /** Whether there were more series than the page keeps. */
  readonly hasMore = signal(false);

  get(key: string): Series | undefined {
    return this.byKey.get(key);
  }

  all(): Series[] {
    return [...this.byKey.values()];
  }

  takeLatest(values: Latest[]): void {
    for (const v of values) if (v.time !== null) this.take(v, Date.parse(v.time), v.stale);
  }

  takeLive(values: LiveValue[]): void {
    for (const v of values) this.take(v, v.time_ms, false);
  }

  /** Has `paint` called when the series changes, and once in a second for its age. Gives the way to end it. */
  show(key: string, paint: Paint): () => void {
    const all = this.painters.get(key) ?? new Set();
    this.painters.set(key, all.add(paint));
    return () => {
      all.delete(paint);
      if (all.size === 0) this.painters.delete(key);
    };
  }

  /** At once, for what was waited for. */
  showNow(series: Series): void {
    this.painters.get(series.key)?.forEach((show) => show(series));
  }

  /** For all that is shown: ages go on where no value comes. */
  tick(): void {
    for (const key of this.painters.keys()) this.changed.add(key);
    this.paintSoon();
  }

  /** Another visitor may see other things. */
  forget(): void {
    this.byKey.clear();
    this.changed.clear();
    this.hasMore.value = false;
    this.generation.value++;
  }

  private take(v: Latest | LiveValue, timeMs: number, stale: boolean): void {
    const key = keyOf(v);
    let series = this.byKey.get(key);
    if (!series) {
      if (this.byKey.size >= seriesMax) {
        this.hasMore.value = true;
        return;
      }
      series = new Series(key, v.node, v.device, v.metric);
      this.byKey.set(key, series);
      this.generation.value++;
    }
    series.take(v.unit, timeMs, v.value, v.quality, stale);
    if (!this.painters.has(key)) return;
    this.changed.add(key);
    this.paintSoon();
  }

  private paintSoon(): void {
    if (this.isPaintDue || typeof requestAnimationFrame === "undefined") return;
    this.isPaintDue = true;
    // A hidden page has no frames: it paints when it is shown again.
    setTimeout(() => requestAnimationFrame(() => this.paint()), this.paintedAt + paintEveryMs - performance.now());
  }

  private paint(): void {
    this.isPaintDue = false;
    this.paintedAt = performance.now();
    for (const key of this.changed) {
      const series = this.byKey.get(key);
      if (series) this.painters.get(key)?.forEach((show) => show(series));
    }
    this.changed.clear();
  }
}

export const liveValues = new LiveValues();

/** Whole seconds by the node's clock, for what shows an age. */
export const seconds = signal(nodeNow());
