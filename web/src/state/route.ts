import { signal } from "@preact/signals";

export const viewNames = ["now", "trends", "alarms", "links", "devices", "rules", "system"] as const;
export type ViewName = (typeof viewNames)[number];

/** Where the page is: `#/trends?m=...`. */
export interface Route {
  view: ViewName;
  query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const view = viewNames.find((each) => each === path) ?? "now";
  return { view, query: new URLSearchParams(query) };
}

export function hrefOf(view: ViewName, query?: URLSearchParams | Record<string, string>): string {
  const text = new URLSearchParams(query).toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

export const route = signal<Route>(parseRoute(""));

/** Follows the address bar from now on. */
export function followRoute(): void {
  const read = () => (route.value = parseRoute(location.hash));
  addEventListener("hashchange", read);
  read();
}

/** Changes the query of the view that is shown, without a step in the browser's history. */
export function replaceQuery(query: URLSearchParams): void {
  history.replaceState(null, "", location.pathname + location.search + hrefOf(route.value.view, query));
  route.value = { view: route.value.view, query };
}
