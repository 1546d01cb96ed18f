import type { Journal } from "../api/types";
import { Note, numeric, Panel, Table, Trouble } from "../components/parts";
import { formatBytes, formatCount, formatMilliseconds } from "../format";
import { useResource } from "../state/resource";
import { texts } from "../texts";

const words = texts.system;

export function JournalPanel() {
  const { data, error } = useResource<Journal>("/journal");
  return (
    <Panel title={words.journal} class="wide">
      <Trouble error={error} />
      {data && (
        <>
          <Table
            label={words.journal}
            head={[words.lane, numeric(words.records), numeric(words.size), words.durability, words.whenFull]}
          >
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
          <Note>
            {words.commit(formatMilliseconds(data.commit.p50_us / 1000), formatMilliseconds(data.commit.p99_us / 1000))}
          </Note>
        </>
      )}
    </Panel>
  );
}
