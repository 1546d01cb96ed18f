import { useState } from "preact/hooks";
import type { AlarmCount, AlarmGroup, AlarmKpi } from "../api/types";
import { formatCount } from "../format";
import { alarmKpi } from "../state/alarms";
import { hrefOf } from "../state/route";
import { useResource } from "../state/resource";
import { mayAct } from "../state/session";
import { texts } from "../texts";
import { GroupDialog, verbText } from "./alarm_dialogs";
import { Figure, Figures, Panel } from "./parts";

const words = texts.alarms;

const sourceOf = (of: AlarmCount): string => [of.node, of.key].filter(Boolean).join(" / ");

function BadActors({ of }: { of: AlarmCount[] }) {
  if (of.length === 0) return null;
  return (
    <>
      <h3>{words.badActors}</h3>
      <ol class="bad-actors">
        {of.map((each) => (
          <li key={each.id}>
            <a href={hrefOf("alarms", { id: each.id })}>{each.name}</a> {sourceOf(each)}{" "}
            <span class="note">{words.times(each.annunciated)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function Rates({ of }: { of: AlarmKpi }) {
  return (
    <Panel title={words.kpi} class="alarm-rate">
      <Figures>
        <Figure name={words.lastTen} alert={of.flood}>
          {formatCount(of.last_10_minutes)}
        </Figure>
        <Figure name={words.peak}>{formatCount(of.peak_10_minutes)}</Figure>
        <Figure name={words.lastDay}>{formatCount(of.last_24_hours)}</Figure>
        <Figure name={words.stale} alert={of.stale > 0}>
          {formatCount(of.stale)}
        </Figure>
        <Figure name={words.chattering} alert={of.chattering.length > 0}>
          {formatCount(of.chattering.length)}
        </Figure>
        <Figure name={words.shelvedCount}>{formatCount(of.shelved)}</Figure>
        <Figure name={words.suppressedCount}>{formatCount(of.suppressed)}</Figure>
        <Figure name={words.outOfServiceCount}>{formatCount(of.out_of_service)}</Figure>
      </Figures>
      <BadActors of={of.bad_actors} />
    </Panel>
  );
}

function Groups() {
  const { data, reload } = useResource<{ groups: AlarmGroup[] }>("/alarms/groups");
  const [chosen, setChosen] = useState<AlarmGroup | null>(null);
  if (!data || data.groups.length === 0) return null;
  const close = () => {
    setChosen(null);
    reload();
  };
  return (
    <Panel title={words.groups} class="alarm-groups">
      <ul>
        {data.groups.map((each) => (
          <li key={`${each.node} ${each.group}`}>
            <span>
              <strong>{each.group}</strong> {each.node}{" "}
              <span class="note">
                {words.members(each.standing, each.members)}
                {each.suppressed && `, ${words.state.suppressed}`}
              </span>
            </span>
            {mayAct() && (
              <button type="button" onClick={() => setChosen(each)}>
                {verbText(each.suppressed ? "unsuppress" : "suppress")}
              </button>
            )}
          </li>
        ))}
      </ul>
      {chosen && <GroupDialog group={chosen} onClose={close} />}
    </Panel>
  );
}

/** How many alarms there are to handle, which come too often, and the groups that can be suppressed as one. */
export function AlarmRates() {
  return (
    <div class="alarm-figures">
      {alarmKpi.value && <Rates of={alarmKpi.value} />}
      <Groups />
    </div>
  );
}
