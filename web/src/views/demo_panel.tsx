import { useState } from "preact/hooks";
import { ask } from "../api/client";
import { State } from "../components/icons";
import { Figure, Figures, Panel } from "../components/parts";
import { formatCount } from "../format";
import { mayAct } from "../state/session";
import { demo, refreshDemo } from "../state/site";
import { texts } from "../texts";

const words = texts.demo;

/** Cuts and heals the links of a site that `perigee demo` started, and counts what came of its readings. */
export function DemoPanel() {
  const [trouble, setTrouble] = useState<string | null>(null);
  const shown = demo.value;
  if (!shown) return null;
  const act = async (name: string, what: "cut" | "heal") => {
    setTrouble(null);
    try {
      await ask("POST", `/demo/links/${encodeURIComponent(name)}/${what}`);
      await refreshDemo();
    } catch (e) {
      setTrouble((e as Error).message);
    }
  };
  const { sent, arrived, lost, doubled } = shown.counters;
  return (
    <Panel title={words.title} class="demo">
      <Figures>
        <Figure name={words.sent}>{formatCount(sent)}</Figure>
        <Figure name={words.arrived}>{formatCount(arrived)}</Figure>
        <Figure name={words.waiting}>{formatCount(Math.max(0, sent - arrived))}</Figure>
        <Figure name={words.lost} alert={lost > 0}>
          {formatCount(lost)}
        </Figure>
        <Figure name={words.doubled} alert={doubled > 0}>
          {formatCount(doubled)}
        </Figure>
      </Figures>
      <ul class="demo-links">
        {shown.links.map(({ name, cut }) => (
          <li key={name}>
            <State is={cut ? "bad" : "ok"}>{`${name}: ${cut ? words.isCut : words.isWhole}`}</State>
            {mayAct() && (
              <button type="button" onClick={() => void act(name, cut ? "heal" : "cut")}>
                {cut ? words.heal(name) : words.cut(name)}
              </button>
            )}
          </li>
        ))}
      </ul>
      {trouble && (
        <p class="trouble" role="alert">
          {trouble}
        </p>
      )}
    </Panel>
  );
}
