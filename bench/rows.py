"""The rows of bench/run. A row measures one thing against its peer and gives its lines of the table.

To add one: a function from Options to Results under @row("name"). What cannot be measured raises NotMeasured."""
import json
import pathlib
import statistics
import subprocess
import tempfile
from typing import Callable, Iterator

import backlog
from harness import (PERIGEE, ROOT, Kind, NotMeasured, Options, Result, load, mosquitto, nats_synced, pairs, perigee,
                     started)

ROWS: dict[str, Callable[[Options], Iterator[Result]]] = {}
INGEST = {"connections": 4, "window": 1000, "bytes": 64}


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
    """Acknowledged only when on stable storage, on both sides."""
    ours, peer, ratio = pairs(options.pairs, lambda: ingest(perigee, "mqtt_ingest", options),
                              lambda: ingest(nats_synced, "nats_ingest", options))
    yield Result("durable QoS 1 ingest, 64 B, 4 x window 1000", thousands(ours),
                 f"{thousands(peer)} NATS JetStream, sync_interval: always", f"{ratio:.1f}x", "200 k/s and 10x")


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


@row("uplink")
def backlog_of_real_readings(options: Options) -> Iterator[Result]:
    """Seven real series at two decimals gathered while the parent was away; JSON is the same readings, one each."""
    with_history = [drain(history=True) for _ in range(options.pairs)]
    ratio = statistics.median(d.json_bytes / d.uplink_bytes for d in with_history)
    rate = statistics.median(d.readings / d.seconds for d in with_history)
    last = with_history[-1]
    yield Result("uplink bytes against JSON", megabytes(last.uplink_bytes), f"{megabytes(last.json_bytes)} JSON",
                 f"{ratio:.1f}x", "30x smaller")
    yield Result(f"backlog drain, {last.readings:,} readings", thousands(rate),
                 "0.05 k/s ThingsBoard Edge (published)", "", "100 k/s")


def drain(history: bool) -> backlog.Drain:
    if not PERIGEE.exists():
        raise NotMeasured(f"{PERIGEE} is not there")
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        return backlog.run(pathlib.Path(folder), history)


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
