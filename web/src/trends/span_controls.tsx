import { Choice } from "../components/parts";
import { nodeNow } from "../state/clock";
import { texts } from "../texts";
import type { Bounds } from "./gestures";
import { boundsOf, moved, presetOf, presets, zoomed, type Span } from "./span";

const words = texts.trends;
const presetOptions = Object.keys(presets).map((value) => ({ value, text: words.ranges[value]! }));

function Step({ name, sign, onClick }: { name: string; sign: string; onClick: () => void }) {
  return (
    <button type="button" aria-label={name} title={name} onClick={onClick}>
      {sign}
    </button>
  );
}

/** What stretch of time is shown. */
export function SpanControls({ span, onSpan }: { span: Span; onSpan: (span: Span) => void }) {
  const show = (change: (from: Bounds) => Bounds) => () =>
    onSpan({ follow: false, ...change(boundsOf(span, nodeNow())) });
  const length = span.follow ? span.ms : span.to - span.from;
  const follow = () =>
    onSpan({ follow: true, ms: Object.values(presets).find((ms) => ms >= length * 0.99) ?? presets["30d"]! });
  return (
    <>
      <Choice
        label={words.range}
        options={presetOptions}
        value={presetOf(span)}
        onChange={(name) => onSpan({ follow: true, ms: presets[name]! })}
      />
      <div class="choice">
        <Step name={words.back} sign="◀" onClick={show((from) => moved(from, -0.5, nodeNow()))} />
        <Step name={words.zoomOut} sign="−" onClick={show((from) => zoomed(from, 2))} />
        <Step name={words.zoomIn} sign="+" onClick={show((from) => zoomed(from, 0.5))} />
        <Step name={words.forward} sign="▶" onClick={show((from) => moved(from, 0.5, nodeNow()))} />
        <button type="button" aria-pressed={span.follow} title={words.followHint} onClick={follow}>
          {words.follow}
        </button>
      </div>
    </>
  );
}
