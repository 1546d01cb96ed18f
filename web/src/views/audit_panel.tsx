import { useState } from "preact/hooks";
import type { AuditEntry, Page } from "../api/types";
import { Moment, Note, Panel, Table, Trouble } from "../components/parts";
import { useResource } from "../state/resource";
import { texts } from "../texts";

const words = texts.system;

/** Who changed what, the newest first. */
export function AuditPanel() {
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
              <td>
                <Moment at={each.at} />
              </td>
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
        <button type="button" onClick={() => setLimit(Math.min(1000, limit * 5))}>
          {texts.common.more}
        </button>
      )}
    </Panel>
  );
}
