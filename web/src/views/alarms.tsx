import { useEffect, useState } from "preact/hooks";
import type { Alarm, Page } from "../api/types";
import { AlarmDialog, type AlarmDeed } from "../components/alarm_dialogs";
import { sourceOf, stateText } from "../components/alarm_row";
import { SeverityMark } from "../components/icons";
import { Choice, Field, FilterField, Moment, Note, numeric, Table, Trouble, ViewHead } from "../components/parts";
import { get, withQuery, type ApiError } from "../api/client";
import { formatAge, formatMoment, formatNumber } from "../format";
import { alarmChanges, isStanding, needsAcknowledgement, urgentFirst } from "../state/alarms";
import { mayAct } from "../state/session";
import { seconds } from "../state/values";
import { texts } from "../texts";

type Shown = "standing" | "cleared" | "all";
const shownOptions = (["standing", "cleared", "all"] as const).map((value) => ({ value, text: texts.alarms[value] }));

/** Alarms that are over, newest first, as many pages as were asked for. Standing ones are followed by the site. */
function useAlarmsOf(state: "cleared" | "all" | null) {
  const [pages, setPages] = useState(1);
  const [found, setFound] = useState<{ alarms: Alarm[]; more: boolean; error?: ApiError }>({ alarms: [], more: false });
  const changes = alarmChanges.value;
  useEffect(() => {
    if (!state) return;
    const stop = new AbortController();
    const load = async () => {
      const alarms: Alarm[] = [];
      let after: string | null = null;
      for (let page = 0; page < pages && (page === 0 || after); page++) {
        const got: Page<"alarms", Alarm> = await get(withQuery("/alarms", { state, limit: 100, after }), stop.signal);
        alarms.push(...got.alarms);
        after = got.next;
      }
      setFound({ alarms, more: after !== null });
    };
    load().catch((error: ApiError) => {
      if (!stop.signal.aborted) setFound((old) => ({ ...old, error }));
    });
    return () => stop.abort();
  }, [state, pages, changes]);
  return { ...found, showMore: () => setPages((n) => n + 1) };
}

/** Goes on each second without the table being rendered. */
function Ago({ since }: { since: string }) {
  return <span class="note">{texts.alarms.ago(formatAge(seconds.value - Date.parse(since)))}</span>;
}

function StateCell({ alarm }: { alarm: Alarm }) {
  const done = alarm.acknowledged;
  return (
    <td>
      {stateText(alarm)}
      {done && <div class="note">{texts.alarms.acknowledgedBy(done.by, formatMoment(done.at))}</div>}
      {done?.comment && <div class="comment">{done.comment}</div>}
    </td>
  );
}

function AlarmRow({ alarm, onDeed }: { alarm: Alarm; onDeed: (deed: AlarmDeed) => void }) {
  const isNew = needsAcknowledgement(alarm);
  return (
    <tr class={isStanding(alarm) ? "" : "over"}>
      <td class="severity-cell">
        <SeverityMark severity={alarm.severity} isNew={isNew} />
        {texts.severity[alarm.severity]}
      </td>
      <td>
        <strong>{alarm.name}</strong>
        <div>{alarm.message}</div>
      </td>
      <td>{sourceOf(alarm)}</td>
      <td class="number">{alarm.value === null ? texts.format.none : formatNumber(alarm.value)}</td>
      <td>
        <Moment at={alarm.raised} />
        <div>{isStanding(alarm) && <Ago since={alarm.raised} />}</div>
      </td>
      <td>
        <Moment at={alarm.cleared} />
      </td>
      <StateCell alarm={alarm} />
      <td class="row-buttons">
        {mayAct() && isNew && (
          <button
            type="button"
            aria-label={texts.alarms.acknowledgeTitle(alarm.name)}
            onClick={() => onDeed({ what: "acknowledge", alarm })}
          >
            {texts.alarms.acknowledge}
          </button>
        )}
        {mayAct() && isStanding(alarm) && (
          <button
            type="button"
            aria-label={texts.alarms.clearTitle(alarm.name)}
            onClick={() => onDeed({ what: "clear", alarm })}
          >
            {texts.alarms.clear}
          </button>
        )}
      </td>
    </tr>
  );
}

export function Alarms() {
  const [shown, setShown] = useState<Shown>("standing");
  const [text, setText] = useState("");
  const [severity, setSeverity] = useState("");
  const [deed, setDeed] = useState<AlarmDeed | null>(null);
  const past = useAlarmsOf(shown === "standing" ? null : shown);
  const alarms = (shown === "standing" ? urgentFirst.value : past.alarms).filter(
    (alarm) =>
      (!severity || alarm.severity === Number(severity)) &&
      `${alarm.name} ${sourceOf(alarm)} ${alarm.message}`.toLowerCase().includes(text.toLowerCase()),
  );
  const { severityColumn, alarm, source, value, raised, ended, stateColumn, actions } = texts.alarms;
  return (
    <>
      <ViewHead title={texts.alarms.title}>
        <Choice label={texts.alarms.stateColumn} options={shownOptions} value={shown} onChange={setShown} />
        <Field label={texts.alarms.severityColumn}>
          <select value={severity} onChange={(e) => setSeverity(e.currentTarget.value)}>
            <option value="">{texts.alarms.anySeverity}</option>
            {Object.entries(texts.severity).map(([number, name]) => (
              <option value={number}>{`${number} ${name}`}</option>
            ))}
          </select>
        </Field>
        <FilterField value={text} hint={texts.alarms.filterHint} onChange={setText} />
      </ViewHead>
      <Trouble error={past.error} />
      {alarms.length === 0 ? (
        <Note>{shown === "cleared" ? texts.alarms.emptyCleared : texts.alarms.empty}</Note>
      ) : (
        <Table
          label={texts.alarms.title}
          class="alarms"
          head={[severityColumn, alarm, source, numeric(value), raised, ended, stateColumn, actions]}
        >
          {alarms.map((each) => (
            <AlarmRow key={each.id} alarm={each} onDeed={setDeed} />
          ))}
        </Table>
      )}
      {shown !== "standing" && past.more && (
        <button type="button" onClick={past.showMore}>
          {texts.common.more}
        </button>
      )}
      {deed && <AlarmDialog deed={deed} onClose={() => setDeed(null)} />}
    </>
  );
}
