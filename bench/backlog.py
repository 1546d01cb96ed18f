"""An edge that gathered real readings while its gateway was away, and the gateway and the cloud that then come: how
many bytes go up, how fast they are stored, how alarms overtake them, and what waiting costs in memory."""
import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Callable, Iterator, NamedTuple

from harness import PERIGEE, ROOT, NotMeasured, free_port

sys.path.insert(0, str(ROOT / "tests" / "process"))
from mqtt import Client  # noqa: E402

SERIES = ROOT.parent / "shared/data/nab/realKnownCause"
READING = '{"device":"site/%s","metric":"value","ts":1764000000000000,"value":123.45}'
PATIENCE_SECONDS = 120.0
SPEED = 1e6
COPIES = 4  # of each series, as sensors of their own
ALARM_EVERY_SECONDS = 0.01

NODE = """[node]
id = "{name}"
data = "{name}"
[log]
level = "warning"
[api]
port = {api}
[[mqtt]]
port = {mqtt}
[[lane]]
filter = "alarm/#"
lane = "alarm"
[journal.lane.bulk]
bytes_max = "16GiB"
[history]
enabled = {history}
"""
UPLINK = """[uplink]
url = "mqtt://127.0.0.1:{port}"
"""
REPLAY = """[[replay]]
name = "{name}"
file = "{file}"
topic = "site/{name}"
speed = {speed:.1f}
loop = true
time = "original"
[[replay.column]]
name = "value"
metric = "value"
decimals = 2
"""


class Node:
    """One process of a chain, and what it says of itself."""

    def __init__(self, folder: pathlib.Path, name: str, parent: "Node | None", history: bool = False, more: str = ""):
        self.folder, self.name, self.api, self.mqtt = folder, name, free_port(), free_port()
        text = NODE.format(name=name, api=self.api, mqtt=self.mqtt, history=str(history).lower())
        if parent:
            text += UPLINK.format(port=parent.mqtt)
        (folder / f"{name}.toml").write_text(text + more)
        self.process = None

    def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen([PERIGEE, "run", self.folder / f"{self.name}.toml"], stdout=log, stderr=log,
                                            cwd=self.folder)
        until(lambda: self.answers("/readyz"), f"{self.name} does not start")

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def answers(self, path: str) -> str | None:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.api}{path}", timeout=10) as answer:
                return answer.read().decode()
        return None

    def status(self) -> dict:
        return json.loads(self.answers("/api/v1/status") or "{}")

    def link(self) -> dict:
        return self.status()["link"]

    def stored(self) -> int:
        """Messages whose readings are in this node's history since it started."""
        lines = (self.answers("/metrics") or "").splitlines()
        return next((int(float(x.split()[1])) for x in lines if x.startswith("perigee_history_messages_total ")), 0)

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100  # utime and stime, in ticks (proc(5))


def until(condition: Callable[[], object], complaint: str, pause: float = 0.005) -> None:
    limit = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > limit:
            raise NotMeasured(complaint)
        time.sleep(pause)


class Drain(NamedTuple):
    readings: int
    uplink_bytes: int
    json_bytes: int
    seconds: float  # from the edge's welcome until the cloud's history had the last reading
    cpu_seconds: dict[str, float]
    alarm_seconds: list[float]  # from the edge's door to a subscriber at the cloud, while it drained


def replays() -> tuple[str, float]:
    """The edge's sensors, and the mean bytes of one of their readings as JSON."""
    files = sorted(SERIES.glob("*.csv"))
    if not files:
        raise NotMeasured(f"no real series in {SERIES}")
    named = [(f"{each.stem}-{copy}", each) for copy in range(COPIES) for each in files]
    text = "".join(REPLAY.format(name=name, file=file, speed=SPEED) for name, file in named)
    return text, sum(len(READING % name) for name, _ in named) / len(named)


@contextlib.contextmanager
def chain(folder: pathlib.Path, sensors: str) -> Iterator[tuple[Node, Node, Node]]:
    """Cloud, fog and edge, none of them started."""
    cloud = Node(folder, "cloud", None, history=True)
    fog = Node(folder, "fog", cloud)
    nodes = cloud, fog, Node(folder, "edge", fog, more=sensors)
    try:
        yield nodes
    finally:
        for node in nodes:
            node.stop()


def gather(edge: Node, readings: int) -> int:
    """Lets the edge's sensors speak until it has so many readings, then silences them; how many wait."""
    edge.start()
    until(lambda: edge.link()["records_waiting"] >= readings, "the sensors do not speak", 0.1)
    edge.process.send_signal(signal.SIGUSR1)
    before = -1
    while before != (waiting := edge.link()["records_waiting"]):
        before = waiting
        time.sleep(0.5)
    return waiting


class Alarms:
    """Publishes an alarm every so often at one node and takes the time until a subscriber at another one has it."""

    def __init__(self, at: Node, seen_at: Node):
        self.seen: list[tuple[float, float]] = []  # when it was published, and how long it took
        self.ended = threading.Event()
        self.publisher = Client(at.mqtt, "alarms")
        self.subscriber = Client(seen_at.mqtt, "watch", patience=60)
        self.subscriber.subscribe("alarm/#")
        self.threads = [threading.Thread(target=each, daemon=True) for each in (self.publish, self.watch)]
        for thread in self.threads:
            thread.start()

    def publish(self) -> None:
        number = 0
        while not self.ended.wait(ALARM_EVERY_SECONDS):
            number += 1
            self.publisher.publish_and_wait("alarm/bench", json.dumps({"sent": time.monotonic()}).encode(), number)
        self.publisher.publish_and_wait("alarm/end", b"0", number + 1)

    def watch(self) -> None:
        while True:
            topic, payload = self.subscriber.read_message()
            if topic == "alarm/end":
                return
            sent = json.loads(payload)["sent"]
            self.seen.append((sent, time.monotonic() - sent))

    def stop(self, begin: float, end: float) -> list[float]:
        """How long the alarms took that were published in between."""
        self.ended.set()
        for thread in self.threads:
            thread.join(60)
        return [took for sent, took in self.seen if begin <= sent <= end]


def run(folder: pathlib.Path, readings: int, alarms: bool = False) -> Drain:
    sensors, reading_bytes = replays()
    with chain(folder, sensors) as (cloud, fog, edge):
        waiting = gather(edge, readings)
        cloud.start()
        watch = Alarms(edge, cloud) if alarms else None
        before = {node.name: node.cpu_seconds() for node in (cloud, edge)}
        fog.start()
        until(lambda: edge.link()["connected"], "the edge does not connect")
        begin = time.monotonic()
        until(lambda: cloud.stored() >= waiting, "the backlog did not drain", 0.02)
        end = time.monotonic()
        cpu = {node.name: node.cpu_seconds() - before.get(node.name, 0.0) for node in (cloud, fog, edge)}
        late = watch.stop(begin, end) if watch else []
        return Drain(waiting, edge.link()["bytes_sent"], int(waiting * reading_bytes), end - begin, cpu, late)


def percentile(of: list[float], share: float) -> float:
    return sorted(of)[min(len(of) - 1, int(len(of) * share))] if of else 0.0

