import { useEffect, useRef } from "preact/hooks";
import type { Alarm, AlarmDeed as Done, AlarmHistoryLine } from "../api/types";
import { formatMoment } from "../format";
import { alarmChanges } from "../state/alarms";
import { useResource } from "../state/resource";
import { mayAct } from "../state/session";
import { texts } from "../texts";
import { type AlarmDeed, verbText } from "./alarm_dialogs";
import { sourceOf, stateText } from "./alarm_row";
import { Moment, Note, Panel, Table, Trouble } from "./parts";

const words = texts.alarms;

/** Who did it, when, and what they said of it. */
function Deed({ name, of }: { name: string; of: Done | null }) {
  if (!of) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {words.deedBy(of.by, formatMoment(of.at))}
        {of.comment && <div class="comment">{of.comment}</div>}
      </dd>
    </>
  );
}

function HistoryLine({ line }: { line: AlarmHistoryLine }) {
  return (
    <tr>
      <td>
        <Moment at={line.at} />
      </td>
      <td>
        {line.what.replaceAll("_", " ")} {line.until && words.until(formatMoment(line.until))}
      </td>
      <td>{line.by ?? texts.format.none}</td>
      <td>{line.told_by}</td>
      <td class="comment">{line.comment ?? line.message}</td>
    </tr>
  );
}

/** Everything of one alarm: what may be done about it, who did what, and what its records in the journal tell. */
export function AlarmDetails({
  alarm,
  onDeed,
  onClose,
}: {
  alarm: Alarm;
  onDeed: (deed: AlarmDeed) => void;
  onClose: () => void;
}) {
  const { data, error, reload } = useResource<{ history: AlarmHistoryLine[] }>(
    `/alarms/${encodeURIComponent(alarm.id)}/history`,
  );
  const changes = alarmChanges.value;
  useEffect(reload, [changes]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [alarm.id]);
  const lines = data?.history ?? [];
  return (
    <div ref={box} tabIndex={-1}>
      <Panel
        title={words.detailsOf(alarm.name)}
        class="alarm-details"
        aside={
          <button type="button" onClick={onClose}>
            {words.close}
          </button>
        }
      >
        {mayAct() && (
          <div class="row-buttons" role="group" aria-label={words.actions}>
            {alarm.may.map((verb) => (
              <button type="button" onClick={() => onDeed({ what: verb, alarm })}>
                {verbText(verb)}
              </button>
            ))}
          </div>
        )}
        <dl class="lines">
          <dt>{words.stateColumn}</dt>
          <dd>{`${stateText(alarm)} (ISA-18.2 ${alarm.isa_state})`}</dd>
          <dt>{words.source}</dt>
          <dd>{sourceOf(alarm)}</dd>
          {alarm.group && <dt>{words.group}</dt>}
          {alarm.group && <dd>{alarm.first_out ? `${alarm.group}: ${words.firstOut}` : alarm.group}</dd>}
          <Deed name={words.done.acknowledged} of={alarm.acknowledged} />
          <Deed name={words.done.confirmed} of={alarm.confirmation} />
          <Deed name={words.done.reset} of={alarm.reset} />
          <Deed name={words.done.shelved} of={alarm.shelved} />
          <Deed name={words.done.suppressed} of={alarm.suppressed} />
          <Deed name={words.done.outOfService} of={alarm.out_of_service} />
          <Deed name={words.done.comment} of={alarm.comment} />
        </dl>
        <h3>{words.history}</h3>
        <Trouble error={error} />
        {data && lines.length === 0 ? (
          <Note>{words.noHistory}</Note>
        ) : (
          <Table
            label={words.history}
            class="history"
            head={[words.when, words.what, words.who, words.toldBy, words.why]}
          >
            {lines.map((line) => (
              <HistoryLine key={`${line.at} ${line.what}`} line={line} />
            ))}
          </Table>
        )}
      </Panel>
    </div>
  );
}
