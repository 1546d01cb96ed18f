"""The rows of bench/run about the history: a million readings of one metric folded to a thousand rows."""
import contextlib
import http.client
import json
import pathlib
import statistics
import subprocess
import tempfile
import time
import urllib.parse
from typing import Iterator

from harness import BUILD, NotMeasured, Options, Result, pairs, perigee, perigee_files, started
from rows import milliseconds, row

METRICS = {"level": "of one decimal", "count": "a counter", "noise": "of full precision"}
POINTS = 1000
FIRST_S = 1_764_000_000  # as bench/history_query.cpp has it
STEP_S = 1001  # so that steps do not end where chunks do
QUERIES = 20
ENABLED = 'enabled = true\nretention = "36500d"'
API = "[api]\nport = 0\n"
with_history = perigee._replace(files=lambda folder, port: {
    "ingest.toml": perigee_files(folder, port)["ingest.toml"].replace("enabled = false", ENABLED) + API})


def history_query(subject: str, folder: pathlib.Path, *options: str) -> dict:
    program = BUILD / "bench" / "history_query"
    if not program.exists():
        raise NotMeasured(f"{program} is not there")
    run = subprocess.run([program, subject, "--folder", folder, *options], capture_output=True, text=True, timeout=600)
    if run.returncode != 0:
        raise NotMeasured(run.stderr.strip())
    return json.loads(run.stdout) if run.stdout else {}


@row("history-query")
def history_by_step(options: Options) -> Iterator[Result]:
    """Min, max and mean of each step, in CPU-seconds of one query; the answers must be the same. Then what a client of
    a node's API waits for."""
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as name:
        folder = pathlib.Path(name)
        history_query("make", folder)
        for metric, what in METRICS.items():
            peer, ours, ratio = pairs(options.pairs, lambda: answered("sqlite", folder, metric),
                                      lambda: answered("perigee", folder, metric))
            yield Result(f"1 M readings to 1,000 rows, {what}", milliseconds(ours),
                         f"{milliseconds(peer)} SQLite, clustered by series and time", f"{ratio:.1f}x", "")
    yield from asked_over_http()


def answered(subject: str, folder: pathlib.Path, metric: str) -> float:
    made = history_query(subject, folder, "--metric", metric, "--seconds", "0.5")
    other = history_query("sqlite", folder, "--metric", metric, "--seconds", "0")
    if any(abs(made[of] - other[of]) > 1e-6 * abs(other[of]) for of in ("rows", "readings", "sum")):
        raise NotMeasured(f"{subject} answers {made} where SQLite answers {other}")
    return made["cpu_seconds"]


def asked_over_http() -> Iterator[Result]:
    with started(with_history) as server:
        server.kill()
        data = server.folder / "data"
        for old in data.glob("history.db*"):
            old.unlink()
        history_query("make", data)
        server.start()
        told = json.loads((data / "run.json").read_text())
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", told["api"]["port"], timeout=60)) as api:
            while len(ask(api, told["token"], "/api/v1/latest")["values"]) < len(METRICS):
                time.sleep(0.1)
            for metric, what in METRICS.items():
                waits = [wait_for(api, told["token"], metric) for _ in range(QUERIES)]
                median = milliseconds(statistics.median(waits))
                yield Result(f"the same over HTTP, {what}, of {QUERIES}", median, "", "", "under 50 ms")


def ask(api: http.client.HTTPConnection, token: str, path: str) -> dict:
    api.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = api.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise NotMeasured(f"GET {path} answers {answer.status}: {body[:200]!r}")
    return json.loads(body)


def wait_for(api: http.client.HTTPConnection, token: str, metric: str) -> float:
    asked = urllib.parse.urlencode({"node": "bench", "device": "plant/press-4", "metric": metric, "step": f"{STEP_S}s",
                                    "from": utc(FIRST_S - 1), "to": utc(FIRST_S + POINTS * STEP_S)})
    begin = time.monotonic()
    rows = ask(api, token, f"/api/v1/history?{asked}")["rows"]
    seconds = time.monotonic() - begin
    if len(rows) < POINTS - 1:
        raise NotMeasured(f"the node answers {len(rows)} rows")
    return seconds


def utc(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
