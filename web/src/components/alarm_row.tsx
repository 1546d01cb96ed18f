import type { Alarm } from "../api/types";
import { formatAge, formatMoment, formatNumber } from "../format";
import { needsAcknowledgement } from "../state/alarms";
import { seconds } from "../state/values";
import { mayAct } from "../state/session";
import { texts } from "../texts";
import { SeverityMark } from "./icons";

export const stateText = (alarm: Alarm): string => texts.alarms.state[alarm.state] ?? alarm.state;

export const sourceOf = (alarm: Alarm): string => [alarm.node, alarm.device].filter(Boolean).join(" / ");

/** One line for an alarm, as the head of the Now view shows it. */
export function AlarmLine({ alarm, onAcknowledge }: { alarm: Alarm; onAcknowledge: (alarm: Alarm) => void }) {
  const isNew = needsAcknowledgement(alarm);
  return (
    <li class="alarm-line">
      <SeverityMark severity={alarm.severity} isNew={isNew} />
      <span class="alarm-name">{alarm.name}</span>
      <span class="alarm-source">{sourceOf(alarm)}</span>
      <span class="alarm-message">
        {alarm.message}
        {alarm.value !== null && !alarm.message.includes(String(alarm.value)) && ` (${formatNumber(alarm.value)})`}
      </span>
      <time class="alarm-age" dateTime={alarm.raised} title={formatMoment(alarm.raised)}>
        {formatAge(seconds.value - Date.parse(alarm.raised))}
      </time>
      <span class="alarm-state">{stateText(alarm)}</span>
      {isNew && mayAct() && (
        <button
          type="button"
          onClick={() => onAcknowledge(alarm)}
          aria-label={texts.alarms.acknowledgeTitle(alarm.name)}
        >
          {texts.alarms.acknowledge}
        </button>
      )}
    </li>
  );
}
