import { signal } from "@preact/signals";
import { ApiError, ask, get, onSessionEnd, useCsrf } from "../api/client";
import type { Session } from "../api/types";
import { texts } from "../texts";
import { kiosk } from "./preferences";
import { hrefOf, route } from "./route";

/** Who is at the page. A `viewer` has no session: a kiosk that the node lets look on because of where it stands. The
 * session of one who is `away` has ended: they may come back to what they were at. */
export type Visitor =
  | { state: "unknown" }
  | { state: "signed_out"; reason: string | null }
  | { state: "viewer" }
  | { state: "signed_in"; session: Session }
  | { state: "away"; session: Session; reason: string };

export const visitor = signal<Visitor>({ state: "unknown" });

const signedIn = (session: Session): void => {
  useCsrf(session.csrf);
  visitor.value = { state: "signed_in", session };
};

/** Why the node does not let somebody in, in words of the catalogue where it has them. */
function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return texts.signIn.failed;
  if (error.problem.type.endsWith("/token-used")) return texts.signIn.tokenUsed;
  if (error.problem.type.endsWith("/wrong-password")) return texts.signIn.wrongPassword;
  return error.message;
}

async function signInWith(proof: { token: string } | { user: string; password: string }): Promise<void> {
  try {
    signedIn(await ask<Session>("POST", "/session", proof));
  } catch (e) {
    refuse(reasonOf(e));
  }
}

function refuse(reason: string | null): void {
  const who = visitor.value;
  visitor.value =
    who.state === "away" ? { ...who, reason: reason ?? texts.signIn.ended } : { state: "signed_out", reason };
}

export const signInWithPassword = (user: string, password: string): Promise<void> => signInWith({ user, password });

export async function signOut(): Promise<void> {
  await ask("DELETE", "/session").catch(() => {}); // what is not known any more is signed out too
  visitor.value = { state: "signed_out", reason: null };
}

/** The one-time token of the address, taken out of it: nobody who looks over a shoulder or at the history finds it. The
 * page stays where it was. */
function takeToken(): string | null {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (!token) return null;
  const { view, query } = route.value;
  history.replaceState(null, "", location.pathname + location.search + hrefOf(view, query));
  return decodeURIComponent(token);
}

async function mayLookOn(): Promise<boolean> {
  if (!kiosk) return false;
  return get("/nodes").then(
    () => true,
    () => false,
  );
}

/** Finds out who is at the page: by the token in the address, else by the cookie. */
export async function recognise(): Promise<void> {
  const token = takeToken();
  if (token) return signInWith({ token });
  try {
    signedIn(await get<Session>("/session"));
  } catch (e) {
    if (await mayLookOn()) visitor.value = { state: "viewer" };
    else refuse(e instanceof ApiError && e.status !== 401 ? reasonOf(e) : null);
  }
}

function endSession(): void {
  const who = visitor.value;
  if (who.state === "signed_in") visitor.value = { state: "away", session: who.session, reason: texts.signIn.ended };
}

/** From now on an answer without a session leads to the sign-in; what was shown stays behind it. */
export function followSession(): void {
  onSessionEnd(endSession);
  addEventListener("hashchange", () => {
    if (location.hash.startsWith("#token=")) void recognise();
  });
}

/** Asks whether the session goes on. On the node's own machine everything else is answered without one. */
export async function checkSession(): Promise<void> {
  if (visitor.value.state !== "signed_in") return;
  await get<Session>("/session").catch((e: unknown) => {
    if (e instanceof ApiError && e.status === 401) endSession();
  });
}

/** Whether the one at the page may change anything. What one who is away was about to do stays there for them. */
export const mayAct = (): boolean => ["signed_in", "away"].includes(visitor.value.state) && !kiosk;
