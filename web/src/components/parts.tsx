// Small pieces that several views are made of.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { ApiError } from "../api/client";
import { formatAge, formatMoment } from "../format";
import { kiosk } from "../state/preferences";
import { nodes } from "../state/site";
import { seconds } from "../state/values";
import { texts } from "../texts";

export function ViewHead({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="view-head">
      <h1 tabIndex={-1}>{title}</h1>
      {children && !kiosk && <div class="tools">{children}</div>}
    </header>
  );
}

export function Panel({
  title,
  aside,
  children,
  class: name = "",
}: {
  title: ComponentChildren;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  const id = useId();
  return (
    <section class={`panel ${name}`} aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        {aside && <div class="aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

/** A table that scrolls in itself where the screen is narrow. */
export function Table({
  label,
  head,
  children,
  class: name = "",
}: {
  label: string;
  head: (string | { text: string; class: string })[];
  children: ComponentChildren;
  class?: string;
}) {
  return (
    <div class="scrolls" role="group" aria-label={label} tabIndex={0}>
      <table class={name}>
        <thead>
          <tr>
            {head.map((each) => (
              <th scope="col" class={typeof each === "string" ? "" : each.class}>
                {typeof each === "string" ? each : each.text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export const numeric = (text: string) => ({ text, class: "number" });

/** Names and figures in two columns. */
export function Figures({ children }: { children: ComponentChildren }) {
  return <dl class="figures">{children}</dl>;
}

export function Figure({
  name,
  children,
  alert = false,
}: {
  name: string;
  children: ComponentChildren;
  alert?: boolean;
}) {
  return (
    <div class={alert ? "alert" : ""}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Field({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
    </label>
  );
}

export function FilterField({
  value,
  hint,
  onChange,
}: {
  value: string;
  hint: string;
  onChange: (text: string) => void;
}) {
  return (
    <Field label={texts.common.filter}>
      <input
        type="search"
        value={value}
        placeholder={hint}
        autocomplete="off"
        spellcheck={false}
        onInput={(e) => onChange(e.currentTarget.value)}
      />
    </Field>
  );
}

export function NodeChoice({ value, onChange }: { value: string; onChange: (node: string) => void }) {
  if (nodes.value.length < 2) return null;
  return (
    <Field label={texts.common.node}>
      <select value={value} onChange={(e) => onChange(e.currentTarget.value)}>
        <option value="">{texts.common.allNodes}</option>
        {nodes.value.map((each) => (
          <option value={each.node}>{each.node}</option>
        ))}
      </select>
    </Field>
  );
}

/** One of a few choices, all of them seen. */
export function Choice<T extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly { value: T; text: string }[];
  value: T | null;
  onChange: (value: T) => void;
}) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map((each) => (
        <button type="button" aria-pressed={each.value === value} onClick={() => onChange(each.value)}>
          {each.text}
        </button>
      ))}
    </div>
  );
}

export const Note = ({ children }: { children: ComponentChildren }) => <p class="note">{children}</p>;

/** Says that what is shown is not the newest, or that there is nothing yet. */
export function Trouble({ error }: { error: ApiError | undefined }) {
  if (!error) return null;
  return (
    <p class="trouble" role="status">
      {texts.common.failed(error.message)}
    </p>
  );
}

/** The age of a moment, going on by itself. */
export function Age({ of }: { of: string | null }) {
  if (of === null) return <>{texts.format.never}</>;
  return (
    <time dateTime={of} title={formatMoment(of)}>
      {formatAge(seconds.value - Date.parse(of))}
    </time>
  );
}

export function Moment({ at }: { at: string | null }) {
  return at === null ? <>{texts.format.none}</> : <time dateTime={at}>{formatMoment(at)}</time>;
}
