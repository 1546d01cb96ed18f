"""The rows of bench/run about the MQTT door as a broker: throughput per CPU-second of the server, latency and memory,
beside Mosquitto with TCP_NODELAY and, where FLASHMQ or NANOMQ names its program, beside those. The server and the load
(`perigee bench mqtt`) have a core each."""
import json
import os
import pathlib
import resource
import socket
import subprocess
from typing import Iterator

from harness import (BUILD, CONNECT, PERIGEE, Kind, NotMeasured, Options, Result, Server, mosquitto, pairs,
                     perigee_files, started)
from rows import row

SERVER_CORE, LOAD_CORE = "0", "1"
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)  # of the servers too
RETAINED_TOPICS = 1_000_000
HELD_CONNECTIONS = 19_000  # near what 20,000 open files a process allow


def on_core(kind: Kind) -> Kind:
    return kind._replace(command=lambda folder: ["taskset", "-c", SERVER_CORE, *kind.command(folder)])


def in_memory_files(folder: pathlib.Path, port: int) -> dict[str, str]:
    name, text = next(iter(perigee_files(folder, port).items()))
    return {name: text.replace('durability = "fsync"', 'durability = "memory"')}


perigee = on_core(Kind("Perigee", lambda folder: [str(PERIGEE), "run", str(folder / "ingest.toml")], perigee_files))
in_memory = perigee._replace(files=in_memory_files)
floor = on_core(Kind("recv + send", lambda folder: [str(BUILD / "bench" / "mqtt_floor"), "--port",
                                                    (folder / "port").read_text()],
                     lambda folder, port: {"port": str(port)}))
flashmq = on_core(Kind("FlashMQ", lambda folder: [os.environ["FLASHMQ"], "--config-file", str(folder / "flashmq.conf")],
                       lambda folder, port: {"flashmq.conf": f"thread_count 1\nallow_anonymous true\n"
                                             f"storage_dir {folder}\nlisten {{\n  protocol mqtt\n  port {port}\n"
                                             "  inet4_bind_address 127.0.0.1\n}\n"}))
nanomq = on_core(Kind("NanoMQ", lambda folder: [os.environ["NANOMQ"], "start", "--conf", str(folder / "nanomq.conf")],
                      lambda folder, port: {"nanomq.conf": f'listeners.tcp {{ bind = "127.0.0.1:{port}" }}\n'}))


def peers() -> list[Kind]:
    others = [kind for kind, name in ((flashmq, "FLASHMQ"), (nanomq, "NANOMQ")) if name in os.environ]
    return [on_core(mosquitto), *others]


def bench_mqtt(server: Server, *words: object) -> dict:
    """One run of `perigee bench mqtt` against a running server."""
    command = ["taskset", "-c", LOAD_CORE, PERIGEE, "bench", "mqtt", words[0], f"mqtt://127.0.0.1:{server.port}",
               "--pid", server.process.pid, "--json", *words[1:]]
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300)
    if run.returncode != 0:
        raise NotMeasured(f"{server.kind.name}: {run.stderr.strip()}; {server.last_words()}")
    return json.loads(run.stdout)


def measure(kind: Kind, *words: object) -> dict:
    """The same, against a fresh one."""
    with started(kind) as server:
        return bench_mqtt(server, *words)


def per_cpu_second(kind: Kind, options: Options, *words: object) -> float:
    return measure(kind, *words, "--for", f"{options.seconds}s")["per_cpu_second"]


def retained_publish(number: int) -> bytes:
    topic = f"plant/line-{number // 1000}/value-{number % 1000}".encode()
    body = len(topic).to_bytes(2) + topic + (number % 1000 + 1).to_bytes(2) + b"\0" + bytes(64)
    return bytes([0x33, len(body)]) + body  # QoS 1, RETAIN


def retain_all(port: int) -> None:
    at_once = 1000
    with socket.create_connection(("127.0.0.1", port), timeout=60) as to, to.makefile("rb") as answers:
        def skip_packet() -> None:
            answers.read(answers.read(2)[1])
        to.sendall(CONNECT)
        skip_packet()
        for first in range(0, RETAINED_TOPICS, at_once):
            to.sendall(b"".join(map(retained_publish, range(first, first + at_once))))
            for _ in range(at_once):
                skip_packet()


def rate(x: float) -> str:
    return f"{x / 1000:,.0f} k"


def compare(options: Options, what: str, wanted: str, ours: Kind, others: list[Kind],
            *words: object) -> Iterator[Result]:
    for peer in others:
        a, b, ratio = pairs(options.pairs, lambda: per_cpu_second(ours, options, *words),
                            lambda: per_cpu_second(peer, options, *words))
        yield Result(what, rate(a), f"{rate(b)} {peer.name}", f"{ratio:.2f}x",
                     wanted if peer.name == mosquitto.name else "1x")


def against_floor(options: Options, wanted: str, *words: object) -> Result:
    a, b, ratio = pairs(options.pairs, lambda: per_cpu_second(perigee, options, *words),
                        lambda: per_cpu_second(floor, options, *words))
    return Result("the same against the floor", rate(a), f"{rate(b)} {floor.name}", f"{ratio:.2f}x", wanted)


@row("mqtt-fan-in")
def fan_in(options: Options) -> Iterator[Result]:
    yield from compare(options, "MQTT fan-in QoS 0, 32 a send, in + out per CPU-second", "5x", perigee, peers(),
                       "fan-in", "--batch", 32, "--window", 256)


@row("mqtt-p2p")
def p2p(options: Options) -> Iterator[Result]:
    """A message per send. With one on its way for each of 32 pairs, each costs the server a recv and a send."""
    yield from compare(options, "MQTT p2p QoS 0, a message a send, 16 on their way", "1.6x", perigee, peers(), "p2p",
                       "--window", 16)
    lock_step = ("p2p", "--connections", 32)
    yield from compare(options, "MQTT p2p QoS 0, one on its way", "", perigee, peers(), *lock_step)
    yield against_floor(options, "0.75x", *lock_step)


@row("mqtt-qos1")
def qos_1(options: Options) -> Iterator[Result]:
    """Mosquitto keeps messages in memory only: that is the like of our `memory`, and what `fsync` is measured by."""
    words = ("p2p", "--connections", 32, "--qos", 1, "--window", 20)
    yield from compare(options, "MQTT p2p QoS 1, durability memory", "2x", in_memory, peers(), *words)
    yield from compare(options, "MQTT p2p QoS 1, fsync before PUBACK", "1x", perigee, peers(), *words)


@row("mqtt-fan-out")
def fan_out(options: Options) -> Iterator[Result]:
    yield from compare(options, "MQTT fan-out 1 to 100, saturated", "4x", perigee, peers(), "fan-out", "--batch", 16,
                       "--window", 64)
    yield from compare(options, "MQTT fan-out 1 to 100, unbatched", "1.3x", perigee, peers(), "fan-out")
    yield against_floor(options, "", "fan-out")


@row("mqtt-latency")
def latency(options: Options) -> Iterator[Result]:
    for per_second in (5_000, 20_000):
        def p50(kind: Kind) -> float:
            return measure(kind, "p2p", "--rate", per_second, "--for", f"{options.seconds}s")["latency_us"]["p50"]
        for peer in peers():
            a, b, ratio = pairs(options.pairs, lambda: p50(perigee), lambda: p50(peer))
            yield Result(f"MQTT p2p QoS 0 at {per_second // 1000} k/s, p50", f"{a:.0f} us", f"{b:.0f} us {peer.name}",
                         f"{ratio:.2f}x", "at most 1x")


@row("mqtt-retained")
def retained(options: Options) -> Iterator[Result]:
    def resident_each(kind: Kind) -> float:
        with started(kind) as server:
            before = server.rss_bytes()
            retain_all(server.port)
            return (server.rss_bytes() - before) / RETAINED_TOPICS
    a, b, ratio = pairs(min(options.pairs, 3), lambda: resident_each(perigee),
                        lambda: resident_each(on_core(mosquitto)))
    yield Result(f"RSS of a retained message of 64 B, of {RETAINED_TOPICS:,}", f"{a:,.0f} B", f"{b:,.0f} B Mosquitto",
                 f"{ratio:.2f}x", "")


@row("mqtt-idle")
def idle(options: Options) -> Iterator[Result]:
    """Each connection takes a file of the server's and one of the load's."""
    def bytes_each(kind: Kind) -> float:
        return measure(kind, "connect", "--connections", HELD_CONNECTIONS, "--hold", "2s")["resident_bytes_each"]
    a, b, ratio = pairs(min(options.pairs, 3), lambda: bytes_each(perigee), lambda: bytes_each(on_core(mosquitto)))
    yield Result(f"RSS of an idle MQTT connection, of {HELD_CONNECTIONS:,}", f"{a:,.0f} B", f"{b:,.0f} B Mosquitto",
                 f"{ratio:.2f}x", "at most 1,536 B")
