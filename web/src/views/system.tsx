import type { Check, NodeInfo, System as SystemInfo } from "../api/types";
import { State } from "../components/icons";
import { Age, Figure, Figures, Moment, Note, numeric, Panel, Table, Trouble, ViewHead } from "../components/parts";
import { formatBytes, formatDuration, formatRate } from "../format";
import { useResource } from "../state/resource";
import { nodes } from "../state/site";
import { texts } from "../texts";
import { AuditPanel } from "./audit_panel";
import { JournalPanel } from "./journal_panel";
import { LimitsPanel } from "./limits_panel";
import { QuarantinePanel } from "./quarantine_panel";

const words = texts.system;
const fewDays = 14; // left of a disk or a certificate: time to do something

function Checks({ checks }: { checks: Check[] }) {
  const worstFirst = ["bad", "warning", "ok"];
  const sorted = [...checks].sort((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state));
  return (
    <Panel title={words.checks} class="wide">
      <Table label={words.checks} head={[words.check, words.state, words.finding]}>
        {sorted.map((each, i) => (
          <tr key={`${each.name} ${i}`}>
            <th scope="row">{each.name}</th>
            <td>
              <State is={each.state}>{words.checkState[each.state]}</State>
            </td>
            <td>{each.text}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function DiskDays({ left }: { left: number | null }) {
  if (left === null) return <>{texts.format.none}</>;
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
        <Figure name={words.tier}>{system.tier || texts.format.none}</Figure>
        <Figure name={words.version}>{system.version}</Figure>
        <Figure name={words.started}>
          <Moment at={system.started} />
        </Figure>
        <Figure name={words.uptime}>{formatDuration(system.uptime_s * 1000)}</Figure>
        <Figure name={words.memory}>{formatBytes(system.resident_bytes)}</Figure>
        <Figure name={words.diskFree}>{diskRoom(disk)}</Figure>
        <Figure name={words.diskDays}>
          <DiskDays left={disk.days_left} />
        </Figure>
      </Figures>
    </Panel>
  );
}

function Nodes({ all }: { all: NodeInfo[] }) {
  return (
    <Panel title={words.nodes}>
      <Table
        label={words.nodes}
        head={[
          texts.common.node,
          words.tier,
          words.state,
          texts.devices.lastSeen,
          numeric(texts.devices.rate),
          words.version,
        ]}
      >
        {all.map((each) => (
          <tr key={each.node}>
            <th scope="row">{each.node}</th>
            <td>{each.tier || texts.format.none}</td>
            <td>
              <State is={each.state === "up" ? "ok" : "bad"}>{words.nodeState[each.state]}</State>
            </td>
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
      {of.length === 0 ? (
        <Note>{words.noCertificates}</Note>
      ) : (
        <Table label={words.certificates} head={[words.usedFor, words.subject, words.ends, words.left]}>
          {of.map((each) => (
            <tr key={each.name}>
              <th scope="row">{each.name}</th>
              <td>{each.subject ?? texts.format.none}</td>
              <td>
                <Moment at={each.not_after} />
              </td>
              <td>
                <State is={each.days_left < 0 ? "bad" : each.days_left < fewDays ? "warning" : "ok"}>
                  {words.days(each.days_left)}
                </State>
              </td>
            </tr>
          ))}
        </Table>
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
        {data && <LimitsPanel all={data.limits} />}
        <QuarantinePanel />
        <AuditPanel />
      </div>
    </>
  );
}
