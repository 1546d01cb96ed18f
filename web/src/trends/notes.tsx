// What stands below a chart: the same marks in words.

import type { History } from "../api/types";
import { SeverityMark } from "../components/icons";
import { Moment, Note, Panel } from "../components/parts";
import { formatDuration, formatMoment } from "../format";
import { needsAcknowledgement } from "../state/alarms";
import { texts } from "../texts";
import type { Plot } from "./chart";

const words = texts.trends;

const stepOf = (plot: Plot) => Math.max(1_000, ...plot.histories.map((history) => history.step_ms ?? 0));

/** How to use the chart, and what a point of it is. */
export function ChartHelp({ plot }: { plot: Plot }) {
  return (
    <>
      {plot.joined.times.length === 0 && <Note>{words.noData}</Note>}
      <Note>
        {words.help}. {words.step(formatDuration(stepOf(plot)))}.
      </Note>
    </>
  );
}

export function Gaps({ histories }: { histories: History[] }) {
  const gaps = histories.flatMap((history) => history.gaps.map((gap) => ({ ...gap, of: history })));
  if (gaps.length === 0) return null;
  return (
    <Panel title={words.gaps} class="gaps">
      <ul>
        {gaps.map((gap) => (
          <li>
            {`${gap.of.device} ${gap.of.metric}, ${formatMoment(gap.from)} – ${formatMoment(gap.to)}: ` +
              words.gapOf(gap.readings, gap.reason)}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function AlarmsInRange({ plot }: { plot: Plot }) {
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
