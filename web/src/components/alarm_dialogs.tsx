import type { Alarm } from "../api/types";
import { formatMoment } from "../format";
import { acknowledge, clear } from "../state/alarms";
import { texts } from "../texts";
import { sourceOf } from "./alarm_row";
import { Dialog } from "./dialog";
import { Field } from "./parts";

/** What an operator is about to do with which alarm. */
export type AlarmDeed = { what: "acknowledge" | "clear"; alarm: Alarm };

export function AlarmDialog({ deed, onClose }: { deed: AlarmDeed; onClose: () => void }) {
  const { what, alarm } = deed;
  const isAcknowledgement = what === "acknowledge";
  const act = (form: FormData) =>
    isAcknowledgement ? acknowledge(alarm.id, String(form.get("comment") ?? "").trim()) : clear(alarm.id);
  return (
    <Dialog
      title={isAcknowledgement ? texts.alarms.acknowledgeTitle(alarm.name) : texts.alarms.clearTitle(alarm.name)}
      submit={isAcknowledgement ? texts.alarms.acknowledge : texts.alarms.clear}
      onSubmit={act}
      onClose={onClose}
    >
      <p>{alarm.message}</p>
      <p class="note">{`${sourceOf(alarm)}, ${formatMoment(alarm.raised)}`}</p>
      {isAcknowledgement ? (
        <Field label={texts.alarms.comment}>
          <textarea name="comment" rows={3} maxLength={512} placeholder={texts.alarms.commentHint} autofocus />
        </Field>
      ) : (
        <p>{texts.alarms.clearWarning}</p>
      )}
    </Dialog>
  );
}
