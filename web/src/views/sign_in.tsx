import { useEffect, useRef, useState } from "preact/hooks";
import { Field } from "../components/parts";
import { choosePassword, signInWithPassword } from "../state/session";
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

/** For whoever came by a link: a first password, or another in place of a forgotten one. */
export function ChoosePassword({ user, reason }: { user: string; reason: string | null }) {
  const [busy, setBusy] = useState(false);
  const [differ, setDiffer] = useState(false);
  const submit = async (form: FormData) => {
    const chosen = String(form.get("password"));
    setDiffer(chosen !== form.get("again"));
    if (chosen !== form.get("again")) return;
    setBusy(true);
    await choosePassword(chosen);
    setBusy(false);
  };
  const trouble = differ ? texts.choose.differ : reason;
  return (
    <main class="sign-in">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void submit(new FormData(e.currentTarget));
        }}
      >
        <h1>{`${texts.product}: ${texts.choose.title}`}</h1>
        {trouble && (
          <p class="trouble" role="alert">
            {trouble}
          </p>
        )}
        <Field label={texts.signIn.user}>
          <input name="user" autocomplete="username" value={user} readOnly />
        </Field>
        <Field label={texts.choose.password}>
          <input name="password" type="password" autocomplete="new-password" required />
        </Field>
        <Field label={texts.choose.again}>
          <input name="again" type="password" autocomplete="new-password" required />
        </Field>
        <p class="note">{texts.choose.rule}</p>
        <button type="submit" class="primary" disabled={busy}>
          {texts.choose.submit}
        </button>
      </form>
    </main>
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
