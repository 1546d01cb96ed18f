import { useLayoutEffect, useRef } from "preact/hooks";
import { formatAge, formatMoment, formatValue } from "../format";
import { backfill } from "../state/backfill";
import { nodeNow } from "../state/clock";
import { hrefOf } from "../state/route";
import { liveValues, type Series } from "../state/values";
import { texts } from "../texts";
import { formatUnit } from "../units";
import { Sparkline } from "./sparkline";
import { watchVisibility } from "./visibility";

/** Writes a text only where it has changed: an unchanged row costs the browser nothing. */
function write(element: Element, text: string): void {
  if (element.textContent !== text)
    element.firstChild ? (element.firstChild.nodeValue = text) : (element.textContent = text);
}

const signs = { good: "", uncertain: "?", bad: "✕", stale: "◷" };

/** What a row shows of its series, written straight into its cells. */
class RowPainter {
  private readonly trend: Sparkline;
  private readonly cells: Record<"value" | "unit" | "age" | "quality" | "sign", Element>;
  private shown = "";
  isVisible = false;

  constructor(private readonly row: HTMLElement) {
    const cell = (name: string) => row.querySelector(`.${name}`)!;
    this.cells = {
      value: cell("value"),
      unit: cell("unit"),
      age: cell("age"),
      quality: cell("quality-text"),
      sign: cell("sign"),
    };
    this.trend = new Sparkline(row.querySelector("canvas")!);
  }

  paint(series: Series): void {
    if (!this.isVisible) return;
    const now = nodeNow();
    const condition = series.isStale(now) ? "stale" : series.quality;
    write(this.cells.value, formatValue(series.value, series.isWhole));
    write(this.cells.unit, formatUnit(series.unit));
    write(this.cells.age, formatAge(now - series.timeMs));
    const shown = `${condition} ${typeof series.value}`;
    if (shown !== this.shown) {
      this.shown = shown;
      this.row.dataset["kind"] = typeof series.value;
      this.row.dataset["condition"] = condition;
      write(this.cells.quality, texts.quality[condition]);
      write(this.cells.sign, signs[condition]);
    }
    this.trend.draw(series.trail, now);
  }

  close(): void {
    this.trend.close();
  }
}

/** One metric: a link to its trend. It is rendered once; from then on the painter writes into it. */
export function ValueRow({ series }: { series: Series }) {
  const row = useRef<HTMLAnchorElement>(null);
  useLayoutEffect(() => {
    const painter = new RowPainter(row.current!);
    const endShowing = liveValues.show(series.key, (changed) => painter.paint(changed));
    const endWatching = watchVisibility(row.current!, (isVisible) => {
      painter.isVisible = isVisible;
      if (!isVisible) return;
      backfill(series);
      painter.paint(series);
    });
    return () => {
      endShowing();
      endWatching();
      painter.close();
    };
  }, [series]);
  return (
    <a
      ref={row}
      class="value-row"
      href={hrefOf("trends", { m: series.key, r: "5m" })}
      title={formatMoment(series.timeMs)}
    >
      <span class="metric">{series.metric}</span>
      <canvas aria-hidden="true" />
      <span class="reading">
        <span class="value"> </span>
        <span class="unit"> </span>
      </span>
      <span class="condition">
        <span class="age"> </span>
        <span class="quality">
          <span class="sign" aria-hidden="true">
            {" "}
          </span>
          <span class="quality-text"> </span>
        </span>
      </span>
    </a>
  );
}
