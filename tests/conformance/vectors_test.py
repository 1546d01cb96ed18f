"""Mosquitto's packet vectors against a node: what differs is what docs/conformance.md lists with its clause."""

import concurrent.futures
import contextlib
import re
import unittest
from pathlib import Path

import vectors
from brokers import Running

NODES = 6
PAGE = Path(__file__).resolve().parents[2] / "docs/conformance.md"


def documented():
    """The cases of the table of differences."""
    section = PAGE.read_text().split("## Packet vectors", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


def differences_of_all(cases):
    """Some cases wait for the grace that a broker gives its last word, so several nodes take turns."""
    with contextlib.ExitStack() as running, concurrent.futures.ThreadPoolExecutor(NODES) as pool:
        ports = [running.enter_context(Running("perigee")).port for _ in range(NODES)]
        shares = pool.map(lambda i: vectors.differences(ports[i], cases[i::NODES]), range(NODES))
        return {name: what for share in shares for name, what in share.items()}


@unittest.skipUnless(vectors.VECTORS.is_dir(), f"Mosquitto's vectors are not in {vectors.VECTORS}")
class Vectors(unittest.TestCase):
    def test_the_differences_are_those_on_the_page(self):
        cases = vectors.read_cases()
        self.assertGreater(len(cases), 1800)
        found = differences_of_all(cases)
        self.assertEqual({name: what for name, what in found.items() if name not in documented()}, {})
        self.assertEqual(documented() - set(found), set(), "these differ no more: take them off the page")


class Notation(unittest.TestCase):
    def test_a_payload_is_read_word_by_word(self):
        raw = bytes.fromhex("10 c801 0004 4d512054 000a 00000001 07")
        self.assertEqual(vectors.bytes_of("10 r200 s4 'MQ T' k10 L1 i7"), raw)

    def test_what_a_broker_may_choose_is_not_compared(self):
        def same(one, other, version=5):
            return [[vectors.essence(*each, version) for each in vectors.split(bytes.fromhex(raw))]
                    for raw in (one, other)]

        for one, other in (("2003000000", "20060000032200ff"), ("40020001", "4003000110"), ("e00181", "e00182")):
            self.assertEqual(*same(one, other))
        for one, other in (("2003000000", "2003010000"), ("40020001", "4003000187"), ("3004000161 00", "3104000161 00"),
                           ("9004000100 00", "9004000100 01")):
            self.assertNotEqual(*same(one, other))


if __name__ == "__main__":
    unittest.main()
