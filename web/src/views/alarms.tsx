import { useEffect, useState } from "preact/hooks";
import type { Alarm, AlarmDeed as Done, Page } from "../api/types";
import { AlarmDetails } from "../components/alarm_details";
import { AlarmDialog, type AlarmDeed, verbText } from "../components/alarm_dialogs";
import { AlarmRates } from "../components/alarm_rates";
import { sourceOf, stateText } from "../components/alarm_row";
import { SeverityMark } from "../components/icons";
import { Choice, Field, FilterField, Moment, Note, numeric, Table, Trouble, ViewHead } from "../components/parts";
import { ApiError, get, withQuery } from "../api/client";
import { formatAge, formatDuration, formatMoment, formatNumber } from "../format";
import { alarmChanges, isStanding, needsAcknowledgement, standing, urgentFirst } from "../state/alarms";
import { kiosk } from "../state/preferences";
import { replaceQuery, route } from "../state/route";
import { mayAct } from "../state/session";
import { seconds } from "../state/values";
import { texts } from "../texts";

const words = texts.alarms;
type Shown = keyof typeof words.shown;
const shownOptions = (["standing", "aside", "normal", "all"] as const).map((value) => ({
  value,
  text: words.shown[value],
}));

/** What most often is to be done about an alarm stands in its row; the rest is in its details. */
const verbsInRow = ["acknowledge", "confirm", "reset", "unshelve", "unsuppress", "return-to-service", "shelve"];
const buttonsInRow = 2;

/** Alarms that do not stand, as many pages as were asked for. Standing ones are followed by the site. */
function useAlarmsOf(state: Shown | null) {
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

/** The alarm that the address names, whatever its state. */
function useChosenAlarm(id: string | null): Alarm | null {
  const [found, setFound] = useState<Alarm | null>(null);
  const changes = alarmChanges.value;
  useEffect(() => {
    if (!id) return setFound(null);
    const stop = new AbortController();
    get<Alarm>(`/alarms/${encodeURIComponent(id)}`, stop.signal)
      .then(setFound)
      .catch(() => {
        if (!stop.signal.aborted) setFound(null);
      });
    return () => stop.abort();
  }, [id, changes]);
  return id ? (standing.value.get(id) ?? (found?.id === id ? found : null)) : null;
}

/** Goes on each second without the table being rendered. */
function Ago({ since }: { since: string }) {
  return <span class="note">{words.ago(formatAge(seconds.value - Date.parse(since)))}</span>;
}

function TimeLeft({ until }: { until: string }) {
  return <div class="note">{words.left(formatDuration(Math.max(0, Date.parse(until) - seconds.value)))}</div>;
}

/** What was done last that makes it be as it is. */
function deedOf(alarm: Alarm): Done | null {
  if (alarm.state === "out_of_service") return alarm.out_of_service;
  if (alarm.state === "suppressed") return alarm.suppressed;
  if (alarm.state === "shelved") return alarm.shelved;
  return alarm.acknowledged;
}

function StateCell({ alarm }: { alarm: Alarm }) {
  const done = deedOf(alarm);
  return (
    <td>
      <div>{stateText(alarm)}</div>
      {alarm.state === "suppressed" && alarm.suppressed_by_group && <div class="note">{words.suppressedByGroup}</div>}
      {alarm.shelved && <TimeLeft until={alarm.shelved.until} />}
      {done && <div class="note">{words.deedBy(done.by, formatMoment(done.at))}</div>}
      {done?.comment && <div class="comment">{done.comment}</div>}
      {alarm.cleared_by && <div class="note">{words.clearedBy(alarm.cleared_by)}</div>}
    </td>
  );
}

function AlarmRow({ alarm, onDeed }: { alarm: Alarm; onDeed: (deed: AlarmDeed) => void }) {
  const isNew = needsAcknowledgement(alarm);
  const verbs = verbsInRow.filter((verb) => alarm.may.includes(verb)).slice(0, buttonsInRow);
  return (
    <tr class={isStanding(alarm) ? "" : "over"}>
      <td class="severity-cell">
        <SeverityMark severity={alarm.severity} isNew={isNew} />
        {texts.severity[alarm.severity]}
      </td>
      <td>
        <strong>{alarm.name}</strong>
        <div>{alarm.message}</div>
        {alarm.group && <div class="note">{alarm.group}</div>}
        {alarm.first_out && <div class="tag">{words.firstOut}</div>}
        {alarm.chattering && <div class="tag">{words.chattering}</div>}
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
        {mayAct() &&
          verbs.map((verb) => (
            <button
              type="button"
              aria-label={words.deedTitle(verbText(verb), alarm.name)}
              onClick={() => onDeed({ what: verb, alarm })}
            >
              {verbText(verb)}
            </button>
          ))}
        {!kiosk && (
          <button
            type="button"
            aria-label={words.detailsOf(alarm.name)}
            onClick={() => replaceQuery(new URLSearchParams({ id: alarm.id }))}
          >
            {words.details}
          </button>
        )}
      </td>
    </tr>
  );
}

function Select({
  label,
  any,
  options,
  value,
  onChange,
}: {
  label: string;
  any: string;
  options: { value: string; text: string }[];
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <Field label={label}>
      <select value={value} onChange={(e) => onChange(e.currentTarget.value)}>
        <option value="">{any}</option>
        {options.map((each) => (
          <option value={each.value}>{each.text}</option>
        ))}
      </select>
    </Field>
  );
}

const severityOptions = Object.entries(texts.severity).map(([value, name]) => ({ value, text: `${value} ${name}` }));

export function Alarms() {
  const [shown, setShown] = useState<Shown>("standing");
  const [text, setText] = useState("");
  const [severity, setSeverity] = useState("");
  const [group, setGroup] = useState("");
  const [deed, setDeed] = useState<AlarmDeed | null>(null);
  const others = useAlarmsOf(shown === "standing" ? null : shown);
  const chosen = useChosenAlarm(route.value.query.get("id"));
  const all = shown === "standing" ? urgentFirst.value : others.alarms;
  const groups = [...new Set(all.flatMap((alarm) => alarm.group ?? []))].sort();
  const alarms = all.filter(
    (alarm) =>
      (!severity || alarm.severity === Number(severity)) &&
      (!group || alarm.group === group) &&
      `${alarm.name} ${sourceOf(alarm)} ${alarm.message}`.toLowerCase().includes(text.toLowerCase()),
  );
  const { severityColumn, alarm, source, value, raised, ended, stateColumn, actions } = words;
  return (
    <>
      <ViewHead title={words.title}>
        <Choice label={stateColumn} options={shownOptions} value={shown} onChange={setShown} />
        <Select
          label={severityColumn}
          any={words.anySeverity}
          options={severityOptions}
          value={severity}
          onChange={setSeverity}
        />
        {groups.length > 0 && (
          <Select
            label={words.group}
            any={words.anyGroup}
            options={groups.map((each) => ({ value: each, text: each }))}
            value={group}
            onChange={setGroup}
          />
        )}
        <FilterField value={text} hint={words.filterHint} onChange={setText} />
      </ViewHead>
      {chosen && <AlarmDetails alarm={chosen} onDeed={setDeed} onClose={() => replaceQuery(new URLSearchParams())} />}
      <Trouble error={others.error} />
      {alarms.length === 0 ? (
        <Note>{shown === "standing" || shown === "aside" ? words.empty[shown] : words.empty.other}</Note>
      ) : (
        <Table
          label={words.title}
          class="alarms"
          head={[severityColumn, alarm, source, numeric(value), raised, ended, stateColumn, actions]}
        >
          {alarms.map((each) => (
            <AlarmRow key={each.id} alarm={each} onDeed={setDeed} />
          ))}
        </Table>
      )}
      {shown !== "standing" && others.more && (
        <button type="button" onClick={others.showMore}>
          {texts.common.more}
        </button>
      )}
      <AlarmRates />
      {deed && <AlarmDialog deed={deed} onClose={() => setDeed(null)} />}
    </>
  );
}
