import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useComputed } from "@preact/signals";
import type { Link } from "../api/types";
import { State } from "../components/icons";
import { Age, Figure, Figures, Moment, Note, Panel, ViewHead } from "../components/parts";
import { Sparkline } from "../components/sparkline";
import { formatBytes, formatCount, formatDuration, formatMilliseconds, formatRate } from "../format";
import { nodeNow } from "../state/clock";
import { links, nodes } from "../state/site";
import { Trail } from "../state/trail";
import { seconds } from "../state/values";
import { texts } from "../texts";
import { DemoPanel } from "./demo_panel";

const words = texts.links;

function eta(link: Link): string {
  if (link.records_waiting === 0) return words.etaNone;
  return link.eta_s < 0 ? words.etaNever : formatDuration(link.eta_s * 1000);
}

function budget(left: number | null): string {
  if (left === null) return words.noBudget;
  return left < 0 ? `${formatBytes(left)}: ${words.overBudget}` : formatBytes(left);
}

function schedule(link: Link) {
  if (link.window_open) return words.windowOpen;
  return link.window_opens ? words.windowOpens(new Date(link.window_opens).toLocaleTimeString()) : words.windowClosed;
}

/** How the backlog of a link went while the page was open. */
function BacklogTrend({ link }: { link: Link }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const trail = useRef(new Trail());
  const drawn = useRef<Sparkline>(undefined);
  useLayoutEffect(() => {
    const made = new Sparkline(canvas.current!);
    drawn.current = made;
    return () => made.close();
  }, []);
  const now = seconds.value;
  useEffect(() => {
    trail.current.add(now, link.records_waiting);
    drawn.current?.draw(trail.current, nodeNow());
  }, [link, now]);
  return (
    <figure class="backlog">
      <canvas ref={canvas} aria-hidden="true" />
      <figcaption>{words.backlogTrend}</figcaption>
    </figure>
  );
}

function LinkPanel({ link, from }: { link: Link; from: string }) {
  const waits = link.records_waiting > 0;
  return (
    <Panel
      class="link"
      title={
        <>
          {from}{" "}
          <span class="arrow" aria-hidden="true">
            →
          </span>
          <span class="hidden">{words.to}</span> {link.peer}
        </>
      }
      aside={<State is={link.connected ? "ok" : "bad"}>{link.connected ? words.up : words.down}</State>}
    >
      <p class="note">{link.name}</p>
      <Figures>
        <Figure name={words.upSince}>
          {link.connected ? <Moment at={link.connected_since} /> : words.down}
          {link.connected && (
            <>
              {" "}
              (<Age of={link.connected_since} />)
            </>
          )}
        </Figure>
        <Figure name={words.rtt}>{link.rtt_ms > 0 ? formatMilliseconds(link.rtt_ms) : texts.format.none}</Figure>
        <Figure name={words.connections}>{formatCount(link.sequence)}</Figure>
        <Figure name={words.backlogRecords} alert={!link.connected && waits}>
          {formatCount(link.records_waiting)}
        </Figure>
        <Figure name={words.backlogBytes}>{formatBytes(link.bytes_waiting)}</Figure>
        <Figure name={words.oldest}>{waits ? formatDuration(link.oldest_age_ms) : texts.format.none}</Figure>
        <Figure name={words.drain}>{formatRate(link.drain_records_per_s)}</Figure>
        <Figure name={words.eta}>{eta(link)}</Figure>
        <Figure name={words.window}>{schedule(link)}</Figure>
        <Figure name={words.budgetHour} alert={(link.budget_left_hour_bytes ?? 0) < 0}>
          {budget(link.budget_left_hour_bytes)}
        </Figure>
        <Figure name={words.budgetDay} alert={(link.budget_left_day_bytes ?? 0) < 0}>
          {budget(link.budget_left_day_bytes)}
        </Figure>
        <Figure name={words.sent}>
          {words.sentFigure(formatCount(link.records_sent), formatBytes(link.bytes_sent))}
        </Figure>
        <Figure name={words.received}>{formatCount(link.records_received)}</Figure>
        <Figure name={words.refused} alert={link.records_refused > 0}>
          {formatCount(link.records_refused)}
        </Figure>
        <Figure name={words.forks} alert={link.forks > 0}>
          {formatCount(link.forks)}
        </Figure>
      </Figures>
      <BacklogTrend link={link} />
    </Panel>
  );
}

export function Links() {
  const self = useComputed(() => nodes.value.find((each) => each.self)?.node ?? texts.product);
  return (
    <>
      <ViewHead title={words.title} />
      <DemoPanel />
      {links.value.length === 0 && <Note>{words.empty}</Note>}
      <div class="links">
        {links.value.map((link) => (
          <LinkPanel key={link.name} link={link} from={self.value} />
        ))}
      </div>
    </>
  );
}
