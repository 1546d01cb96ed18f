import { useEffect, useState } from "preact/hooks";
import { get, withQuery } from "../api/client";
import type { Metric, Page } from "../api/types";
import { Field, Note } from "../components/parts";
import { keyOf } from "../state/series_key";
import { liveValues } from "../state/values";
import { texts } from "../texts";
import { formatUnit } from "../units";
import { pensMax } from "./pens";

const shownMax = 30;
const pauseMs = 150; // of typing, before the node is asked

/** Texts cannot be drawn. What has not sent a value since the page was opened may be anything. */
const mayBeDrawn = (metric: Metric) => typeof liveValues.get(keyOf(metric))?.value !== "string";

export function MetricPicker({ chosen, onChoose }: { chosen: string[]; onChoose: (key: string) => void }) {
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [found, setFound] = useState<Metric[]>([]);
  useEffect(() => {
    if (!isOpen) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      get<Page<"metrics", Metric>>(withQuery("/metrics", { q: text, limit: shownMax + chosen.length }), stop.signal)
        .then((page) => setFound(page.metrics))
        .catch(() => {}); // the list stays as it was
    }, pauseMs);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [text, isOpen, chosen.length]);
  const offered = found.filter((each) => !chosen.includes(keyOf(each)) && mayBeDrawn(each)).slice(0, shownMax);
  const choose = (metric: Metric) => {
    onChoose(keyOf(metric));
    setText("");
  };
  return (
    <div
      class="picker"
      onKeyDown={(e) => e.key === "Escape" && setOpen(false)}
      onFocusOut={(e) => !e.currentTarget.contains(e.relatedTarget as Node | null) && setOpen(false)}
    >
      <Field label={texts.trends.add}>
        <input
          type="search"
          value={text}
          placeholder={texts.trends.addHint}
          autocomplete="off"
          spellcheck={false}
          disabled={chosen.length >= pensMax}
          onFocus={() => setOpen(true)}
          onInput={(e) => {
            setText(e.currentTarget.value);
            setOpen(true);
          }}
        />
      </Field>
      {isOpen && offered.length > 0 && (
        <ul class="offered">
          {offered.map((each) => (
            <li key={keyOf(each)}>
              <button type="button" class="quiet" onClick={() => choose(each)}>
                <strong>{each.metric}</strong> {`${each.device}, ${each.node}`}{" "}
                <span class="note">{formatUnit(each.unit)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {chosen.length >= pensMax && <Note>{texts.trends.full(pensMax)}</Note>}
    </div>
  );
}
