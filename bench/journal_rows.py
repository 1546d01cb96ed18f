"""The rows of bench/run about the journal alone: what a durable append costs beside other stores and the bare disk."""
import json
import statistics
import subprocess
import tempfile
from typing import Iterator

from harness import BUILD, NotMeasured, Options, Result, pairs, perigee, started
from rows import row, thousands

RECORDS = 1_000_000


def append(subject: str, figure: str = "per_second") -> float:
    program = BUILD / "bench" / "journal_append"
    if not program.exists():
        raise NotMeasured(f"{program} is not there")
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        run = subprocess.run([program, subject, "--folder", folder, "--records", str(RECORDS)], capture_output=True,
                             text=True, timeout=600)
    if run.returncode != 0:
        raise NotMeasured(run.stderr.strip())
    return json.loads(run.stdout)[figure]


@row("append")
def journal_append(options: Options) -> Iterator[Result]:
    """64-byte records, 1000 a commit at the peers; the journal groups what waits, four thousand at most."""
    for subject, name, wanted in (("lmdb", "LMDB, sync, 1000 a commit", "1x"),
                                  ("sqlite", "SQLite WAL FULL, 1000 a commit", "2x")):
        ours, peer, ratio = pairs(options.pairs, lambda: append("journal"), lambda: append(subject))
        yield Result("journal append, 64 B", thousands(ours), f"{thousands(peer)} {name}", f"{ratio:.2f}x", wanted)
    ours, peer, ratio = pairs(options.pairs, lambda: append("journal", "bytes_per_second"),
                              lambda: append("device", "bytes_per_second"))
    yield Result("the same, bytes", f"{ours / 1e6:,.0f} MB/s", f"{peer / 1e6:,.0f} MB/s 64 KiB append + fdatasync",
                 f"{ratio:.2f}x", "0.5x")


@row("latency")
def one_in_flight(options: Options) -> Iterator[Result]:
    """Publish to PUBACK against the sum of what it cannot do without: 4 KiB made durable, and a ping-pong."""
    measured = []
    for _ in range(options.pairs):
        with started(perigee) as server:
            run = subprocess.run([BUILD / "bench" / "puback_latency", "--port", str(server.port), "--folder",
                                  server.folder], capture_output=True, text=True, timeout=120)
            if run.returncode != 0:
                raise NotMeasured(run.stderr.strip())
            measured.append(json.loads(run.stdout))
    floor = [m["sync_us"] + m["ping_us"] for m in measured]
    ratio = statistics.median(m["puback_us"] / f for m, f in zip(measured, floor))
    ours = statistics.median(m["puback_us"] for m in measured)
    yield Result("one in flight, publish to PUBACK p50", f"{ours:,.0f} us",
                 f"{statistics.median(floor):,.0f} us fdatasync + ping-pong", f"{ratio:.2f}x", "at most 1.5x")
