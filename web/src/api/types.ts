// What the node's API answers: one place for its shapes. tests/browser compares them with /api/v1/openapi.json.
// Times are ISO 8601 in UTC, except in series, where they are milliseconds since the epoch.

export type Quality = "good" | "uncertain" | "bad";
export type Value = number | boolean | string;

export type Role = "viewer" | "operator" | "admin";

export interface Session {
  user: string;
  role: Role;
  expires: string;
  csrf: string;
}

export interface NodeInfo {
  node: string;
  self: boolean;
  tier: string | null; // null: this node does not know it of a child
  version: string | null;
  state: "up" | "away";
  last_seen: string | null;
  readings_per_s: number;
}

export interface Device {
  node: string;
  device: string;
  last_seen: string | null;
  readings_per_s: number;
  metrics: number;
  firmware: string | null;
  session: { client_id: string; connected: boolean; address: string | null } | null;
}

/** What names one series of readings. */
export interface MetricName {
  node: string;
  device: string;
  metric: string;
}

export interface Metric extends MetricName {
  unit: string | null;
  last: string | null;
}

export interface Latest extends MetricName {
  unit: string | null;
  time: string | null;
  value: Value;
  quality: Quality;
  stale: boolean;
}

/** A value as the live stream brings it. */
export interface LiveValue extends MetricName {
  unit: string | null;
  time_ms: number;
  value: Value;
  quality: Quality;
}

export interface Gap {
  from: number;
  to: number;
  readings: number;
  reason: string;
}

export interface History extends MetricName {
  unit: string | null;
  from: number;
  to: number;
  step_ms: number | null; // null: readings as they came
  columns: string[];
  rows: (number | null)[][];
  gaps: Gap[];
}

/** 1 is the worst. */
export type Severity = 1 | 2 | 3 | 4;

/** What a person did about an alarm. */
export interface AlarmDeed {
  by: string;
  at: string;
  comment: string;
}

export interface AlarmShelving extends AlarmDeed {
  until: string;
  one_shot: boolean;
}

export interface Alarm {
  id: string;
  name: string;
  key: string;
  node: string;
  device: string | null;
  severity: Severity;
  // Of ISA-18.2; one that this page does not know is shown by its name.
  state: string;
  isa_state: string;
  standing: boolean; // it wants to be looked at
  active: boolean;
  acked: boolean;
  suppressed_by_group: boolean;
  raised: string;
  cleared: string | null;
  cleared_by: string | null;
  acknowledged: AlarmDeed | null;
  confirmation: AlarmDeed | null;
  reset: AlarmDeed | null;
  shelved: AlarmShelving | null;
  suppressed: AlarmDeed | null;
  out_of_service: AlarmDeed | null;
  comment: AlarmDeed | null;
  group: string | null;
  first_out: boolean;
  chattering: boolean;
  shelve_max_s: number | null;
  message: string;
  value: number | null;
  may: string[]; // what may be done about it now
}

export interface AlarmHistoryLine {
  at: string;
  what: string;
  by: string | null;
  comment: string | null;
  severity: Severity;
  told_by: string;
  until: string | null;
  message: string;
}

export interface AlarmGroup {
  node: string;
  group: string;
  members: number;
  standing: number;
  suppressed: boolean;
  first_out: string | null;
}

export interface AlarmKpi {
  flood: boolean;
  flood_since: string | null;
  last_10_minutes: number;
  peak_10_minutes: number;
  last_24_hours: number;
  standing: number;
  unacknowledged: number;
  stale: number;
  shelved: number;
  suppressed: number;
  out_of_service: number;
  chattering: string[];
  bad_actors: AlarmCount[];
}

export interface AlarmCount {
  id: string;
  name: string;
  key: string;
  node: string;
  annunciated: number;
}

/** Where MQTT clients connect to this node. */
export interface Listener {
  transport: string;
  address: string;
  port: number;
}

export interface Link {
  name: string;
  peer: string;
  connected: boolean;
  connected_since: string | null;
  sequence: number;
  rtt_ms: number;
  records_waiting: number;
  bytes_waiting: number;
  oldest_age_ms: number;
  drain_records_per_s: number;
  eta_s: number; // 0: nothing waits; -1: not draining
  bytes_sent: number;
  records_sent: number;
  records_received: number;
  records_refused: number;
  forks: number;
  budget_left_hour_bytes: number | null; // null: no budget; below 0: alarms took more than there was
  budget_left_day_bytes: number | null;
  window_open: boolean;
  window_opens: string | null;
}

export interface Rule {
  name: string;
  file: string | null;
  state: "running" | "failed";
  evaluated: number;
  matched: number;
  actions: number;
  errors: number;
  last_output: { at: string; topic: string; payload: string } | null;
  last_error: { at: string; text: string } | null;
}

export interface Lane {
  lane: string;
  records: number;
  bytes: number;
  bytes_max: number;
  first_offset: number;
  next_offset: number;
  durability: string;
  when_full: string;
}

export interface Journal {
  lanes: Lane[];
  commit: { p50_us: number; p99_us: number };
}

export interface Limit {
  name: string;
  value: number;
  used: number | null;
  unit: string;
  text: string;
}

export interface Check {
  name: string;
  state: "ok" | "warning" | "bad";
  text: string;
}

export interface Certificate {
  name: string;
  subject: string | null;
  not_after: string | null;
  days_left: number;
}

export interface System {
  node: string;
  tier: string;
  version: string;
  started: string;
  uptime_s: number;
  resident_bytes: number;
  disk: { free_bytes: number | null; total_bytes: number | null; days_left: number | null };
  certificates: Certificate[];
  limits: Limit[];
  checks: Check[];
}

export interface AuditEntry {
  id: string | number;
  at: string;
  who: string;
  from: string;
  what: string;
  of: string;
  outcome: string;
}

/** A record in quarantine. */
export interface SetAside {
  number: number;
  set_aside: string;
  reader: string;
  topic: string;
  reason: string;
  node: string;
}

/** Only of a node that `perigee demo` started. */
export interface Demo {
  links: { name: string; cut: boolean }[];
  counters: { sent: number; arrived: number; lost: number; doubled: number };
}

/** An error as RFC 9457 has it; `field` and `right` where a parameter is wrong. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  field?: string;
  right?: string;
  user?: string;
}

/** A page of a list: its name is that of what is listed. */
export type Page<Name extends string, Item> = { [name in Name]: Item[] } & { next: string | null };
