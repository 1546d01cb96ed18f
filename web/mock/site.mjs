// The made-up site behind the mock: a fog node and two edges, machines whose values wander, alarms, links, rules.

const iso = (ms) => new Date(ms).toISOString();
const units = ["°C", "bar", "A", "rpm", "mm/s", "kWh", "l/min", "%"];
const names = [
  "temperature",
  "pressure",
  "current",
  "speed",
  "vibration",
  "energy",
  "flow",
  "valve",
  "state",
  "running",
];
const started = Date.now() - 5.4e6;

function wave(seed, t) {
  const slow = Math.sin(t / 60e3 + seed) * 8 + Math.sin(t / 7e3 + seed * 3) * 2;
  return 40 + (seed % 7) * 15 + slow + Math.sin(t / 311 + seed) * 0.4;
}

const isaStates = { normal: "A", unacknowledged: "B", acknowledged: "C", shelved: "F", out_of_service: "H" };
const mayAlways = ["clear", "shelve", "suppress", "out-of-service", "comment"];
const inState = {
  standing: (a) => a.standing,
  aside: (a) => a.state === "shelved" || a.state === "out_of_service",
  normal: (a) => a.state === "normal",
};

export class Site {
  onAlarm = () => {};

  constructor(metricsPerDevice) {
    this.series = [];
    const devices = ["press-1", "press-2", "pump-7", "chiller", "robot-3", "oven", "conveyor", "compressor"];
    for (const [d, device] of devices.entries()) {
      for (let m = 0; m < metricsPerDevice; m++) {
        const name = names[m % names.length] + (m >= names.length ? `.${Math.floor(m / names.length)}` : "");
        this.series.push({
          node: d < 5 ? "edge-1" : "edge-2",
          device,
          metric: name,
          unit: units[m % units.length],
          seed: d * 31 + m,
        });
      }
    }
    this.alarms = [
      this.alarm("a1", "overheat", "press-1", 1, "unacknowledged", 95, "Temperature above 85 °C", 91.4),
      this.alarm("a2", "low_pressure", "pump-7", 2, "unacknowledged", 400, "Pressure below 2 bar", 1.7),
      this.alarm("a3", "vibration", "robot-3", 3, "acknowledged", 2400, "Vibration above 7 mm/s", 7.9),
      this.alarm("a4", "filter_service", "chiller", 4, "unacknowledged", 8000, "Filter due for service", null),
      this.alarm("a5", "overheat", "oven", 2, "normal", 12000, "Temperature above 240 °C", 244),
    ];
    this.isCut = false;
    this.cutAt = 0;
  }

  alarm(id, name, device, severity, state, ageSeconds, message, value) {
    const raised = Date.now() - ageSeconds * 1000;
    return {
      id,
      name,
      key: device,
      node: "edge-1",
      device,
      severity,
      state,
      isa_state: isaStates[state],
      standing: state !== "normal",
      active: state !== "normal",
      acked: state !== "unacknowledged",
      suppressed_by_group: false,
      raised: iso(raised),
      cleared: state === "normal" ? iso(raised + 9e5) : null,
      cleared_by: null,
      acknowledged:
        state === "acknowledged" ? { by: "jana", at: iso(raised + 6e4), comment: "Bearing on order" } : null,
      confirmation: null,
      reset: null,
      shelved: null,
      suppressed: null,
      out_of_service: null,
      comment: null,
      group: device === "press-1" || device === "pump-7" ? "line-1" : null,
      first_out: id === "a2",
      chattering: id === "a1",
      shelve_max_s: 8 * 3600,
      message,
      value,
      may: state === "unacknowledged" ? ["acknowledge", ...mayAlways] : mayAlways,
    };
  }

  valueOf(s, t) {
    if (s.metric.startsWith("running")) return Math.sin(t / 20e3 + s.seed) > -0.6;
    if (s.metric.startsWith("state")) return Math.sin(t / 30e3 + s.seed) > 0 ? "producing" : "waiting for parts";
    return Math.round(wave(s.seed, t) * 1000) / 1000;
  }

  qualityOf(s) {
    return s.seed % 23 === 4 ? "uncertain" : s.seed % 29 === 7 ? "bad" : "good";
  }

  isSilent(s) {
    return s.device === "conveyor";
  }

  liveValues() {
    const t = Date.now();
    return this.series
      .filter((s) => !this.isSilent(s))
      .map((s) => ({
        node: s.node,
        device: s.device,
        metric: s.metric,
        unit: s.unit,
        time_ms: t,
        value: this.valueOf(s, t),
        quality: this.qualityOf(s),
      }));
  }

  latest(query) {
    return this.chosen(query).map((s) => {
      const t = Date.now() - (this.isSilent(s) ? 754e3 : 0);
      return {
        node: s.node,
        device: s.device,
        metric: s.metric,
        unit: s.unit,
        time: iso(t),
        value: this.valueOf(s, t),
        quality: this.qualityOf(s),
        stale: this.isSilent(s),
      };
    });
  }

  chosen(query) {
    const q = query.get("q")?.toLowerCase();
    return this.series.filter(
      (s) =>
        ["node", "device", "metric"].every((k) => !query.get(k) || query.get(k) === s[k]) &&
        (!q || `${s.node} ${s.device} ${s.metric}`.toLowerCase().includes(q)),
    );
  }

  history(query) {
    const s = this.chosen(query)[0];
    const at = (name) => (/^\d+$/.test(query.get(name)) ? Number(query.get(name)) : Date.parse(query.get(name)));
    const from = at("from"),
      to = at("to"),
      points = Number(query.get("points") ?? 1000);
    const step = Math.max(1000, Math.ceil((to - from) / points));
    const hole = [to - (to - from) * 0.4, to - (to - from) * 0.33];
    const rows = [];
    for (let t = Math.ceil(from / step) * step; t < to && t < Date.now(); t += step) {
      if (t > hole[0] && t < hole[1]) continue;
      const v = wave(s.seed, t);
      rows.push([t, v - 1.2 - (t % 7) / 9, v + 1.1, v]);
    }
    return {
      node: s.node,
      device: s.device,
      metric: s.metric,
      unit: s.unit,
      from,
      to,
      step_ms: step,
      columns: ["time", "min", "max", "mean"],
      rows,
      gaps: [{ from: hole[0], to: hole[1], readings: 1234, reason: "the journal was full" }],
    };
  }

  link(name, peer, connected) {
    const waiting = connected ? 0 : Math.round((Date.now() - this.cutAt) / 5);
    return {
      name,
      peer,
      connected,
      connected_since: connected ? iso(started) : null,
      sequence: 3,
      rtt_ms: 2.31,
      records_waiting: waiting,
      bytes_waiting: waiting * 92,
      oldest_age_ms: connected ? 0 : Date.now() - this.cutAt,
      drain_records_per_s: connected ? 196.2 : 0,
      eta_s: connected ? 0 : -1,
      bytes_sent: 81234567,
      records_sent: 7123456,
      records_received: 0,
      records_refused: 0,
      forks: 0,
      budget_left_hour_bytes: 41e6,
      budget_left_day_bytes: -12345,
      window_open: true,
      window_opens: null,
    };
  }

  links() {
    return [
      this.link("uplink", "mqtts://cloud:8883", !this.isCut),
      this.link("bridge/historian", "mqtt://10.0.4.2:1883", true),
    ];
  }

  cut(_name, isCut) {
    this.isCut = isCut;
    this.cutAt = Date.now();
    return this.demo();
  }

  demo() {
    return {
      links: [{ name: "uplink", cut: this.isCut }],
      counters: { sent: 912345, arrived: 912001, lost: 0, doubled: 0 },
    };
  }

  act(id, what, { comment }) {
    const alarm = this.alarms.find((a) => a.id === id);
    const deed = { by: "operator", at: iso(Date.now()), comment: comment ?? "" };
    const becomes = {
      acknowledge: { state: "acknowledged", acked: true, acknowledged: deed, may: mayAlways },
      clear: { state: "normal", standing: false, active: false, cleared: iso(Date.now()), cleared_by: "operator" },
      shelve: {
        state: "shelved",
        standing: false,
        shelved: { ...deed, until: iso(Date.now() + 3600e3), one_shot: false },
        may: ["unshelve", "comment"],
      },
      unshelve: { state: "acknowledged", standing: true, shelved: null, may: mayAlways },
      "out-of-service": { state: "out_of_service", standing: false, out_of_service: deed, may: ["return-to-service"] },
      "return-to-service": { state: "acknowledged", standing: true, out_of_service: null, may: mayAlways },
      comment: { comment: deed },
    };
    Object.assign(alarm, becomes[what] ?? {});
    alarm.isa_state = isaStates[alarm.state];
    this.onAlarm(alarm);
    return alarm;
  }

  alarmKpi() {
    const { id, name, key, node } = this.alarms[0];
    return {
      flood: true,
      flood_since: iso(Date.now() - 12e4),
      last_10_minutes: 14,
      peak_10_minutes: 17,
      last_24_hours: 212,
      standing: this.alarms.filter(inState.standing).length,
      unacknowledged: 3,
      stale: 0,
      shelved: 0,
      suppressed: 0,
      out_of_service: 0,
      chattering: ["a1"],
      bad_actors: [{ id, name, key, node, annunciated: 31 }],
    };
  }

  alarmHistory(id) {
    const alarm = this.alarms.find((a) => a.id === id);
    const line = (at, what, by, comment) => ({
      at,
      what,
      by,
      comment,
      severity: alarm.severity,
      told_by: alarm.node,
      until: null,
      message: alarm.message,
    });
    const raised = line(alarm.raised, "raised", null, null);
    const done = alarm.acknowledged;
    return { history: done ? [line(done.at, "acknowledged", done.by, done.comment), raised] : [raised] };
  }

  devices() {
    const seen = [...new Set(this.series.map((s) => s.device))];
    return seen.map((device) => {
      const own = this.series.filter((s) => s.device === device);
      const silent = this.isSilent(own[0]);
      return {
        node: own[0].node,
        device,
        last_seen: iso(Date.now() - (silent ? 754e3 : 200)),
        readings_per_s: silent ? 0 : own.length * 10,
        metrics: own.length,
        firmware: device.startsWith("press") ? "2.4.1" : null,
        session: { client_id: `${device}-plc`, connected: !silent, address: "192.168.12.17:50412" },
      };
    });
  }

  rules() {
    return [
      {
        name: "overheat",
        file: "rules/overheat.rule.sql",
        state: "running",
        evaluated: 1234567,
        matched: 12,
        actions: 24,
        errors: 0,
        last_output: {
          at: iso(Date.now() - 95e3),
          topic: "cmd/press-1",
          payload: '{"speed":0.5,"ts":1790000000000000}',
        },
        last_error: null,
      },
      {
        name: "oee",
        file: "rules/oee.rule.sql",
        state: "failed",
        evaluated: 88,
        matched: 0,
        actions: 0,
        errors: 3,
        last_output: null,
        last_error: {
          at: iso(Date.now() - 4e6),
          text: "rules/oee.rule.sql:9:14: there is no field 'cycles' in what press-1 sends",
        },
      },
    ];
  }

  system() {
    return {
      node: "fog-1",
      tier: "fog",
      version: "0.6.0",
      started: iso(started),
      uptime_s: (Date.now() - started) / 1000,
      resident_bytes: 48e6,
      disk: { free_bytes: 31e9, total_bytes: 64e9, days_left: 41 },
      certificates: [{ name: "mqtt", subject: "CN=fog-1", not_after: iso(Date.now() + 12 * 864e5), days_left: 12 }],
      limits: [
        { name: "http_connections_max", value: 64, used: 3, unit: "connections", text: "connections of the API" },
        { name: "mqtt_sessions_max", value: 100000, used: 98000, unit: "sessions", text: "sessions that are kept" },
      ],
      checks: [
        { name: "clock", state: "ok", text: "The clock is synchronised." },
        {
          name: "certificates",
          state: "warning",
          text: "The certificate of mqtt ends in 12 days.",
        },
        { name: "disk", state: "ok", text: "41 days of room are left." },
      ],
    };
  }

  journal() {
    return {
      lanes: ["alarm", "event", "bulk"].map((lane, i) => ({
        lane,
        records: 10 ** (i + 4),
        bytes: 10 ** (i + 6),
        bytes_max: 4e9,
        first_offset: 0,
        next_offset: 10 ** (i + 4),
        durability: "fsync",
        when_full: "drop_oldest",
      })),
      commit: { p50_us: 812, p99_us: 4120 },
    };
  }

  resource(path, query) {
    const list = (name, items) => ({ [name]: items, next: null });
    switch (path) {
      case "/nodes":
        return list(
          "nodes",
          [
            ["fog-1", true, "fog"],
            ["edge-1", false, "edge"],
            ["edge-2", false, "edge"],
          ].map(([node, self, tier]) => ({
            node,
            self,
            tier,
            version: "0.6.0",
            state: node === "edge-2" ? "away" : "up",
            last_seen: iso(Date.now() - 300),
            readings_per_s: 196.4,
          })),
        );
      case "/mqtt/listeners":
        return { listeners: [{ transport: "ws", address: "127.0.0.1", port: 8083 }] };
      case "/devices":
        return list("devices", this.devices());
      case "/metrics":
        return list(
          "metrics",
          this.chosen(query).map((s) => ({ ...s, last: iso(Date.now()) })),
        );
      case "/latest":
        return list("values", this.latest(query));
      case "/history":
        return this.history(query);
      case "/alarms":
        return list("alarms", this.alarms.filter(inState[query.get("state")] ?? (() => true)));
      case "/alarms/groups":
        return {
          groups: [{ node: "edge-1", group: "line-1", members: 2, standing: 2, suppressed: false, first_out: "a2" }],
        };
      case "/alarms/kpi":
        return this.alarmKpi();
      case "/links":
        return { links: this.links() };
      case "/rules":
        return list("rules", this.rules());
      case "/system":
        return this.system();
      case "/journal":
        return this.journal();
      case "/audit":
        return list("entries", [
          {
            id: 2,
            at: iso(Date.now() - 5e4),
            who: "operator",
            from: "127.0.0.1",
            what: "POST /alarms/a3/acknowledge",
            of: "a3",
            outcome: "200",
          },
        ]);
      case "/quarantine":
        return { records: [], left_out: 0 };
      case "/gaps":
        return { gaps: [] };
      case "/demo":
        return this.demo();
      default:
        return undefined;
    }
  }
}
