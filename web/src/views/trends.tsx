import { useEffect, useMemo, useState } from "preact/hooks";
import { Choice, Note, Trouble, ViewHead } from "../components/parts";
import { replaceQuery, route } from "../state/route";
import { texts } from "../texts";
import { ChartBox } from "../trends/chart_box";
import { CursorReadout, Legend } from "../trends/legend";
import { MetricPicker } from "../trends/metric_picker";
import { AlarmsInRange, ChartHelp, Gaps } from "../trends/notes";
import { pensOf } from "../trends/pens";
import { queryOf, spanOf, type Span } from "../trends/span";
import { SpanControls } from "../trends/span_controls";
import { csvOf, download, TrendTable } from "../trends/trend_table";
import { plotOf, useHistories } from "../trends/use_histories";

const words = texts.trends;
const shownOptions = (["chart", "table"] as const).map((value) => ({ value, text: words[value] }));
const settleMs = 250; // after the last move of a gesture

/** The address holds what is looked at, so that it can be kept and sent to somebody. */
function writeAddress(keys: string[], span: Span): void {
  const query = new URLSearchParams(queryOf(span));
  keys.forEach((key) => query.append("m", key));
  replaceQuery(query);
}

/** The span of the address, or that of a gesture which goes on: then nothing is asked yet. */
function useSpan(asked: Span, write: (span: Span) => void): [Span, (dragged: Span) => void] {
  const [dragged, setDragged] = useState<Span | null>(null);
  useEffect(() => {
    if (!dragged) return;
    const settle = setTimeout(() => {
      write(dragged);
      setDragged(null);
    }, settleMs);
    return () => clearTimeout(settle);
  }, [dragged]);
  return [dragged ?? asked, setDragged];
}

/** Which metrics are shown over which span, both of the address, and how to change them. */
function useTrends() {
  const query = route.value.query;
  const chosen = query.getAll("m").join();
  const pens = useMemo(() => pensOf(query.getAll("m")), [chosen]);
  const keys = pens.map((pen) => pen.key);
  const asked = spanOf(query);
  const [span, drag] = useSpan(asked, (next) => writeAddress(keys, next));
  const found = useHistories(pens, asked);
  const plot = useMemo(() => found && plotOf(found), [found]);
  return {
    keys,
    span,
    error: found?.error,
    trouble: found?.trouble ?? [],
    // At once over what was chosen, though its readings are still on the way.
    plot: plot && keys.length > 0 ? { ...plot, bounds: span.follow ? plot.bounds : span } : undefined,
    drag,
    choose: (next: string[]) => writeAddress(next, span),
    show: (next: Span) => writeAddress(keys, next),
  };
}

export function Trends() {
  const { keys, span, error, trouble, plot, drag, choose, show } = useTrends();
  const [shown, setShown] = useState<"chart" | "table">("chart");
  const cursor = useMemo(() => new CursorReadout(), []);
  return (
    <>
      <ViewHead title={words.title}>
        <MetricPicker chosen={keys} onChoose={(key) => choose([...keys, key])} />
        <SpanControls span={span} onSpan={show} />
        <Choice label={words.chart} options={shownOptions} value={shown} onChange={setShown} />
        {plot && (
          <button type="button" onClick={() => download(csvOf(plot.pens, plot.histories))}>
            {words.download}
          </button>
        )}
      </ViewHead>
      <Trouble error={error} />
      {keys.length === 0 && <Note>{words.empty}</Note>}
      {plot && shown === "chart" && (
        <ChartBox plot={plot} cursor={cursor} onBounds={(to) => drag({ follow: false, ...to })} />
      )}
      {plot && shown === "table" && <TrendTable pens={plot.pens} histories={plot.histories} />}
      {plot && (
        <>
          <Legend
            plot={plot}
            trouble={trouble.map((each) => each?.message)}
            cursor={cursor}
            onRemove={(key) => choose(keys.filter((each) => each !== key))}
          />
          {shown === "chart" && <ChartHelp plot={plot} />}
          <Gaps histories={plot.histories} />
          <AlarmsInRange plot={plot} />
        </>
      )}
    </>
  );
}
