"""The table of normative statements is whole, and every test that it names is there."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/conformance-statements.md"

# How many statements the sections of MQTT 5 number: from 1, but for 2.2.1, whose first is gone.
COUNTS = """
1.5.4 3  1.5.5 1  1.5.7 1  2.1.3 1  2.2.1 6  2.2.2 1  3.1.0 2  3.1.2 30  3.1.3 12  3.1.4 6  3.2.0 2  3.2.2 22  3.3.1 13
3.3.2 20  3.3.4 10  3.4.2 3  3.5.2 3  3.6.1 1  3.6.2 3  3.7.2 3  3.8.1 1  3.8.3 5  3.8.4 8  3.9.2 2  3.9.3 2  3.10.1 1
3.10.3 2  3.10.4 6  3.11.2 2  3.11.3 2  3.12.4 1  3.14.0 1  3.14.1 1  3.14.2 4  3.14.4 3  3.15.1 1  3.15.2 3  4.1.0 2
4.2 1  4.3.1 1  4.3.2 5  4.3.3 13  4.4.0 2  4.5.0 2  4.6.0 6  4.7.0 1  4.7.1 2  4.7.2 1  4.7.3 4  4.8.2 6  4.9.0 3
4.12.0 7  4.12.1 2  4.13.1 1  4.13.2 1  6.0.0 4
""".split()
NUMBERED = [f"MQTT-{section}-{n}" for section, count in zip(COUNTS[::2], COUNTS[1::2]) for n in range(1, int(count) + 1)
            if (section, n) != ("2.2.1", 1)]

ROW = re.compile(r"^\| (MQTT-[\d.]+-\d+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
GTEST = re.compile(r"^(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\(\s*(\w+),\s*(\w+)", re.MULTILINE)


def tests_there_are():
    found = set()
    for file in (ROOT / "src").rglob("*_test.cpp"):
        found |= {f"{suite}.{name}" for suite, name in GTEST.findall(file.read_text())}
    for file in (ROOT / "tests").rglob("*.py"):
        found |= {f"{file.name}: {name}" for name in re.findall(r"^    def (test_\w+)", file.read_text(), re.MULTILINE)}
    return found


class Statements(unittest.TestCase):
    def setUp(self):
        self.rows = ROW.findall(PAGE.read_text())

    def test_every_statement_has_its_row(self):
        self.assertEqual(len(NUMBERED), 251)
        self.assertEqual([statement for statement, _ in self.rows], NUMBERED)

    def test_every_test_that_is_named_is_there(self):
        there = tests_there_are()
        named = set(re.findall(r"`(\w+\.\w+(?:: \w+)?)`", PAGE.read_text())) - {"suite.name", "file.py: name"}
        self.assertGreater(len(named), 80)
        self.assertEqual(named - there, set())

    def test_a_statement_without_a_test_says_why(self):
        for statement, tests in self.rows:
            if "`" not in tests:
                self.assertRegex(tests, r"^— \w.{5,}", statement)


if __name__ == "__main__":
    unittest.main()
