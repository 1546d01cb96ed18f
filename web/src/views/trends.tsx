import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { History } from "../api/types";
import { Choice, Moment, Note, Panel, Trouble, ViewHead } from "../components/parts";
import { SeverityMark } from "../components/icons";
import { formatDuration, formatMoment } from "../format";
import { needsAcknowledgement } from "../state/alarms";
import { nodeNow } from "../state/clock";
import { shownTheme } from "../state/preferences";
import { replaceQuery, route } from "../state/route";
import { texts } from "../texts";
import { Chart, type Plot } from "../trends/chart";
import { join } from "../trends/join";
import { CursorReadout, Legend } from "../trends/legend";
import { MetricPicker } from "../trends/metric_picker";
import { pensOf } from "../trends/pens";
import { boundsOf, moved, presetOf, presets, spanOf, zoomed, type Span } from "../trends/span";
import { csvOf, TrendTable } from "../trends/trend_table";
import { useHistories } from "../trends/use_histories";

const words = texts.trends;
const presetOptions = Object.keys(presets).map((value) => ({ value, text: words.ranges[value]! }));
const shownOptions = (["chart", "table"] as const).map((value) => ({ value, text: words[value] }));

/** The address holds what is looked at, so that it can be kept and sent to somebody. */
function writeAddress(keys: string[], span: Span): void {
  const query = new URLSearchParams();
  keys.forEach((key) => query.append("m", key));
  if (span.follow) query.set("r", presetOf(span) ?? "1h");
  else Object.entries({ from: span.from, to: span.to }).forEach(([name, ms]) => query.set(name, String(Math.round(ms))));
  replaceQuery(query);
}

type Bounds = { from: number; to: number };

function ChartBox({ plot, cursor, onBounds }: { plot: Plot; cursor: CursorReadout; onBounds: (to: Bounds) => void }) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart>(undefined);
  const latest = useRef(onBounds);
  latest.current = onBounds;
  useLayoutEffect(() => {
    const made = new Chart(host.current!, (to) => latest.current(to), (index) => cursor.tell(index));
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
    <div ref={host} class="chart" role="group" tabIndex={0} onKeyDown={onKey}
      onDblClick={() => onBounds(zoomed(plot.bounds, 2))}
      aria-label={words.chartLabel(plot.pens.map((pen) => pen.label).join(", "), formatMoment(from), formatMoment(to))} />
  );
}

function Gaps({ histories }: { histories: History[] }) {
  const gaps = histories.flatMap((history) => history.gaps.map((gap) => ({ ...gap, of: history })));
  if (gaps.length === 0) return null;
  return (
    <Panel title={words.gaps} class="gaps">
      <ul>
        {gaps.map((gap) => (
          <li>{`${gap.of.device} ${gap.of.metric}, ${formatMoment(gap.from)} – ${formatMoment(gap.to)}: ` +
            words.gapOf(gap.readings, gap.reason)}</li>
        ))}
      </ul>
    </Panel>
  );
}

function AlarmsInRange({ plot }: { plot: Plot }) {
  if (plot.alarms.length === 0) return null;
  return (
    <Panel title={words.alarms}>
      <ul class="alarms-in-range">
        {plot.alarms.map((alarm) => (
          <li key={alarm.id}>
            <SeverityMark severity={alarm.severity} isNew={needsAcknowledgement(alarm)} />
            <Moment at={alarm.raised} /> <strong>{alarm.name}</strong> {alarm.device}: {alarm.message}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function download(text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = "trend.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}

function SpanControls({ span, onSpan }: { span: Span; onSpan: (span: Span) => void }) {
  const still = (to: Bounds) => onSpan({ follow: false, ...to });
  const bounds = () => boundsOf(span, nodeNow());
  const length = span.follow ? span.ms : span.to - span.from;
  const follow = () => onSpan({ follow: true, ms: Object.values(presets).find((ms) => ms >= length * 0.99) ?? presets["30d"]! });
  return (
    <>
      <Choice label={words.range} options={presetOptions} value={presetOf(span)}
        onChange={(name) => onSpan({ follow: true, ms: presets[name]! })} />
      <div class="choice">
        <button type="button" aria-label={words.back} title={words.back} onClick={() => still(moved(bounds(), -0.5, nodeNow()))}>◀</button>
        <button type="button" aria-label={words.zoomOut} title={words.zoomOut} onClick={() => still(zoomed(bounds(), 2))}>−</button>
        <button type="button" aria-label={words.zoomIn} title={words.zoomIn} onClick={() => still(zoomed(bounds(), 0.5))}>+</button>
        <button type="button" aria-label={words.forward} title={words.forward} onClick={() => still(moved(bounds(), 0.5, nodeNow()))}>▶</button>
        <button type="button" aria-pressed={span.follow} title={words.followHint} onClick={follow}>{words.follow}</button>
      </div>
    </>
  );
}

export function Trends() {
  const query = route.value.query;
  const keys = query.getAll("m");
  const pens = useMemo(() => pensOf(keys), [keys.join()]);
  const asked = spanOf(query);
  const [dragged, setDragged] = useState<Span | null>(null); // while a gesture goes on, before the address is written
  const span = dragged ?? asked;
  const found = useHistories(pens, asked);
  const [shown, setShown] = useState<"chart" | "table">("chart");
  const cursor = useMemo(() => new CursorReadout(), []);
  useEffect(() => {
    if (!dragged) return;
    const settle = setTimeout(() => {
      writeAddress(pens.map((pen) => pen.key), dragged);
      setDragged(null);
    }, 250);
    return () => clearTimeout(settle);
  }, [dragged]);
  const change = (nextKeys: string[], next: Span) => writeAddress(nextKeys, next);
  const ownKeys = pens.map((pen) => pen.key);
  const plot = useMemo(() => plotOf(found), [found]);
  // At once what was chosen, though its readings are still on the way.
  const shownPlot = plot && !span.follow ? { ...plot, bounds: span } : plot;
  return (
    <>
      <ViewHead title={words.title}>
        <MetricPicker chosen={ownKeys} onChoose={(key) => change([...ownKeys, key], span)} />
        <SpanControls span={span} onSpan={(next) => change(ownKeys, next)} />
        <Choice label={words.chart} options={shownOptions} value={shown} onChange={setShown} />
        {plot && <button type="button" onClick={() => download(csvOf(plot.pens, plot.histories))}>{words.download}</button>}
      </ViewHead>
      <Trouble error={found?.error} />
      {pens.length === 0 && <Note>{words.empty}</Note>}
      {shownPlot && pens.length > 0 && (
        <>
          {shown === "chart" ? (
            <ChartBox plot={shownPlot} cursor={cursor} onBounds={(to) => setDragged({ follow: false, ...to })} />
          ) : (
            <TrendTable pens={shownPlot.pens} histories={shownPlot.histories} />
          )}
          <Legend pens={shownPlot.pens} joined={shownPlot.joined} units={shownPlot.histories.map((each) => each.unit ?? "")}
            trouble={found!.trouble.map((each) => each && `${words.notNumeric} (${each.message})`)} cursor={cursor}
            onRemove={(key) => change(ownKeys.filter((each) => each !== key), span)} />
          {shownPlot.joined.times.length === 0 && <Note>{words.noData}</Note>}
          {shown === "chart" && <Note>{words.help}. {words.step(formatDuration(stepOf(shownPlot)))}.</Note>}
          <Gaps histories={shownPlot.histories} />
          <AlarmsInRange plot={shownPlot} />
        </>
      )}
    </>
  );
}

const stepOf = (plot: Plot) => Math.max(1000, ...plot.histories.map((history) => history.step_ms));

/** What was found as a chart: a pen without a history has none of it. */
function plotOf(found: ReturnType<typeof useHistories>): Plot | undefined {
  if (!found) return undefined;
  const { from, to } = found.bounds;
  const histories = found.pens.map((pen, i): History => found.of[i] ?? {
    ...pen.name, unit: null, from, to, step_ms: 1_000, columns: ["time", "min", "max", "mean"], rows: [], gaps: [] });
  return { pens: found.pens, histories, joined: join(histories), bounds: found.bounds, alarms: found.alarms };
}
