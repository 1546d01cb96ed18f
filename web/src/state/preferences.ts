import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const themes: Theme[] = ["system", "light", "dark"];
const stored = "perigee.theme";

/** No storage (a locked-down browser) means: not remembered. */
function remembered(): Theme {
  try {
    return themes.find((each) => each === localStorage.getItem(stored)) ?? "system";
  } catch {
    return "system";
  }
}

export const theme = signal<Theme>(remembered());
/** What is on the screen: charts are drawn anew when it changes. */
export const shownTheme = signal<"light" | "dark">("light");

/** A screen on a wall: nothing to click, figures to be read from two metres. `?kiosk` in the address. */
export const kiosk = new URLSearchParams(globalThis.location?.search ?? "").has("kiosk");

export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!;
  try {
    localStorage.setItem(stored, theme.value);
  } catch {
    // not remembered, then
  }
}

export function applyPreferences(): void {
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const apply = () => {
    const isDark = theme.value === "dark" || (theme.value === "system" && prefersDark.matches);
    root.dataset["theme"] = shownTheme.value = isDark ? "dark" : "light";
  };
  prefersDark.addEventListener("change", apply);
  effect(apply);
  root.classList.toggle("kiosk", kiosk);
}
