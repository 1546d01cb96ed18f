"""The rows of bench/run. A row measures one thing against its peer and gives its lines of the table.

To add one: a function from Options to Results under @row("name"). What cannot be measured raises NotMeasured."""
import json
import pathlib
import statistics
import subprocess
import tempfile
import time
from typing import Callable, Iterator

import backlog
from harness import (BUILD, PERIGEE, ROOT, Kind, NotMeasured, Options, Result, cut_off, load, mosquitto,
                     nats_default, nats_synced, pairs, perigee, started)

ROWS: dict[str, Callable[[Options], Iterator[Result]]] = {}
INGEST = {"connections": 4, "window": 1000, "bytes": 64}
DRAINED_READINGS = 1_500_000
SETTLE_SECONDS = 3.0


def row(name: str):
    def add(measure):
        ROWS[name] = measure
        return measure
    return add


def thousands(x: float) -> str:
    return f"{x / 1000:,.1f} k/s"


def milliseconds(x: float) -> str:
    return f"{x * 1000:,.1f} ms"


def megabytes(x: float) -> str:
    return f"{x / 1e6:,.1f} MB"


def ingest(kind: Kind, program: str, options: Options, figure: str = "per_second") -> float:
    with started(kind) as server:
        made = load(program, server, seconds=options.seconds, **INGEST)
        if made["refused"]:
            raise NotMeasured(f"{kind.name} refused {made['refused']} messages")
        return made["per_second"] if figure == "per_second" else made["messages"] / max(made["cpu_seconds"], 0.01)


@row("ingest")
def durable_ingest(options: Options) -> Iterator[Result]:
    """Ours acknowledges only what is on stable storage, and so does JetStream's `always`; its default does not."""
    for kind, how, wanted in ((nats_synced, "sync_interval: always", "400 k/s and 20x"),
                              (nats_default, "default, acknowledged before fsync", "3x")):
        ours, peer, ratio = pairs(options.pairs, lambda: ingest(perigee, "mqtt_ingest", options),
                                  lambda: ingest(kind, "nats_ingest", options))
        yield Result("durable QoS 1 ingest, 64 B, 4 x window 1000", thousands(ours),
                     f"{thousands(peer)} NATS JetStream, {how}", f"{ratio:.1f}x", wanted)


@row("cpu")
def ingest_per_cpu_second(options: Options) -> Iterator[Result]:
    """Mosquitto keeps messages in memory only: the ratio says what durability costs."""
    ours, peer, ratio = pairs(options.pairs, lambda: ingest(perigee, "mqtt_ingest", options, "cpu"),
                              lambda: ingest(mosquitto, "mqtt_ingest", options, "cpu"))
    yield Result("the same, per CPU-second of the server", thousands(ours), f"{thousands(peer)} Mosquitto, in memory",
                 f"{ratio:.1f}x", "")


@row("start")
def start_to_first_connack(options: Options) -> Iterator[Result]:
    def start(kind: Kind) -> float:
        with started(kind) as server:
            return server.connack_seconds
    ours, peer, ratio = pairs(options.pairs, lambda: start(perigee), lambda: start(mosquitto))
    yield Result("start to first CONNACK", milliseconds(ours), f"{milliseconds(peer)} Mosquitto", f"{ratio:.1f}x",
                 "under 300 ms")


@row("ready")
def ready_with_a_backlog(options: Options) -> Iterator[Result]:
    """Fills the journal, kills the node, and starts it with history on, for which all of it is waiting."""
    with started(perigee) as server:
        load("mqtt_ingest", server, messages=options.records, **INGEST)
        server.kill()
        config = server.folder / "ingest.toml"
        config.write_text(config.read_text().replace("enabled = false", "enabled = true"))
        seconds = server.start()
    yield Result(f"ready with {options.records / 1e6:g} M records waiting", milliseconds(seconds), "", "", "under 1 s")


@row("memory")
def memory_with_a_backlog(options: Options) -> Iterator[Result]:
    """A node whose parent is away, when it has nothing and when all of its journal waits."""
    with started(cut_off) as server:
        time.sleep(SETTLE_SECONDS)
        idle = server.rss_bytes()
        load("mqtt_ingest", server, messages=options.records, **INGEST)
        server.kill()
        server.start()
        time.sleep(SETTLE_SECONDS)
        waiting = server.rss_bytes()
    yield Result(f"RSS with {options.records / 1e6:g} M records waiting", megabytes(waiting),
                 f"{megabytes(idle)} with none", f"{waiting / idle:.2f}x", "within 10 %")


@row("drain")
def backlog_drain(options: Options) -> Iterator[Result]:
    """Real readings that an edge gathered while its gateway was away, up to the cloud's history, alarms among them."""
    drains = [drain() for _ in range(options.pairs)]
    rate = statistics.median(d.readings / d.seconds for d in drains)
    late = [seconds for d in drains for seconds in d.alarm_seconds]
    cpu = statistics.median(sum(d.cpu_seconds.values()) / d.readings for d in drains)
    yield Result(f"backlog drain edge, fog, cloud's history, {drains[-1].readings:,} readings", thousands(rate),
                 "0.05 k/s ThingsBoard Edge (published)", "", "300 k/s")
    yield Result("CPU of all three per reading", f"{cpu * 1e6:.2f} us", "", "", "")
    yield Result(f"alarms meanwhile, edge to subscriber at the cloud, p99 of {len(late)}",
                 milliseconds(backlog.percentile(late, 0.99)), f"p50 {milliseconds(backlog.percentile(late, 0.5))}", "",
                 "under 50 ms")
    yield Result("bytes up per reading of the backlog",
                 f"{statistics.median(d.uplink_bytes / d.readings for d in drains):.2f} B", "",
                 f"{statistics.median(d.json_bytes / d.uplink_bytes for d in drains):.0f}x smaller than JSON", "")


def drain() -> backlog.Drain:
    if not PERIGEE.exists():
        raise NotMeasured(f"{PERIGEE} is not there")
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        return backlog.run(pathlib.Path(folder), DRAINED_READINGS, alarms=True)


@row("codec")
def codec_of_real_series(options: Options) -> Iterator[Result]:
    """Seven real series at two decimals with regular time stamps. A chunk is one series' times and values in columns; a
    batch is what goes up: JSON messages that come back to the byte, with topic, source, number and arrival."""
    run = subprocess.run([BUILD / "bench" / "codec", backlog.SERIES, "2", str(options.seconds / 10)],
                         capture_output=True, text=True)
    if run.returncode != 0:
        raise NotMeasured(run.stderr.strip())
    made = json.loads(run.stdout)
    yield Result("chunk codec, 8,000 rows: bytes per value", f"{made['chunk_8000_bytes_per_value']:.2f} B", "", "", "")
    yield Result("values encoded per CPU-second", f"{made['chunk_8000_encoded_per_second'] / 1e6:.0f} M/s", "", "",
                 "50 M/s")
    yield Result("uplink batch of 8,000: bytes per value", f"{made['batch_8000_bytes_per_value']:.2f} B", "",
                 f"{made['batch_8000_json_ratio']:.0f}x smaller", "1.3 B and 60x")
    yield Result("messages encoded per CPU-second", f"{made['batch_8000_encoded_per_second'] / 1e6:.1f} M/s", "", "",
                 "")


@row("demo")
def whole_site(options: Options) -> Iterator[Result]:
    """One run of the demo with a cut cable, a killed gateway and a killed device; its own report is the measurement."""
    report = run_demo(options)
    lost = f"{report['lost']} lost, {report['duplicated']} doubled of {report['produced']:,}"
    yield Result("cut, fog killed, edge killed", lost, "", "", "0 and 0")
    yield Result("decision, sensor to command, p99", f"{report['decision_ms']['p99']:.2f} ms", "", "", "under 5 ms")
    for tier, bound in (("edge", 12), ("fog", 30)):
        rss = max(n["rss_bytes"] for name, n in report["nodes"].items() if name.startswith(tier))
        peer = "14.8 MB Greengrass Lite (published)" if tier == "edge" else ""
        yield Result(f"RSS, {tier}", megabytes(rss), peer, "", f"under {bound} MB")


def run_demo(options: Options) -> dict:
    if not PERIGEE.exists():
        raise NotMeasured(f"{PERIGEE} is not there")
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        report = pathlib.Path(folder) / "report.json"
        command = [PERIGEE, "demo", "--data", f"{folder}/site", "--for", "60s", "--rate", "1000", "--script",
                   ROOT / "bench" / "demo.script", "--report", report]
        if options.replay:
            command += ["--replay", options.replay]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if not report.exists():
            raise NotMeasured(f"perigee demo ended with {run.returncode}: {(run.stderr.strip() or 'no word')[-200:]}")
        return json.loads(report.read_text())
