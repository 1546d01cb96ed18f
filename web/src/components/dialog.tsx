import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { texts } from "../texts";

/** A question in the middle of the screen. The browser keeps the focus in it, and Escape closes it. */
export function Dialog({
  title,
  submit,
  onSubmit,
  onClose,
  children,
}: {
  title: string;
  submit: string;
  onSubmit: (form: FormData) => Promise<void>;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await onSubmit(new FormData(event.currentTarget as HTMLFormElement));
      dialog.current?.close();
    } catch (e) {
      setTrouble((e as Error).message);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <form onSubmit={(e) => void send(e as unknown as SubmitEvent)}>
        <h2 id={id}>{title}</h2>
        {children}
        {trouble && (
          <p class="trouble" role="alert">
            {trouble}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            {texts.common.cancel}
          </button>
          <button type="submit" class="primary">
            {submit}
          </button>
        </div>
      </form>
    </dialog>
  );
}
