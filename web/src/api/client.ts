import { hearNodeTime } from "../state/clock";
import type { Problem } from "./types";

/** An answer that is not what was asked for; status 0 where there was none. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }
  get status(): number {
    return this.problem.status;
  }
}

let csrf = "";
let sessionEnded: () => void = () => {};

/** The proof that a request comes from this page and not from another site's (the session's cookie alone is none). */
export function useCsrf(token: string): void {
  csrf = token;
}

/** Called when an answer says that there is no session (any more). */
export function onSessionEnd(then: () => void): void {
  sessionEnded = then;
}

async function problemOf(answer: Response): Promise<Problem> {
  const fallback = { type: "about:blank", title: answer.statusText || `HTTP ${answer.status}`, status: answer.status };
  try {
    return { ...fallback, ...((await answer.json()) as Partial<Problem>), status: answer.status };
  } catch {
    return fallback;
  }
}

async function send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-Perigee-Csrf"] = csrf;
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
      cache: "no-cache", // asks again with the ETag
    });
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new ApiError({ type: "about:blank", title: "The node does not answer.", status: 0 });
  }
}

const isOfSession = (path: string) => path === "/session";

/** Asks the API under /api/v1. Throws ApiError; an aborted request throws what fetch throws. */
export async function ask<T>(
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const answer = await send(method, path, body, signal);
  hearNodeTime(answer.headers.get("Date"));
  if (!answer.ok) {
    const problem = await problemOf(answer);
    if (answer.status === 401 && !isOfSession(path)) sessionEnded();
    throw new ApiError(problem);
  }
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask<T>("GET", path, undefined, signal);

type Parameter = string | number | boolean | undefined | null | string[];

/** A path with its query; parameters without a value are left out, lists are repeated. */
export function withQuery(path: string, parameters: Record<string, Parameter>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (Array.isArray(value)) value.forEach((each) => query.append(name, each));
    else if (value !== undefined && value !== null && value !== "") query.append(name, String(value));
  }
  return query.size ? `${path}?${query}` : path;
}

/** All of a list, page by page, up to `max` items. */
export async function getAll<Item>(
  path: string,
  name: string,
  max: number,
  signal?: AbortSignal,
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = [];
  let after: string | null = null;
  do {
    const separator: string = path.includes("?") ? "&" : "?";
    const page: Record<string, unknown> = await get(
      `${path}${separator}limit=1000${after ? `&after=${encodeURIComponent(after)}` : ""}`,
      signal,
    );
    items.push(...(page[name] as Item[]));
    after = (page["next"] as string | null) ?? null;
  } while (after && items.length < max);
  return { items: items.slice(0, max), more: after !== null };
}
