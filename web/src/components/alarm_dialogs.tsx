import type { Alarm, AlarmGroup } from "../api/types";
import { formatDuration, formatMoment } from "../format";
import { act, actOnGroup, type DeedDetails } from "../state/alarms";
import { texts } from "../texts";
import { sourceOf } from "./alarm_row";
import { Dialog } from "./dialog";
import { Field } from "./parts";

/** What an operator is about to do, by the verb of the API, with which alarm. */
export type AlarmDeed = { what: string; alarm: Alarm };

const words = texts.alarms;
const commentMax = 512;
const shelveChoices = [15 * 60, 30 * 60, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 24 * 3600];

export const verbText = (verb: string): string => words.verb[verb] ?? verb;

const textOf = (form: FormData, name: string): string => String(form.get(name) ?? "").trim();

/** How long an alarm is to be out of sight: never for longer than its design allows. */
function ShelveFields({ alarm }: { alarm: Alarm }) {
  const longest = alarm.shelve_max_s ?? 0;
  const choices = shelveChoices.filter((s) => s < longest);
  return (
    <>
      <Field label={words.shelveFor}>
        <select name="for">
          {choices.map((s) => (
            <option value={`${s}s`}>{formatDuration(s * 1000)}</option>
          ))}
          <option value="">{`${words.whole}: ${formatDuration(longest * 1000)}`}</option>
        </select>
      </Field>
      <label class="check">
        <input type="checkbox" name="once" />
        <span>{words.shelveOnce}</span>
      </label>
    </>
  );
}

function CommentField({ required = false }: { required?: boolean }) {
  return (
    <Field label={words.comment}>
      <textarea
        name="comment"
        rows={3}
        maxLength={commentMax}
        placeholder={words.commentHint}
        required={required}
        autofocus
      />
    </Field>
  );
}

export function AlarmDialog({ deed, onClose }: { deed: AlarmDeed; onClose: () => void }) {
  const { what, alarm } = deed;
  const submit = (form: FormData) => {
    const details: DeedDetails = { comment: textOf(form, "comment") };
    if (what === "shelve" && textOf(form, "for")) details.for = textOf(form, "for");
    if (what === "shelve" && form.has("once")) details.until = "over";
    return act(alarm, what, details);
  };
  return (
    <Dialog
      title={words.deedTitle(verbText(what), alarm.name)}
      submit={verbText(what)}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>{alarm.message}</p>
      <p class="note">{`${sourceOf(alarm)}, ${formatMoment(alarm.raised)}`}</p>
      {what === "clear" && <p>{words.clearWarning}</p>}
      {what === "shelve" && <ShelveFields alarm={alarm} />}
      <CommentField required={what === "comment"} />
    </Dialog>
  );
}

export function GroupDialog({ group, onClose }: { group: AlarmGroup; onClose: () => void }) {
  const verb = group.suppressed ? "unsuppress" : "suppress";
  return (
    <Dialog
      title={group.suppressed ? words.unsuppressGroup(group.group) : words.suppressGroup(group.group)}
      submit={verbText(verb)}
      onSubmit={(form) => actOnGroup(group.node, group.group, verb, textOf(form, "comment"))}
      onClose={onClose}
    >
      <p class="note">{`${group.node}, ${words.members(group.standing, group.members)}`}</p>
      <CommentField />
    </Dialog>
  );
}
