import { useMemo, useState } from "preact/hooks";
import { AlarmDialog, type AlarmDeed } from "../components/alarm_dialogs";
import { AlarmLine } from "../components/alarm_row";
import { FilterField, NodeChoice, Note, Panel, ViewHead } from "../components/parts";
import { ValueRow } from "../components/value_row";
import { urgentFirst } from "../state/alarms";
import { hrefOf, replaceQuery, route } from "../state/route";
import { liveValues, seconds, seriesMax, type Series } from "../state/values";
import { texts } from "../texts";

const worstShown = 5;
const alarmRecords = "alarm/"; // the history keeps what rules told as alarms too; here they are shown as what they are

function WorstAlarms() {
  const [deed, setDeed] = useState<AlarmDeed | null>(null);
  const all = urgentFirst.value;
  if (all.length === 0) return null;
  return (
    <Panel
      title={texts.now.worst}
      class="worst"
      aside={all.length > worstShown && <a href={hrefOf("alarms")}>{texts.now.allAlarms(all.length)}</a>}
    >
      <ul>
        {all.slice(0, worstShown).map((alarm) => (
          <AlarmLine key={alarm.id} alarm={alarm} onAcknowledge={(of) => setDeed({ what: "acknowledge", alarm: of })} />
        ))}
      </ul>
      {deed && <AlarmDialog deed={deed} onClose={() => setDeed(null)} />}
    </Panel>
  );
}

interface Group {
  name: string;
  series: Series[];
}

/** By node and device, as the site is built. */
function grouped(series: Series[]): Group[] {
  const groups = new Map<string, Group>();
  for (const each of series) {
    const name = `${each.node} / ${each.device}`;
    const group = groups.get(name) ?? { name, series: [] };
    group.series.push(each);
    groups.set(name, group);
  }
  const natural = new Intl.Collator("en", { numeric: true });
  for (const group of groups.values()) group.series.sort((a, b) => natural.compare(a.metric, b.metric));
  return [...groups.values()].sort((a, b) => natural.compare(a.name, b.name));
}

/** On its own, so that what it counts each second renders no row. */
function AbnormalCount({ of }: { of: Series[] }) {
  const count = of.filter((each) => each.isAbnormal(seconds.value)).length;
  return count > 0 ? <span class="abnormal">{texts.now.abnormal(count)}</span> : null;
}

function DevicePanel({ group }: { group: Group }) {
  return (
    <Panel title={group.name} class="device" aside={<AbnormalCount of={group.series} />}>
      {group.series.map((each) => (
        <ValueRow key={each.key} series={each} />
      ))}
    </Panel>
  );
}

function fits(series: Series, text: string, node: string, abnormalOnly: boolean): boolean {
  if (node && series.node !== node) return false;
  if (!text && series.device.startsWith(alarmRecords)) return false;
  if (abnormalOnly && !series.isAbnormal(seconds.peek())) return false;
  return text.split(/\s+/).every((word) => `${series.device} ${series.metric}`.toLowerCase().includes(word));
}

export function Now() {
  const query = route.value.query;
  const text = query.get("q") ?? "";
  const node = query.get("node") ?? "";
  const abnormalOnly = query.has("abnormal");
  const generation = liveValues.generation.value;
  // What is abnormal changes without a new series: looked at again each second, and only then.
  const moment = abnormalOnly ? seconds.value : 0;
  const groups = useMemo(
    () => grouped(liveValues.all().filter((each) => fits(each, text.toLowerCase(), node, abnormalOnly))),
    [generation, text, node, abnormalOnly, moment],
  );
  const set = (name: string, value: string | null) => {
    const next = new URLSearchParams(query);
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
    replaceQuery(next);
  };
  return (
    <>
      <ViewHead title={texts.now.title}>
        <FilterField value={text} hint={texts.now.filterHint} onChange={(to) => set("q", to)} />
        <NodeChoice value={node} onChange={(to) => set("node", to)} />
        <button type="button" aria-pressed={abnormalOnly} onClick={() => set("abnormal", abnormalOnly ? null : "1")}>
          {texts.now.abnormalOnly}
        </button>
      </ViewHead>
      <WorstAlarms />
      {liveValues.hasMore.value && <Note>{texts.now.truncated(seriesMax)}</Note>}
      {groups.length === 0 && <Note>{liveValues.all().length ? texts.now.nothingFound : texts.now.empty}</Note>}
      <div class="devices">
        {groups.map((group) => (
          <DevicePanel key={group.name} group={group} />
        ))}
      </div>
    </>
  );
}
