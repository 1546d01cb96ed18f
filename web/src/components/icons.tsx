import type { ComponentChildren } from "preact";
import type { Severity } from "../api/types";
import type { ViewName } from "../state/route";
import { texts } from "../texts";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

const shapes: Record<ViewName, string> = {
  now: "M4 5h7v6H4z M13 5h7v3h-7z M13 10h7v9h-7z M4 13h7v6H4z",
  trends: "M4 4v16h16 M7 15l4-5 3 3 5-7",
  alarms: "M6 17V11a6 6 0 0 1 12 0v6 M4 17h16 M10 20h4",
  links: "M5 12h14 M15 8l4 4-4 4 M5 7v10",
  devices: "M5 6h14v9H5z M9 19h6 M12 15v4",
  rules: "M5 6h6 M5 12h10 M5 18h6 M15 6l4 0 M19 12v6h-4",
  system: "M4 7h16 M4 12h16 M4 17h16 M8 5v4 M15 10v4 M10 15v4",
};

export const ViewIcon = ({ view }: { view: ViewName }) => (
  <Icon>
    <path d={shapes[view]} />
  </Icon>
);

export const ThemeIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8" />
    <path class="filled" d="M12 4a8 8 0 0 1 0 16z" />
  </Icon>
);

export const LeaveIcon = () => (
  <Icon>
    <path d="M13 5H6v14h7 M11 12h9 M17 9l3 3-3 3" />
  </Icon>
);

// ISA-101 and ISA-18.2 practice: each severity has its own shape, figure and colour, so that none has to carry it alone.
const severityShapes: Record<Severity, string> = {
  1: "M2 2h20v20H2z",
  2: "M12 1l11 21H1z",
  3: "M1 2h22L12 23z",
  4: "M12 1a11 11 0 1 0 .01 0z",
};
const figureHeights: Record<Severity, number> = { 1: 17, 2: 19, 3: 14.5, 4: 17 };

/** The mark of an alarm: filled while nobody has acknowledged it, an outline from then on. */
export function SeverityMark({ severity, isNew }: { severity: Severity; isNew: boolean }) {
  return (
    <svg
      class={`severity severity-${severity}${isNew ? " new" : ""}`}
      viewBox="0 0 24 24"
      role="img"
      aria-label={texts.severity[severity]}
    >
      <path d={severityShapes[severity]} />
      <text x="12" y={figureHeights[severity]} text-anchor="middle">
        {severity}
      </text>
    </svg>
  );
}

export type Condition = "ok" | "note" | "warning" | "bad";
const conditionShapes: Record<Condition, string> = {
  ok: "M5 12.5l4.5 4.5L19 7.5",
  note: "M12 5v9 M12 18v1",
  warning: "M12 3l10 18H2z M12 9v6 M12 17.5v1",
  bad: "M4 4h16v16H4z M8.5 8.5l7 7 M15.5 8.5l-7 7",
};

/** A state in words, with a sign before it where it is not as it should be. */
export function State({ is, children }: { is: Condition; children: ComponentChildren }) {
  return (
    <span class={`state state-${is}`}>
      <Icon>
        <path d={conditionShapes[is]} />
      </Icon>
      {children}
    </span>
  );
}
