import { useEffect, useRef, useState } from "preact/hooks";
import { Field } from "../components/parts";
import { signInWithPassword } from "../state/session";
import { texts } from "../texts";

function SignInForm({ reason }: { reason: string | null }) {
  const [busy, setBusy] = useState(false);
  const submit = async (form: FormData) => {
    setBusy(true);
    await signInWithPassword(String(form.get("user")), String(form.get("password")));
    setBusy(false);
  };
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void submit(new FormData(e.currentTarget));
      }}
    >
      <h1>{`${texts.product}: ${texts.signIn.title}`}</h1>
      {reason && (
        <p class="trouble" role="alert">
          {reason}
        </p>
      )}
      <Field label={texts.signIn.user}>
        <input name="user" autocomplete="username" autocapitalize="none" required />
      </Field>
      <Field label={texts.signIn.password}>
        <input name="password" type="password" autocomplete="current-password" required />
      </Field>
      <button type="submit" class="primary" disabled={busy}>
        {texts.signIn.submit}
      </button>
      <p class="note">
        {texts.signIn.link} <code>{texts.signIn.linkCommand}</code>
      </p>
    </form>
  );
}

export function SignIn({ reason }: { reason: string | null }) {
  return (
    <main class="sign-in">
      <SignInForm reason={reason} />
    </main>
  );
}

/** Before the page of somebody whose session has ended. It hides the page, and what they were typing stays in it. */
export function SignInAgain({ reason }: { reason: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const show = () => dialog.current?.showModal();
  useEffect(() => {
    const shown = dialog.current!;
    show();
    return () => shown.close(); // the focus goes back to where it was
  }, []);
  return (
    <dialog ref={dialog} class="sign-in again" aria-label={texts.signIn.title} onClose={show}>
      <SignInForm reason={reason} />
    </dialog>
  );
}
