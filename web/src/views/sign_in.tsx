import { useState } from "preact/hooks";
import { Field } from "../components/parts";
import { signInWithPassword } from "../state/session";
import { texts } from "../texts";

export function SignIn({ reason }: { reason: string | null }) {
  const [busy, setBusy] = useState(false);
  const submit = async (form: FormData) => {
    setBusy(true);
    await signInWithPassword(String(form.get("user")), String(form.get("password")));
    setBusy(false);
  };
  return (
    <main class="sign-in">
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
    </main>
  );
}
