"""What a hostile or broken client does to a broker. Each attack is a generator function: it is given the port, does
its harm in small steps, and yields between them, so that whoever runs it says when it ends. What it holds open ends
with it. As a program, attacks.py NAME PORT goes on until it is killed: bench/run measures what it costs others.
"""

import contextlib
import itertools
import os
import socket
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "process"))
import mqtt

SUBSCRIPTIONS = 100_000
LEVELS = 128  # limits::mqtt_topic_levels_max
PAYLOAD_BYTES = 4 << 20  # limits::message_payload_bytes_max


def connected(port, held, name, **options):
    """A client that ends with the attack."""
    client = mqtt.Client(port, name, **options)
    held.callback(client.close)
    return client


def opened(port, held):
    """A connection that says nothing yet."""
    made = socket.create_connection(("127.0.0.1", port), timeout=5)
    held.callback(made.close)
    return made


def slow_reader(port, held):
    """Takes nothing of what it subscribed to, while others publish it."""
    for n in range(8):
        connected(port, held, f"sleeper-{n}").subscribe("flood/#", qos=n % 2)
    flooder = connected(port, held, "flooder")
    for n in itertools.count():
        flooder.publish("flood/x", bytes(16_384))
        if n % 4 == 3:
            yield


def slow_writer(port, held):
    """A CONNECT and a PUBLISH of the largest size, a byte at a time."""
    writers = [opened(port, held) for _ in range(100)]
    hello = [mqtt.connect_packet(f"slow-{n}") for n in range(len(writers))]
    publish = mqtt.packet(mqtt.PUBLISH, mqtt.text("slow/x") + b"\0" + bytes(PAYLOAD_BYTES - 64))
    for at in itertools.count():
        for one, greeting in zip(writers, hello):
            raw = (greeting + publish)[at:at + 1]
            with contextlib.suppress(OSError):
                one.sendall(raw)
        yield


def half_open(port, held):
    """Opens and says nothing, more and more."""
    for n in itertools.count():
        if n < 2000:
            opened(port, held)
        if n % 20 == 19:
            yield


def huge_packets(port, held):
    """Announces the longest packet there is, and sends the longest that is taken."""
    publisher = connected(port, held, "huge", version=4)
    for n in itertools.count(1):
        with contextlib.suppress(OSError):
            liar = opened(port, held)
            liar.sendall(b"\x10\xff\xff\xff\x7f" + bytes(1000))
            other = connected(port, held, f"liar-{n % 50}")
            other.send(b"\x30\xff\xff\xff\x7f" + bytes(1000))
        yield
        publisher.publish_and_wait("huge/x", bytes(PAYLOAD_BYTES), n % 60_000 + 1)
        yield


def many_subscriptions(port, held):
    """A hundred clients with as many filters as they get."""
    per_packet = 500
    for n in itertools.count():
        if n < 100:
            client = connected(port, held, f"greedy-{n}", version=4)
            for first in range(0, SUBSCRIPTIONS // 100, per_packet):
                filters = b"".join(mqtt.text(f"greedy/{n}/{first + i}/+/#") + b"\0" for i in range(per_packet))
                client.send(mqtt.packet(mqtt.SUBSCRIBE, b"\0\1" + filters, flags=2))
                client.read()
                yield
        yield


def deep_topics(port, held):
    """Filters and topics of as many levels as there may be, where every level could be a wildcard."""
    client = connected(port, held, "deep", version=4)
    for wild in range(12):
        filter_ = "/".join("+" if i % 12 <= wild else "a" for i in range(LEVELS))
        client.send(mqtt.packet(mqtt.SUBSCRIBE, b"\0\1" + mqtt.text(filter_) + b"\0", flags=2))
        client.read()
    publisher = connected(port, held, "deep-publisher")
    for n in itertools.count():
        publisher.publish("/".join(["a"] * LEVELS), b"x")
        if n % 50 == 49:
            while client.read()[0] != mqtt.PUBLISH:
                pass
            yield


def bad_text(port, held):
    """Topics that are no UTF-8, with NUL or surrogates, empty, too deep or with wildcards."""
    topics = (b"\xff\xfe", b"a\0b", b"\xed\xa0\x80", b"", b"a/#", b"/".join([b"a"] * (LEVELS + 1)), b"x" * 5000)
    for n in itertools.count():
        with contextlib.suppress(OSError, mqtt.Closed), mqtt.Client(port, f"babel-{n % 20}") as client:
            topic = topics[n % len(topics)]
            client.send(mqtt.packet(mqtt.PUBLISH, struct.pack(">H", len(topic)) + topic + b"\0x"))
            client.read_end()
        yield


def noise(port, held):
    """Anything at all, before and after a CONNECT."""
    for n in itertools.count():
        with contextlib.suppress(OSError, mqtt.Closed):
            if n % 2:
                one = socket.create_connection(("127.0.0.1", port), timeout=5)
                one.sendall(os.urandom(2000))
                one.close()
            else:
                with mqtt.Client(port, "noise") as client:
                    client.send(os.urandom(2000))
        yield


def connect_storm(port, held):
    """Connects and goes, as fast as it can."""
    for n in itertools.count():
        with contextlib.suppress(OSError, mqtt.Closed):
            mqtt.Client(port, f"storm-{n % 1000}").close()
        yield


def takeover_storm(port, held):
    """Takes the session of the one before, again and again."""
    last = None
    for _ in itertools.count():
        with contextlib.suppress(OSError, mqtt.Closed):
            client = mqtt.Client(port, "contested", clean=False, expiry_s=60)
            if last:
                last.close()
            last = client
            held.callback(client.close)
        yield


ATTACKS = (slow_reader, slow_writer, half_open, huge_packets, many_subscriptions, deep_topics, bad_text, noise,
           connect_storm, takeover_storm)


def carry_on(how, port, is_over):
    """Until `is_over()`; begins anew where the broker threw it out."""
    with contextlib.ExitStack() as held:
        steps = how(port, held)
        while not is_over():
            try:
                next(steps)
            except (OSError, mqtt.Closed, StopIteration):
                steps = how(port, held)
                time.sleep(0.01)


if __name__ == "__main__":
    named = {each.__name__: each for each in ATTACKS}
    carry_on(named[sys.argv[1]], int(sys.argv[2]), is_over=lambda: False)
