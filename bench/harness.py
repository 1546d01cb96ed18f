"""What a row of bench/run is made of: servers in folders of their own, A B A B pairs, and the table."""
import contextlib
import json
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time
from typing import Callable, Iterator, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
PERIGEE = BUILD / "perigee"
CONNECT = bytes.fromhex("10 0f 0004 4d515454 05 02 0000 00 0002 7030")  # MQTT 5, clean start, client id "p0"


class NotMeasured(Exception):
    """Why a row has no figure; the table says it."""


class Options(NamedTuple):
    pairs: int
    seconds: float
    records: int
    replay: pathlib.Path | None


class Result(NamedTuple):
    what: str
    ours: str
    peer: str
    ratio: str
    wanted: str


class Kind(NamedTuple):
    """How to start a server: its name, its command, and the files it wants (name -> text) for a folder and a port. It
    is there when it answers `hello` with four bytes; with None, when it accepts a connection."""
    name: str
    command: Callable[[pathlib.Path], list[str]]
    files: Callable[[pathlib.Path, int], dict[str, str]]
    hello: bytes | None = CONNECT


def perigee_files(_: pathlib.Path, port: int) -> dict[str, str]:
    return {"ingest.toml": (ROOT / "bench" / "ingest.toml").read_text().replace("port = 0", f"port = {port}")}


perigee = Kind("Perigee", lambda folder: [str(PERIGEE), "run", str(folder / "ingest.toml")], perigee_files)
nats_synced = Kind(
    "NATS JetStream", lambda folder: ["nats-server", "-c", str(folder / "nats.conf")],
    lambda folder, port: {"nats.conf": f"listen: 127.0.0.1:{port}\n"
                                       f'jetstream {{ store_dir: "{folder}/store", sync_interval: always }}\n'},
    hello=b"")
nats_default = Kind(
    "NATS JetStream", lambda folder: ["nats-server", "-c", str(folder / "nats.conf")],
    lambda folder, port: {"nats.conf": f'listen: 127.0.0.1:{port}\njetstream {{ store_dir: "{folder}/store" }}\n'},
    hello=b"")
cut_off = Kind("Perigee", perigee.command, lambda folder, port: {
    "ingest.toml": perigee_files(folder, port)["ingest.toml"] + '[uplink]\nurl = "mqtt://127.0.0.1:9"\n'})
mosquitto = Kind(
    "Mosquitto", lambda folder: ["mosquitto", "-c", str(folder / "mosquitto.conf")],
    lambda folder, port: {"mosquitto.conf": f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
                                            "max_inflight_messages 0\nmax_queued_messages 0\nuser root\n"})


class Server:
    """A running server. `connack_seconds` is from its start to its first CONNACK, where it speaks MQTT."""

    def __init__(self, kind: Kind, folder: pathlib.Path):
        self.kind, self.folder, self.port = kind, folder, free_port()
        for name, text in kind.files(folder, self.port).items():
            (folder / name).write_text(text)
        self.connack_seconds = self.start()

    def start(self) -> float:
        log = (self.folder / "log").open("ab")
        begin = time.monotonic()
        try:
            self.process = subprocess.Popen(self.kind.command(self.folder), stdout=log, stderr=log, cwd=self.folder)
        except FileNotFoundError as missing:
            raise NotMeasured(f"{missing.filename} is not there") from None
        while time.monotonic() - begin < 60:
            if self.process.poll() is not None:
                raise NotMeasured(f"{self.kind.name} did not start: {self.last_words()}")
            if self.answers():
                return time.monotonic() - begin
            time.sleep(0.001)
        raise NotMeasured(f"{self.kind.name} did not answer within 60 s: {self.last_words()}")

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
                s.sendall(self.kind.hello or b"")
                return self.kind.hello is None or len(s.recv(4)) == 4
        except (ConnectionError, TimeoutError):
            return False

    def last_words(self) -> str:
        lines = (self.folder / "log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def rss_bytes(self) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()


@contextlib.contextmanager
def started(kind: Kind) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        server = Server(kind, pathlib.Path(folder))
        try:
            yield server
        finally:
            server.stop()


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def load(program: str, server: Server, *verb: str, **options: object) -> dict[str, float]:
    """Runs a load generator against a server; its line of JSON."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [BUILD / "bench" / program, *verb, "--port", str(server.port), "--pid", str(server.process.pid), *words]
    run = subprocess.run(command, capture_output=True, text=True, timeout=900)
    if run.returncode != 0:
        raise NotMeasured(f"{program} against {server.kind.name}: {run.stderr.strip()}; {server.last_words()}")
    return json.loads(run.stdout)


def pairs(count: int, a: Callable[[], float], b: Callable[[], float]) -> tuple[float, float, float]:
    """A B A B: the medians of both, and of the ratios of the pairs, since the machine's speed varies."""
    measured = [(a(), b()) for _ in range(count)]
    return (statistics.median(x for x, _ in measured), statistics.median(y for _, y in measured),
            statistics.median(x / y if y else 0.0 for x, y in measured))


def print_table(results: list[Result]) -> None:
    rows = [Result("", "Perigee", "peer", "ratio", "at least"), *results]
    widths = [max(len(row[i]) for row in rows) for i in range(len(Result._fields))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
