import { useLayoutEffect, useRef } from "preact/hooks";
import { formatMoment, formatNumber } from "../format";
import { kiosk } from "../state/preferences";
import { texts } from "../texts";
import { formatUnit } from "../units";
import type { Plot } from "./chart";
import type { Joined } from "./join";
import { dashes } from "./pens";

/** Tells the legend where the cursor of the chart is, without rendering it. */
export class CursorReadout {
  private listener: (index: number | null) => void = () => {};
  listen(listener: (index: number | null) => void): void {
    this.listener = listener;
  }
  tell(index: number | null): void {
    this.listener(index);
  }
}

function Swatch({ number }: { number: number }) {
  return (
    <svg class="swatch" viewBox="0 0 36 12" aria-hidden="true">
      <line class={`pen-${number}`} x1="0" y1="6" x2="36" y2="6" stroke-dasharray={dashes[number]!.join(" ")} />
    </svg>
  );
}

/** The value of a series at a time, or the last before it. */
function valueAt(joined: Joined, column: number, index: number | null): string {
  const { mean, least, greatest } = joined.columns[column]!;
  for (let i = index ?? mean.length - 1; i >= 0; i--) {
    const at = mean[i];
    if (at === null) break;
    if (at === undefined) continue;
    const band = index !== null && least[i] != null && greatest[i] != null && least[i] !== greatest[i];
    return formatNumber(at) + (band ? ` (${formatNumber(least[i]!)} … ${formatNumber(greatest[i]!)})` : "");
  }
  return texts.format.none;
}

/** Which line is which, and its value under the cursor, or the newest. */
export function Legend({
  plot: { pens, joined, histories },
  trouble,
  cursor,
  onRemove,
}: {
  plot: Plot;
  trouble: (string | undefined)[];
  cursor: CursorReadout;
  onRemove: (key: string) => void;
}) {
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    const write = (index: number | null) => {
      const outputs = list.current?.querySelectorAll("output") ?? [];
      outputs.forEach((output, i) => {
        if (joined.columns[i]) output.textContent = `${valueAt(joined, i, index)} ${formatUnit(histories[i]?.unit)}`;
      });
      const moment = list.current?.querySelector(".moment");
      if (moment) moment.textContent = index === null ? "" : formatMoment(joined.times[index]);
    };
    cursor.listen(write);
    write(null);
  }, [joined]);
  return (
    <ul class="legend" ref={list}>
      {pens.map((pen, i) => (
        <li key={pen.key}>
          <Swatch number={pen.number} />
          <span class="pen-name">
            {pen.label} <span class="note">{pen.name.node}</span>
          </span>
          {trouble[i] ? <span class="trouble">{trouble[i]}</span> : <output aria-live="off" />}
          {!kiosk && (
            <button
              type="button"
              class="quiet"
              onClick={() => onRemove(pen.key)}
              aria-label={texts.trends.remove(pen.label)}
            >
              ✕
            </button>
          )}
        </li>
      ))}
      <li class="moment note" />
    </ul>
  );
}
