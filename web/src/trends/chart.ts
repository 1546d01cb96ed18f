import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Alarm, History } from "../api/types";
import { formatClock, formatDate } from "../format";
import type { Joined } from "./join";
import { drawAlarms, drawGaps } from "./marks";
import { dashes, themeColors, type Pen } from "./pens";
import { listenForTouch, listenForWheel, type Bounds, type ChangeBounds } from "./gestures";
import { formatUnit } from "../units";

/** All that a chart shows. */
export interface Plot {
  pens: Pen[];
  histories: History[]; // of each pen
  joined: Joined;
  bounds: Bounds;
  alarms: Alarm[];
}

const axisWidth = 58;
const narrow = 600; // below it there is room for one axis only
const font = "12px system-ui, sans-serif";

const unitOf = (plot: Plot, i: number) => formatUnit(plot.histories[i]?.unit);
const scaleOf = (unit: string) => `y:${unit}`;

/** uPlot, kept alive while data and bounds change, made anew when pens or colours do. */
export class Chart {
  private plot: uPlot | undefined;
  private shown: Plot | undefined;
  private structure = "";
  private readonly observer: ResizeObserver;

  /** `onBounds` is told what stretch the operator wants to see, `onCursor` at which of the joined times they look. */
  constructor(
    private readonly host: HTMLElement,
    private readonly onBounds: ChangeBounds,
    private readonly onCursor: (index: number | null) => void,
  ) {
    this.observer = new ResizeObserver(() => this.plot?.setSize(this.size()));
    this.observer.observe(host);
    const bounds = () => this.shown?.bounds;
    listenForWheel(host, bounds, (x) => this.timeAt(x), onBounds);
    listenForTouch(host, bounds, (x) => this.timeAt(x), onBounds);
  }

  show(next: Plot, theme: string): void {
    this.shown = next;
    const structure = JSON.stringify([theme, next.pens.map((pen, i) => [pen.key, unitOf(next, i)]), this.isNarrow()]);
    if (structure !== this.structure) {
      this.structure = structure;
      this.plot?.destroy();
      this.plot = new uPlot(this.options(next), this.data(next), this.host);
    } else {
      this.plot?.setData(this.data(next), false);
    }
    this.plot?.setScale("x", { min: next.bounds.from / 1000, max: next.bounds.to / 1000 });
  }

  close(): void {
    this.observer.disconnect();
    this.plot?.destroy();
  }

  private isNarrow(): boolean {
    return this.host.clientWidth < narrow;
  }

  private size() {
    return { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  /** The time under a place on the screen. */
  private timeAt(clientX: number): number | undefined {
    if (!this.plot) return undefined;
    return this.plot.posToVal(clientX - this.plot.over.getBoundingClientRect().left, "x") * 1000;
  }

  private data({ joined }: Plot): uPlot.AlignedData {
    const columns = joined.columns.flatMap((column) => [column.mean, column.least, column.greatest]);
    return [joined.times.map((time) => time / 1000), ...columns] as uPlot.AlignedData;
  }

  private options(plot: Plot): uPlot.Options {
    const colors = themeColors();
    return {
      ...this.size(),
      legend: { show: false },
      scales: { x: { time: true, auto: false } },
      series: [{}, ...plot.pens.flatMap((pen, i) => this.lines(pen, unitOf(plot, i), colors))],
      bands: plot.pens.map((pen, i) => ({ series: [3 * i + 3, 3 * i + 2], fill: `${colors.pens[pen.number]}30` })),
      axes: this.axes(plot, colors),
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
      hooks: {
        drawClear: [(u) => drawGaps(u, this.shown?.histories ?? [], colors)],
        draw: [(u) => drawAlarms(u, this.shown?.alarms ?? [], colors)],
        setCursor: [(u) => this.onCursor(u.cursor.idx ?? null)],
        setSelect: [(u) => this.zoomInto(u)],
      },
    };
  }

  private zoomInto(u: uPlot): void {
    const { left, width } = u.select;
    if (width < 4) return;
    const from = u.posToVal(left, "x") * 1000;
    const to = u.posToVal(left + width, "x") * 1000;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.onBounds({ from, to });
  }

  private lines(pen: Pen, unit: string, colors: ReturnType<typeof themeColors>): uPlot.Series[] {
    const edge = { scale: scaleOf(unit), width: 0, points: { show: false } };
    const stroke = colors.pens[pen.number]!;
    return [{ scale: scaleOf(unit), stroke, width: 2, dash: dashes[pen.number]!, points: { size: 5 } }, edge, edge];
  }

  private axes(plot: Plot, colors: ReturnType<typeof themeColors>): uPlot.Axis[] {
    const look = {
      font,
      stroke: colors.muted,
      ticks: { stroke: colors.grid },
      grid: { stroke: colors.grid, width: 1 },
    };
    const units = [...new Set(plot.pens.map((_pen, i) => unitOf(plot, i)))];
    const time: uPlot.Axis = {
      ...look,
      values: (_u, splits, _axis, _space, increment) => timeTicks(splits, increment),
    };
    const value = (unit: string, i: number): uPlot.Axis => ({
      ...look,
      scale: scaleOf(unit),
      side: i % 2 === 0 ? 3 : 1,
      size: axisWidth,
      grid: { ...look.grid, show: i === 0 },
      values: (_u, splits, _axis, _space, increment) => valueTicks(splits, increment),
      ...(unit && { label: unit, labelFont: font, labelSize: 18 }),
    });
    return [time, ...units.slice(0, this.isNarrow() ? 1 : units.length).map(value)];
  }
}

/** As many decimals as the distance of the ticks needs. */
function valueTicks(splits: number[], increment: number): string[] {
  const decimals = Math.min(6, Math.max(0, -Math.floor(Math.log10(increment))));
  return splits.map((each) => each.toFixed(decimals).replace("-", "−"));
}

const daySeconds = 86_400;

function timeTicks(splits: number[], increment: number): string[] {
  return splits.map((each) => {
    const t = new Date(each * 1000);
    const clock = formatClock(t);
    if (increment >= daySeconds) return formatDate(t).slice(5);
    if (clock === "00:00:00") return `${clock.slice(0, 5)}\n${formatDate(t).slice(5)}`;
    return increment >= 60 ? clock.slice(0, 5) : clock;
  });
}
