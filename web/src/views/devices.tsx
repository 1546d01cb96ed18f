import { useState } from "preact/hooks";
import type { Device, Page } from "../api/types";
import { State } from "../components/icons";
import { Age, FilterField, NodeChoice, Note, numeric, Table, Trouble, ViewHead } from "../components/parts";
import { formatCount, formatRate } from "../format";
import { useResource } from "../state/resource";
import { hrefOf } from "../state/route";
import { texts } from "../texts";
import { TopicPanel } from "./topic_panel";

const words = texts.devices;

function Session({ device }: { device: Device }) {
  const session = device.session;
  if (!session) return <td>{words.noSession}</td>;
  return (
    <td>
      <State is={session.connected ? "ok" : "warning"}>
        {session.connected ? words.connected : words.notConnected}
      </State>
      <div class="note">{[session.client_id, session.address].filter(Boolean).join(", ")}</div>
    </td>
  );
}

function DeviceRow({ device }: { device: Device }) {
  return (
    <tr>
      <th scope="row">
        <a href={hrefOf("now", { q: device.device, node: device.node })} aria-label={words.values(device.device)}>
          {device.device}
        </a>
      </th>
      <td>{device.node}</td>
      <td>
        <Age of={device.last_seen} />
      </td>
      <td class="number">{device.readings_per_s > 0 ? formatRate(device.readings_per_s) : words.silent}</td>
      <td class="number">{formatCount(device.metrics)}</td>
      <td>{device.firmware ?? texts.format.none}</td>
      <Session device={device} />
    </tr>
  );
}

export function Devices() {
  const [text, setText] = useState("");
  const [node, setNode] = useState("");
  const [limit, setLimit] = useState(200);
  const query = new URLSearchParams({ limit: String(limit), ...(node && { node }) });
  const { data, error } = useResource<Page<"devices", Device>>(`/devices?${query}`);
  const fits = (device: Device) => `${device.device} ${device.node}`.toLowerCase().includes(text.toLowerCase());
  const devices = data?.devices.filter(fits) ?? [];
  return (
    <>
      <ViewHead title={words.title}>
        <FilterField value={text} hint={words.filterHint} onChange={setText} />
        <NodeChoice value={node} onChange={setNode} />
      </ViewHead>
      <Trouble error={error} />
      {devices.length === 0 ? (
        <Note>{!data ? texts.common.loading : data.devices.length ? texts.now.nothingFound : words.empty}</Note>
      ) : (
        <Table
          label={words.title}
          head={[
            words.device,
            texts.common.node,
            words.lastSeen,
            numeric(words.rate),
            numeric(words.metrics),
            words.firmware,
            words.session,
          ]}
        >
          {devices.map((each) => (
            <DeviceRow key={`${each.node}/${each.device}`} device={each} />
          ))}
        </Table>
      )}
      {data?.next && limit < 1000 && (
        <button type="button" onClick={() => setLimit(1000)}>
          {texts.common.more}
        </button>
      )}
      <TopicPanel />
    </>
  );
}
