import { get } from "./client";
import type { Alarm, Link, LiveValue } from "./types";

export interface LiveListener {
  values(values: LiveValue[]): void;
  alarms(alarms: Alarm[]): void;
  links(links: Link[]): void;
  /** The stream has begun, for the first time or again: what happened before it has to be asked for. */
  opened(): void;
  /** The stream is gone; another is tried for until `close`. */
  lost(): void;
}

// The node tells its links once a second, even where it has none: without a word for so long the connection is dead.
const silenceMax = 8_000;
const waitsBeforeRetry = [500, 1_000, 2_000, 5_000];

/** The node's stream of Server-Sent Events, opened again and again until it is closed. */
export class LiveStream {
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;

  constructor(private readonly listener: LiveListener) {
    this.open();
  }

  close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
  }

  private open(): void {
    const source = new EventSource("/api/v1/live");
    this.source = source;
    this.expectWord();
    source.onopen = () => {
      this.failures = 0;
      this.expectWord();
      this.listener.opened();
    };
    source.onerror = () => this.retry();
    const on = <T>(name: string, hear: (data: T) => void) =>
      source.addEventListener(name, (event) => {
        this.expectWord();
        hear(JSON.parse(event.data as string) as T);
      });
    on<{ values: LiveValue[] }>("values", (data) => this.listener.values(data.values));
    on<{ alarms: Alarm[] }>("alarms", (data) => this.listener.alarms(data.alarms));
    on<{ links: Link[] }>("links", (data) => this.listener.links(data.links));
  }

  private expectWord(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.retry(), silenceMax);
  }

  private retry(): void {
    this.close();
    this.listener.lost();
    const wait = waitsBeforeRetry[Math.min(this.failures++, waitsBeforeRetry.length - 1)]!;
    // An EventSource does not say why it failed. If the session has ended, this question finds out.
    this.timer = setTimeout(() => {
      void get("/nodes?limit=1").catch(() => {});
      this.open();
    }, wait);
  }
}
