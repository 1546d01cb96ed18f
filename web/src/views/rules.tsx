import type { Page, Rule } from "../api/types";
import { State } from "../components/icons";
import { Figure, Figures, Moment, Note, Panel, Trouble, ViewHead } from "../components/parts";
import { formatCount } from "../format";
import { useResource } from "../state/resource";
import { texts } from "../texts";

const words = texts.rules;

function LastOutput({ of }: { of: Rule["last_output"] }) {
  if (!of) return <>{words.none}</>;
  return (
    <>
      <Moment at={of.at} /> <code>{of.topic}</code>
      <pre>{of.payload}</pre>
    </>
  );
}

function RulePanel({ rule }: { rule: Rule }) {
  const hasFailed = rule.state === "failed";
  return (
    <Panel
      title={rule.name}
      class="rule"
      aside={<State is={hasFailed ? "bad" : "ok"}>{hasFailed ? words.failed : words.running}</State>}
    >
      {rule.file && <p class="note">{rule.file}</p>}
      <Figures>
        <Figure name={words.evaluated}>{formatCount(rule.evaluated)}</Figure>
        <Figure name={words.matched}>{formatCount(rule.matched)}</Figure>
        <Figure name={words.actions}>{formatCount(rule.actions)}</Figure>
        <Figure name={words.errors} alert={rule.errors > 0}>
          {formatCount(rule.errors)}
        </Figure>
      </Figures>
      <dl class="lines">
        <dt>{words.lastOutput}</dt>
        <dd>
          <LastOutput of={rule.last_output} />
        </dd>
        <dt>{words.lastError}</dt>
        <dd>
          {rule.last_error ? (
            <>
              <Moment at={rule.last_error.at} />
              <pre>{rule.last_error.text}</pre>
            </>
          ) : (
            words.none
          )}
        </dd>
      </dl>
    </Panel>
  );
}

export function Rules() {
  const { data, error } = useResource<Page<"rules", Rule>>("/rules", 2_000);
  // A failed rule is what one looks for here.
  const rules = [...(data?.rules ?? [])].sort(
    (a, b) => Number(b.state === "failed") - Number(a.state === "failed") || a.name.localeCompare(b.name),
  );
  return (
    <>
      <ViewHead title={words.title} />
      <Trouble error={error} />
      {rules.length === 0 && <Note>{data ? words.empty : texts.common.loading}</Note>}
      <div class="rules">
        {rules.map((each) => (
          <RulePanel key={each.name} rule={each} />
        ))}
      </div>
    </>
  );
}
