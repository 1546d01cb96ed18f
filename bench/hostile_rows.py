"""The row of bench/run about hostile clients: what each attack of tests/hostile costs well-behaved ones, who send at a
steady rate to a subscriber each. With the attack, without it, A B A B; a fresh server each time. The attacker has what
the load leaves of the load's core, so that it slows the server and not the measurement."""
import contextlib
import statistics
import subprocess
import sys
import time
from typing import Iterator

from harness import ROOT, NotMeasured, Options, Result, Server, started
from mqtt_rows import LOAD_CORE, bench_mqtt, perigee
from rows import row

ATTACKS = ROOT / "tests" / "hostile"
sys.path.insert(0, str(ATTACKS))
import attacks  # noqa: E402

PER_SECOND, PAIRS_OF_CLIENTS = 5_000, 4
WARM_UP_SECONDS = 1.0  # of the attack, before others are measured


@contextlib.contextmanager
def under(attack: str | None, server: Server) -> Iterator[None]:
    if attack is None:
        yield
        return
    command = ["chrt", "--idle", "0", "taskset", "-c", LOAD_CORE, sys.executable, ATTACKS / "attacks.py", attack,
               str(server.port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as attacker:
        try:
            time.sleep(WARM_UP_SECONDS)
            if attacker.poll() is not None:
                raise NotMeasured(f"the attack {attack} ended with {attacker.returncode}")
            yield
        finally:
            attacker.kill()


def others(attack: str | None, options: Options) -> dict:
    with started(perigee) as server, under(attack, server):
        return bench_mqtt(server, "p2p", "--connections", PAIRS_OF_CLIENTS, "--rate", PER_SECOND, "--for",
                          f"{options.seconds}s")


@row("mqtt-hostile")
def hostile(options: Options) -> Iterator[Result]:
    """Latency is shown beside the rate that they kept; its p99 is the machine's as much as the server's."""
    for attack in attacks.ATTACKS:
        name = attack.__name__
        measured = [(others(name, options), others(None, options)) for _ in range(options.pairs)]
        kept = statistics.median(a["out"] / a["seconds"] / (b["out"] / b["seconds"]) for a, b in measured)
        lost = sum(a["lost"] for a, _ in measured)
        yield Result(f"{name}: others at {PER_SECOND // 1000} k/s, {lost} lost", latencies(a for a, _ in measured),
                     f"{latencies(b for _, b in measured)} without", f"{kept:.2f}x", "0.9x")


def latencies(runs: Iterator[dict]) -> str:
    all_runs = list(runs)
    p50, p99 = (statistics.median(run["latency_us"][each] for run in all_runs) for each in ("p50", "p99"))
    return f"p50 {p50 / 1000:.2f} ms, p99 {p99 / 1000:.1f} ms"
