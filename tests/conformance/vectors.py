#!/usr/bin/env python3
"""Mosquitto's packet vectors, replayed against any broker: 1,826 short conversations, written down as bytes.

The vectors belong to Mosquitto's own test suite and lie beside the repository; this is a reader of ours, which compares
what the specification fixes and lets be what it leaves to a broker:

- of a CONNACK the session present flag and the code, of other answers type, packet identifier and codes, of a PUBLISH
  everything but DUP; a broker may send reason strings and its own limits;
- 0x81 and 0x82 in a DISCONNECT: where a packet cannot be read the wrong field decides which, and the vectors, whose
  answers are those of one broker, use both for the same (MQTT5 4.13.1);
- a connection that just ends where the vectors expect a CONNACK with a failure or a DISCONNECT (MQTT5 4.13: "may");
- the order between answers and messages to the client, which MQTT5 4.6 does not relate;
- PUBACK and PUBREC with 0x10, no matching subscribers, for 0x00 and the other way round (MQTT5 3.4.2.1: "may");
- PUBREL and PUBCOMP with 0x92, packet identifier not found, for 0x00 (MQTT5 3.6.2.1 and 3.7.2.1 have that code for an
  identifier that is not in use, and nothing demands it).
"""

import argparse
import contextlib
import json
import os
import re
import socket
import struct
import sys
from collections import Counter, deque
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "process"))
import mqtt  # noqa: E402

VECTORS = Path(os.environ.get("PERIGEE_MQTT_VECTORS",
                              Path(__file__).resolve().parents[3] / "shared/data/mqtt-vectors"))
PATIENCE_S = 10.0  # for an answer, or an end, that must come
UNSUBACK, PINGRESP = 11, 13
NO_MATCHING_SUBSCRIBERS, PACKET_IDENTIFIER_NOT_FOUND = 0x10, mqtt.PACKET_IDENTIFIER_NOT_FOUND
MALFORMED_PACKET, PROTOCOL_ERROR = 0x81, 0x82


class Difference(Exception):
    """What the broker did otherwise than the vectors say."""


# The vectors' notation: one word a field.

def _varint(value):
    """Also one that is longer than MQTT allows."""
    out = bytearray()
    while True:
        value, digit = value >> 7, value & 0x7F
        out.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(out)


FIELDS = {
    "i": lambda number: struct.pack(">B", number),
    **dict.fromkeys("Hkms", lambda number: struct.pack(">H", number)),
    "L": lambda number: struct.pack(">I", number),
    **dict.fromkeys("vr", _varint),
}


def bytes_of(written):
    """`10 r13 s4 'MQTT' 04 02 k10 s1 'p'`: hexadecimal bytes, text, and numbers by their width."""
    out = b""
    for text, word in re.findall(r"'([^']*)'|(\S+)", written):
        if not word:
            out += text.encode()
        elif word[0] in FIELDS:
            out += FIELDS[word[0]](int(word[1:]))
        else:
            out += bytes.fromhex(word)
    return out


# What is compared.

def borders(raw):
    """Where the body of the packet in front starts and ends; None while its length is not there."""
    size, at = 0, 1
    while at < len(raw):
        digit = raw[at]
        size |= (digit & 0x7F) << 7 * (at - 1)
        at += 1
        if not digit & 0x80:
            return at, at + size
    return None


def split(raw):
    """(type, flags, body) of each packet in the bytes."""
    while raw:
        start, end = borders(raw)
        yield raw[0] >> 4, raw[0] & 0x0F, raw[start:end]
        raw = raw[end:]


def _without_properties(rest):
    """What follows a block of properties, which is shorter than 16,384 bytes here."""
    size, start = rest[0] & 0x7F, 1
    if rest[0] & 0x80:
        size, start = size | rest[1] << 7, 2
    return rest[start + size:]


def essence(kind, flags, body, version):
    """What must be the same."""
    if kind == mqtt.CONNACK:
        return "CONNACK", body[:2].hex()
    if kind == mqtt.PUBLISH:
        return "PUBLISH", flags & 0x07, body.hex()
    if kind in (mqtt.PUBACK, mqtt.PUBREC, mqtt.PUBREL, mqtt.PUBCOMP):
        code = body[2] if len(body) > 2 else 0
        releases = kind in (mqtt.PUBREL, mqtt.PUBCOMP)
        as_good_as_0 = PACKET_IDENTIFIER_NOT_FOUND if releases else NO_MATCHING_SUBSCRIBERS
        return kind, flags, body[:2].hex(), 0 if code == as_good_as_0 else code
    if kind in (mqtt.SUBACK, UNSUBACK):
        codes = _without_properties(body[2:]) if version == 5 else body[2:]
        return kind, flags, body[:2].hex(), codes.hex()
    if kind == mqtt.DISCONNECT:
        code = body[0] if body else 0
        return "DISCONNECT", PROTOCOL_ERROR if code == MALFORMED_PACKET else code
    return kind, flags, body.hex()


def may_be_silent(expected):
    """The broker may just end the connection instead."""
    return expected[0] == "DISCONNECT" or (expected[0] == "CONNACK" and int(expected[1][2:], 16) != 0)


class Conversation:
    """One connection, whose answers and messages are taken apart."""

    def __init__(self, port, version):
        self.version = version
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = self.sent = b""
        self.messages, self.answers = deque(), deque()
        self.ended = False

    def close(self):
        self.socket.close()

    def send(self, raw):
        self.sent += raw
        try:
            self.socket.sendall(raw)
        except ConnectionError:
            self.ended = True

    def expect(self, expected):
        kept = self.messages if expected[0] == "PUBLISH" else self.answers
        while not kept and self._read():
            pass
        if kept:
            got = kept.popleft()
            if got != expected:
                raise Difference(f"{_shown(got)} for {_shown(expected)}")
        elif not may_be_silent(expected):
            raise Difference(f"the end for {_shown(expected)}")

    def expect_end(self):
        """A broker that has ended the connection answers nothing more; one that has not answers the PINGREQ. Then the
        end comes without waiting for whatever grace a broker gives its last word. Behind half a packet PINGREQ would
        only be its other half: there the broker must close on its own."""
        if _is_whole(self.sent):
            self.send(b"\xc0\0")
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
        while self._read():
            pass
        for what in self.answers:
            if not may_be_silent(what):
                raise Difference(f"{_shown(what)} for the end")

    def expect_alive(self):
        self.send(b"\xc0\0")
        self.expect((PINGRESP, 0, ""))

    def _read(self):
        """One packet more; False at the end."""
        while not self.ended:
            whole = self._take()
            if whole:
                packet = essence(*next(split(whole)), self.version)
                (self.messages if packet[0] == "PUBLISH" else self.answers).append(packet)
                return True
            try:
                more = self.socket.recv(1 << 16)
            except TimeoutError:
                raise Difference("nothing") from None
            except ConnectionError:
                more = b""
            self.ended = not more
            self.received += more
        return False

    def _take(self):
        """The bytes of the packet in front, where all of them are there."""
        found = borders(self.received)
        if not found or len(self.received) < found[1]:
            return None
        whole, self.received = self.received[:found[1]], self.received[found[1]:]
        return whole


def _is_whole(raw):
    """Whether the bytes end where a packet ends."""
    while raw:
        found = borders(raw)
        if not found or len(raw) < found[1]:
            return False
        raw = raw[found[1]:]
    return True


def _shown(what):
    return " ".join(str(each) for each in what)


# The cases.

class Case:
    def __init__(self, name, version, connects, ends, steps):
        self.name, self.version, self.connects, self.ends, self.steps = name, version, connects, ends, steps
        self.client_id = name.split(": ", 2)[2]

    def run(self, port):
        """Raises Difference."""
        talk = Conversation(port, self.version)
        try:
            if self.connects:
                talk.send(self._hello())
                talk.expect(("CONNACK", "0000"))
            for step in self.steps:
                self._do(step, talk, port)
            if self.ends:
                talk.expect_end()
            else:
                talk.expect_alive()
        finally:
            talk.close()

    def _hello(self):
        if self.version != 3:
            return mqtt.connect_packet(self.client_id, self.version)
        return mqtt.packet(mqtt.CONNECT, mqtt.text("MQIsdp") + b"\3\2\0\x3c" + mqtt.text(self.client_id))

    def _do(self, step, talk, port):
        if step["type"] == "send":
            talk.send(bytes_of(step["payload"]))
        elif step["type"] == "recv":
            for packet in split(bytes_of(step["payload"])):
                talk.expect(essence(*packet, self.version))
        elif step["type"] == "external_publish":
            self._publish(step, port)
        else:
            raise ValueError(f"{self.name}: {step['type']} is not known")

    @staticmethod
    def _publish(step, port):
        """Another client's message, taken by the broker when this is over."""
        with mqtt.Client(port, "helper", version=4) as helper:
            helper.publish(step["topic"], step["payload"].encode(), step["qos"], 1)
            for kind in {0: (), 1: (mqtt.PUBACK,), 2: (mqtt.PUBREC, mqtt.PUBCOMP)}[step["qos"]]:
                assert helper.read_answer()[0] == kind
                if kind == mqtt.PUBREC:
                    helper.release(1)


def read_cases(folder=VECTORS):
    """Every case; its name is `file: group: name`, with a number where that is not one of a kind."""
    cases, seen = [], Counter()
    for file in sorted(folder.glob("*.json")):
        for group in json.loads(file.read_text()):
            for each in group["tests"]:
                def setting(key, otherwise, each=each, group=group):
                    return each.get(key, group.get(key, otherwise))
                name = ": ".join([file.stem, " ".join(group["group"].split()), " ".join(each["name"].split())])
                seen[name] += 1
                if seen[name] > 1:
                    name += f" #{seen[name]}"
                cases.append(Case(name, setting("ver", 4), setting("connect", True), setting("expect_disconnect", True),
                                  each["msgs"]))
    return cases


def differences(port, cases):
    """What the broker on the port does otherwise, by case."""
    out = {}
    for case in cases:
        try:
            case.run(port)
        except Difference as what:
            out[case.name] = str(what)
    return out


def main():
    parser = argparse.ArgumentParser(description="Replays Mosquitto's packet vectors against a broker on 127.0.0.1.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name contains it")
    options = parser.parse_args()
    cases = [case for case in read_cases() if options.only in case.name]
    found = differences(options.port, cases)
    for name, what in found.items():
        print(f"{name}\t{what}")
    print(f"{len(cases) - len(found)} of {len(cases)} cases", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
