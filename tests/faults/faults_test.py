"""A short run under faults, and canaries: what the long run relies on must find what is wrong."""

import shutil
import tempfile
import unittest
from pathlib import Path

import faults
from checker import Stored, judge
from publishers import Publisher

SHORT = {"kills": 8, "seconds": 0, "pace_s": 0.6, "per_second": 50, "disk_megabytes": 256}


class UnderFaults(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="perigee-faults-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(self):
        summary, findings = faults.run(self.folder, seed=3, **SHORT)
        self.assertEqual(findings, [])
        self.assertGreaterEqual(summary["kills"], SHORT["kills"])
        self.assertGreater(summary["acked"], 100)

    def test_a_record_taken_from_the_store_is_missed(self):
        def lose_one(stored):
            self.lost = stored.remove_one("stamped-1")

        summary, findings = faults.run(self.folder, seed=4, **SHORT | {"kills": 1}, change=lose_one)
        self.assertEqual(summary["lost"], 1)
        self.assertIn(f"[{self.lost}]", findings[0])


class Checker(unittest.TestCase):
    def setUp(self):
        self.stamped = Publisher("stamped", 0, ["a"], 1, stamped=True)
        self.plain = Publisher("plain", 0, ["a"], 1, stamped=False)
        for device in (self.stamped, self.plain):
            device.published = 3
            device.acked = {1, 2, 3}
        self.plain.sends[2] = 2
        self.stamped.sends[2] = 2
        self.stored = Stored(("a", f'{{"n": {n}, "by": "{name}"}}') for name in ("stamped", "plain") for n in (1, 2, 3))

    def judged(self):
        summary, findings = judge([self.stamped, self.plain], self.stored)
        return summary["lost"], summary["doubled"], len(findings)

    def test_all_is_well(self):
        self.assertEqual(self.judged(), (0, 0, 0))

    def test_a_plain_device_may_double_what_it_sent_twice_and_a_stamped_one_may_not(self):
        self.stored.add_one("plain", 2)
        self.assertEqual(self.judged(), (0, 0, 0))
        self.stored.add_one("plain", 1)
        self.assertEqual(self.judged(), (0, 1, 1))
        self.stored.add_one("stamped", 2)
        self.assertEqual(self.judged(), (0, 2, 2))

    def test_what_was_not_acknowledged_may_be_gone(self):
        self.stored.remove_one("plain")
        self.assertEqual(self.judged(), (1, 0, 1))
        self.plain.acked = {1, 2}
        self.assertEqual(self.judged(), (0, 0, 0))

    def test_what_nobody_sent_is_seen(self):
        self.stored.add([("b", b"\xff")])
        self.assertEqual(self.judged(), (0, 0, 1))


if __name__ == "__main__":
    unittest.main()
