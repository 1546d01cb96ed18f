"""A child that gathered real readings while its parent was away, and the parent that then comes: how many bytes go up,
and how fast."""
import json
import pathlib
import signal
import subprocess
import time
import urllib.request
from typing import NamedTuple

from harness import PERIGEE, ROOT, NotMeasured, free_port

SERIES = ROOT.parent / "shared/data/nab/realKnownCause"
GATHER_SECONDS = 10.0
READING = '{"device":"site/%s","metric":"value","ts":1764000000000000,"value":123.45}'

PARENT = """[node]
id = "parent"
data = "parent"
[log]
level = "warning"
[[mqtt]]
port = {port}
[history]
enabled = {history}
"""
CHILD = """[node]
id = "child"
data = "child"
[log]
level = "warning"
[api]
port = {api}
[uplink]
url = "mqtt://127.0.0.1:{port}"
[history]
enabled = false
"""
REPLAY = """[[replay]]
name = "{name}"
file = "{file}"
topic = "site/{name}"
speed = 1000000.0
loop = true
time = "original"
[[replay.column]]
name = "value"
metric = "value"
decimals = 2
"""


class Drain(NamedTuple):
    readings: int
    uplink_bytes: int
    json_bytes: int
    seconds: float


def child_text(port: int, api: int) -> tuple[str, float]:
    """The configuration, and the mean bytes of one of its readings as JSON."""
    files = sorted(SERIES.glob("*.csv"))
    if not files:
        raise NotMeasured(f"no real series in {SERIES}")
    replays = "".join(REPLAY.format(name=each.stem, file=each) for each in files)
    return CHILD.format(port=port, api=api) + replays, sum(len(READING % f.stem) for f in files) / len(files)


def link_of(api: int) -> dict:
    with urllib.request.urlopen(f"http://127.0.0.1:{api}/api/v1/links", timeout=5) as answer:
        return json.load(answer)["links"][0]


def run(folder: pathlib.Path, history: bool) -> Drain:
    port, api = free_port(), free_port()
    text, reading_bytes = child_text(port, api)
    (folder / "child.toml").write_text(text)
    (folder / "parent.toml").write_text(PARENT.format(port=port, history=str(history).lower()))
    child = start(folder, "child")
    parent = None
    try:
        time.sleep(GATHER_SECONDS)
        child.send_signal(signal.SIGUSR1)
        time.sleep(1.5)
        waiting = link_of(api)["records_waiting"]
        parent = start(folder, "parent")
        seconds = drained(api)
        link = link_of(api)
        return Drain(waiting, link["bytes_sent"], int(waiting * reading_bytes), seconds)
    finally:
        for process in filter(None, (child, parent)):
            process.kill()
            process.wait()


def start(folder: pathlib.Path, name: str):
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen([PERIGEE, "run", folder / f"{name}.toml"], stdout=log, stderr=log, cwd=folder)


def drained(api: int) -> float:
    """From the welcome to the last acknowledgement."""
    begin = None
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        link = link_of(api)
        if begin is None and link["connected"]:
            begin = time.monotonic()
        if begin is not None and link["records_waiting"] == 0:
            return time.monotonic() - begin
        time.sleep(0.01)
    raise NotMeasured("the backlog did not drain in two minutes")
