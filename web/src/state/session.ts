import { signal } from "@preact/signals";
import { ApiError, ask, get, onSessionEnd, useCsrf } from "../api/client";
import type { Session } from "../api/types";
import { texts } from "../texts";
import { kiosk } from "./preferences";
import { hrefOf, route } from "./route";

/** Who is at the page. A `viewer` has no session: a kiosk that the node lets look on because of where it stands. One who
 * is `invited` came by a link and is to choose a password. The session of one who is `away` has ended: they may come back
 * to what they were at. */
export type Visitor =
  | { state: "unknown" }
  | { state: "signed_out"; reason: string | null }
  | { state: "viewer" }
  | { state: "invited"; token: string; user: string; reason: string | null }
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
    const user = "token" in proof ? invitedBy(e) : null;
    if (user && "token" in proof) visitor.value = { state: "invited", token: proof.token, user, reason: null };
    else refuse(reasonOf(e));
  }
}

/** Whom a link is for that waits for a password; null where the answer is another. */
function invitedBy(error: unknown): string | null {
  const waits = error instanceof ApiError && error.problem.type.endsWith("/choose-password");
  return waits ? (error.problem.user ?? null) : null;
}

/** The password of one who is invited. Why another is wanted, the node says; the link stays good then. */
export async function choosePassword(password: string): Promise<void> {
  const who = visitor.value;
  if (who.state !== "invited") return;
  try {
    signedIn(await ask<Session>("POST", "/session", { token: who.token, password }));
  } catch (e) {
    const isUsed = e instanceof ApiError && e.status === 401;
    if (isUsed) refuse(reasonOf(e));
    else visitor.value = { ...who, reason: texts.choose.refused(reasonOf(e)) };
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
  try {
    const session = await get<Session>("/session");
    const who = visitor.value;
    if (who.state === "signed_in" && who.session.role !== session.role) signedIn(session);
  } catch (e) {
    if (e instanceof ApiError && e.status === 401) endSession();
  }
}

/** Whether the one at the page may change anything, which takes an operator. What one who is away was about to do stays
 * there for them. */
export function mayAct(): boolean {
  const who = visitor.value;
  return "session" in who && who.session.role !== "viewer" && !kiosk;
}
