import { useState } from "preact/hooks";
import type { Limit } from "../api/types";
import { State } from "../components/icons";
import { Note, numeric, Panel, Table } from "../components/parts";
import { formatBytes, formatCount } from "../format";
import { texts } from "../texts";

const words = texts.system;

const quantity = (n: number, unit: string) => (unit === "bytes" ? formatBytes(n) : `${formatCount(n)} ${unit}`);

/** Bounds of the node: those that are nearly reached come first. */
export function LimitsPanel({ all }: { all: Limit[] }) {
  const [showsAll, setShowsAll] = useState(false);
  const share = (limit: Limit) => (limit.used === null || limit.value === 0 ? 0 : limit.used / limit.value);
  const shown = all.filter((each) => showsAll || share(each) > 0.5).sort((a, b) => share(b) - share(a));
  return (
    <Panel
      title={words.limits}
      class="wide"
      aside={
        <button type="button" aria-pressed={showsAll} onClick={() => setShowsAll(!showsAll)}>
          {words.limitsAll}
        </button>
      }
    >
      {shown.length === 0 ? (
        <Note>{words.limitsNone}</Note>
      ) : (
        <Table label={words.limits} head={[words.limit, numeric(words.used), numeric(words.bound), words.what]}>
          {shown.map((each) => (
            <tr key={each.name}>
              <th scope="row">
                <code>{each.name}</code>
              </th>
              <td class="number">
                {each.used === null ? (
                  texts.format.none
                ) : share(each) > 0.9 ? (
                  <State is="warning">{quantity(each.used, each.unit)}</State>
                ) : (
                  quantity(each.used, each.unit)
                )}
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
