import type { ComponentChildren } from "preact";
import { LeaveIcon, SeverityMark, ThemeIcon, ViewIcon } from "./components/icons";
import { formatClock, formatDate, formatMoment } from "./format";
import { alarmKpi, needsAcknowledgement, urgentFirst } from "./state/alarms";
import { kiosk, nextTheme, theme } from "./state/preferences";
import { hrefOf, route, viewNames } from "./state/route";
import { signOut, visitor } from "./state/session";
import { connection, nodes } from "./state/site";
import { seconds } from "./state/values";
import { texts } from "./texts";
import type { Severity } from "./api/types";

/** How many alarms of each severity stand: on every view, so that none is missed while looking at another. */
function AlarmSummary() {
  const all = urgentFirst.value;
  const fresh = all.filter(needsAcknowledgement).length;
  const label = all.length ? texts.shell.alarmsStanding(all.length, fresh) : texts.shell.noAlarms;
  return (
    <a class="alarm-summary" href={hrefOf("alarms")} title={label}>
      <span class="hidden">{label}: </span>
      {([1, 2, 3, 4] as Severity[]).map((severity) => {
        const those = all.filter((alarm) => alarm.severity === severity);
        return (
          <span class={those.length ? "count" : "count none"}>
            <SeverityMark severity={severity} isNew={those.some(needsAcknowledgement)} />
            {those.length}
          </span>
        );
      })}
    </a>
  );
}

/** More alarms than a person can handle (ISA-18.2 16.6): said on every view. */
function FloodBanner() {
  const rate = alarmKpi.value;
  if (!rate?.flood || !rate.flood_since) return null;
  return (
    <p class="banner flood" role="alert">
      {texts.alarms.flood(rate.last_10_minutes, formatMoment(rate.flood_since))}
    </p>
  );
}

function ConnectionState() {
  const state = connection.value.state;
  return (
    <span class={`connection connection-${state}`} role="status">
      {texts.shell[state]}
    </span>
  );
}

function Clock() {
  const now = new Date(seconds.value);
  return (
    <time class="clock">
      <span class="date">{formatDate(now)}</span> {formatClock(now)}
    </time>
  );
}

function Head() {
  const self = nodes.value.find((each) => each.self);
  const who = visitor.value;
  return (
    <header class="head">
      <span class="site">
        <strong>{self?.node ?? texts.product}</strong>
        {self && <span class="tier">{self.tier}</span>}
      </span>
      <AlarmSummary />
      <ConnectionState />
      {who.state === "viewer" && <span class="note">{texts.shell.viewer}</span>}
      {who.state === "signed_in" && !kiosk && (
        <span class="who">
          <span class="hidden">{texts.shell.signedInAs(who.session.user, who.session.role)}</span>
          <span aria-hidden="true">
            <span class="name">{who.session.user}</span> <span class="role">{who.session.role}</span>
          </span>
        </span>
      )}
      <Clock />
      {!kiosk && (
        <span class="controls">
          <button
            type="button"
            class="quiet"
            onClick={nextTheme}
            title={texts.shell.theme[theme.value]}
            aria-label={texts.shell.theme[theme.value]}
          >
            <ThemeIcon />
          </button>
          {who.state === "signed_in" && (
            <button
              type="button"
              class="quiet"
              onClick={() => void signOut()}
              aria-label={texts.shell.signOut}
              title={`${texts.shell.signedInAs(who.session.user, who.session.role)}. ${texts.shell.signOut}`}
            >
              <LeaveIcon />
            </button>
          )}
        </span>
      )}
    </header>
  );
}

function Navigation() {
  return (
    <nav class="navigation" aria-label={texts.shell.navigation}>
      {viewNames.map((view) => (
        <a href={hrefOf(view)} aria-current={route.value.view === view ? "page" : undefined}>
          <ViewIcon view={view} />
          {texts.views[view]}
        </a>
      ))}
    </nav>
  );
}

/** What is around every view: where one is, how the site is, whether the node is heard. */
export function Shell({ children }: { children: ComponentChildren }) {
  const state = connection.value;
  return (
    <div class={`shell${state.state === "lost" ? " is-lost" : ""}`}>
      <a
        class="skip"
        href="#content"
        onClick={(e) => {
          e.preventDefault(); // the address holds the view
          document.getElementById("content")?.focus();
        }}
      >
        {texts.shell.skip}
      </a>
      <Head />
      {!kiosk && <Navigation />}
      <main id="content" tabIndex={-1}>
        {state.state === "lost" && (
          <p class="banner" role="alert">
            {texts.shell.lostBanner(formatMoment(state.since))}
          </p>
        )}
        <FloodBanner />
        {children}
      </main>
    </div>
  );
}
