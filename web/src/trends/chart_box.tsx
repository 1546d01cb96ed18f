import { useLayoutEffect, useRef } from "preact/hooks";
import { formatMoment } from "../format";
import { nodeNow } from "../state/clock";
import { shownTheme } from "../state/preferences";
import { texts } from "../texts";
import { Chart, type Plot } from "./chart";
import type { Bounds } from "./gestures";
import type { CursorReadout } from "./legend";
import { moved, zoomed } from "./span";

/** The chart, for the mouse, fingers and the keyboard. */
export function ChartBox({
  plot,
  cursor,
  onBounds,
}: {
  plot: Plot;
  cursor: CursorReadout;
  onBounds: (to: Bounds) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart>(undefined);
  const latest = useRef(onBounds);
  latest.current = onBounds;
  useLayoutEffect(() => {
    const made = new Chart(
      host.current!,
      (to) => latest.current(to),
      (index) => cursor.tell(index),
    );
    chart.current = made;
    return () => made.close();
  }, []);
  const theme = shownTheme.value;
  useLayoutEffect(() => chart.current?.show(plot, theme), [plot, theme]);
  const { from, to } = plot.bounds;
  const onKey = (event: KeyboardEvent) => {
    const answers: Record<string, () => Bounds> = {
      ArrowLeft: () => moved(plot.bounds, -0.2, nodeNow()),
      ArrowRight: () => moved(plot.bounds, 0.2, nodeNow()),
      "+": () => zoomed(plot.bounds, 0.5),
      "-": () => zoomed(plot.bounds, 2),
    };
    const answer = answers[event.key];
    if (!answer) return;
    event.preventDefault();
    onBounds(answer());
  };
  return (
    <div
      ref={host}
      class="chart"
      role="group"
      tabIndex={0}
      onKeyDown={onKey}
      onDblClick={() => onBounds(zoomed(plot.bounds, 2))}
      aria-label={texts.trends.chartLabel(
        plot.pens.map((pen) => pen.label).join(", "),
        formatMoment(from),
        formatMoment(to),
      )}
    />
  );
}
