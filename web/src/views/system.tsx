import { useState } from "preact/hooks";
import type { AuditEntry, Check, Journal, Limit, NodeInfo, Page, System as SystemInfo } from "../api/types";
import { State } from "../components/icons";
import { Age, Figure, Figures, Moment, Note, numeric, Panel, Table, Trouble, ViewHead } from "../components/parts";
import { formatBytes, formatCount, formatDuration, formatMilliseconds, formatRate } from "../format";
import { useResource } from "../state/resource";
import { nodes } from "../state/site";
import { texts } from "../texts";
import { Quarantine } from "./quarantine";

const words = texts.system;
const fewDays = 14; // left of a disk or a certificate: time to do something

function Checks({ checks }: { checks: Check[] }) {
  const worstFirst = ["bad", "warning", "ok"];
  const sorted = [...checks].sort((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state));
  return (
    <Panel title={words.checks} class="wide">
      <Table label={words.checks} head={[words.check, words.state, words.finding, words.help]}>
        {sorted.map((each, i) => (
          <tr key={`${each.name} ${i}`}>
            <th scope="row">{each.name}</th>
            <td><State is={each.state}>{words.checkState[each.state]}</State></td>
            <td>{each.text}</td>
            <td>{each.help}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function DiskDays({ left }: { left: number | null }) {
  if (left === null) return <>{words.notFilling}</>;
  return left < fewDays ? <State is="warning">{words.days(left)}</State> : <>{words.days(left)}</>;
}

function diskRoom({ free_bytes: free, total_bytes: total }: SystemInfo["disk"]): string {
  if (free === null) return texts.format.none;
  return total === null ? formatBytes(free) : words.diskOf(formatBytes(free), formatBytes(total));
}

function ThisNode({ system }: { system: SystemInfo }) {
  const { disk } = system;
  return (
    <Panel title={`${words.node}: ${system.node}`}>
      <Figures>
        <Figure name={words.tier}>{system.tier}</Figure>
        <Figure name={words.version}>{system.version}</Figure>
        <Figure name={words.started}><Moment at={system.started} /></Figure>
        <Figure name={words.uptime}>{formatDuration(system.uptime_s * 1000)}</Figure>
        <Figure name={words.memory}>{formatBytes(system.resident_bytes)}</Figure>
        <Figure name={words.diskFree}>{diskRoom(disk)}</Figure>
        <Figure name={words.diskDays}><DiskDays left={disk.days_left} /></Figure>
      </Figures>
    </Panel>
  );
}

function Nodes({ all }: { all: NodeInfo[] }) {
  return (
    <Panel title={words.nodes}>
      <Table label={words.nodes} head={[texts.common.node, words.tier, words.state, texts.devices.lastSeen,
        numeric(texts.devices.rate), words.version]}>
        {all.map((each) => (
          <tr key={each.node}>
            <th scope="row">{each.node}</th>
            <td>{each.tier ?? texts.format.none}</td>
            <td><State is={each.state === "up" ? "ok" : "bad"}>{words.nodeState[each.state]}</State></td>
            <td>{each.self ? words.self : <Age of={each.last_seen} />}</td>
            <td class="number">{formatRate(each.readings_per_s)}</td>
            <td>{each.version ?? texts.format.none}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function Certificates({ of }: { of: SystemInfo["certificates"] }) {
  return (
    <Panel title={words.certificates}>
      {of.length === 0 ? <Note>{words.noCertificates}</Note> : (
        <Table label={words.certificates} head={[words.usedFor, words.subject, words.ends, words.left]}>
          {of.map((each) => (
            <tr key={each.name}>
              <th scope="row">{each.name}</th>
              <td>{each.subject ?? texts.format.none}</td>
              <td><Moment at={each.not_after} /></td>
              <td><State is={each.days_left < 0 ? "bad" : each.days_left < fewDays ? "warning" : "ok"}>
                {words.days(each.days_left)}</State></td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

function JournalPanel() {
  const { data, error } = useResource<Journal>("/journal");
  return (
    <Panel title={words.journal} class="wide">
      <Trouble error={error} />
      {data && (
        <>
          <Table label={words.journal} head={[words.lane, numeric(words.records), numeric(words.size),
            words.durability, words.whenFull]}>
            {data.lanes.map((each) => (
              <tr key={each.lane}>
                <th scope="row">{each.lane}</th>
                <td class="number">{formatCount(each.records)}</td>
                <td class="number">{words.sizeOf(formatBytes(each.bytes), formatBytes(each.bytes_max))}</td>
                <td>{each.durability}</td>
                <td>{each.when_full}</td>
              </tr>
            ))}
          </Table>
          <Note>{words.commit(formatMilliseconds(data.commit.p50_us / 1000), formatMilliseconds(data.commit.p99_us / 1000))}</Note>
        </>
      )}
    </Panel>
  );
}

const quantity = (n: number, unit: string) => (unit === "bytes" ? formatBytes(n) : `${formatCount(n)} ${unit}`);

function Limits({ all }: { all: Limit[] }) {
  const [showsAll, setShowsAll] = useState(false);
  const share = (limit: Limit) => (limit.used === null || limit.value === 0 ? 0 : limit.used / limit.value);
  const shown = all.filter((each) => showsAll || share(each) > 0.5).sort((a, b) => share(b) - share(a));
  return (
    <Panel title={words.limits} class="wide" aside={
      <button type="button" aria-pressed={showsAll} onClick={() => setShowsAll(!showsAll)}>{words.limitsAll}</button>}>
      {shown.length === 0 ? <Note>{words.limitsNone}</Note> : (
        <Table label={words.limits} head={[words.limit, numeric(words.used), numeric(words.bound), words.what]}>
          {shown.map((each) => (
            <tr key={each.name}>
              <th scope="row"><code>{each.name}</code></th>
              <td class="number">
                {each.used === null ? texts.format.none : share(each) > 0.9
                  ? <State is="warning">{quantity(each.used, each.unit)}</State> : quantity(each.used, each.unit)}
              </td>
              <td class="number">{quantity(each.value, each.unit)}</td>
              <td>{each.text}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

function Audit() {
  const [limit, setLimit] = useState(20);
  const { data, error } = useResource<Page<"entries", AuditEntry>>(`/audit?limit=${limit}`);
  return (
    <Panel title={words.audit} class="wide">
      <Trouble error={error} />
      {data?.entries.length === 0 && <Note>{words.auditEmpty}</Note>}
      {!!data?.entries.length && (
        <Table label={words.audit} head={[texts.topics.at, words.who, words.from, words.what, words.of, words.outcome]}>
          {data.entries.map((each) => (
            <tr key={each.id}>
              <td><Moment at={each.at} /></td>
              <td>{each.who}</td>
              <td>{each.from}</td>
              <td>{each.what}</td>
              <td>{each.of}</td>
              <td>{each.outcome}</td>
            </tr>
          ))}
        </Table>
      )}
      {data?.next && limit < 1000 && (
        <button type="button" onClick={() => setLimit(Math.min(1000, limit * 5))}>{texts.common.more}</button>
      )}
    </Panel>
  );
}

export function System() {
  const { data, error } = useResource<SystemInfo>("/system");
  return (
    <>
      <ViewHead title={words.title} />
      <Trouble error={error} />
      {!data && !error && <Note>{texts.common.loading}</Note>}
      <div class="system">
        {data && <Checks checks={data.checks} />}
        {data && <ThisNode system={data} />}
        <Nodes all={nodes.value} />
        {data && <Certificates of={data.certificates} />}
        <JournalPanel />
        {data && <Limits all={data.limits} />}
        <Quarantine />
        <Audit />
      </div>
    </>
  );
}
