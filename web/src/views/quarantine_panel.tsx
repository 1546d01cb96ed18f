import type { SetAside } from "../api/types";
import { Moment, Note, Panel, Table, Trouble } from "../components/parts";
import { useResource } from "../state/resource";
import { texts } from "../texts";

const words = texts.system;

/** Records that a reader could not handle. They are tried again or dropped with `perigee quarantine`. */
export function QuarantinePanel() {
  const { data, error } = useResource<{ records: SetAside[]; left_out: number }>("/quarantine");
  return (
    <Panel title={words.quarantine} class="wide">
      <Trouble error={error} />
      {data?.records.length === 0 && <Note>{words.quarantineEmpty}</Note>}
      {!!data?.records.length && (
        <Table
          label={words.quarantine}
          head={["#", words.setAside, words.topic, words.reason, words.reader, texts.common.node]}
        >
          {data.records.map((each) => (
            <tr key={each.number}>
              <td class="number">{each.number}</td>
              <td>
                <Moment at={each.set_aside} />
              </td>
              <td>
                <code>{each.topic}</code>
              </td>
              <td>{each.reason}</td>
              <td>{each.reader}</td>
              <td>{each.node}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}
