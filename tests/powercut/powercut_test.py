"""A few power cuts, and a canary: where acknowledgements do not wait for the disk, they must be found to be lost."""

import shutil
import tempfile
import unittest
from pathlib import Path

import powercut

CANARY_CUTS = 20


class PowerCut(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="perigee-powercut-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def cut(self, cut_power, **options):
        try:
            return cut_power(self.folder, **options)
        except powercut.CannotMount as why:
            self.skipTest(f"no FUSE file system can be mounted: {why}")

    def test_nothing_acknowledged_is_lost(self):
        summary, findings = self.cut(powercut.run, seed=3, cuts=5)
        self.assertEqual(findings, [])
        self.assertGreaterEqual(summary["cuts"], 5)
        self.assertEqual((summary["lost"], summary["doubled"]), (0, 0))

    def test_what_was_only_handed_to_the_system_is_lost(self):
        """Or the file system does not do what it is for."""
        self.assertIsNotNone(self.cut(powercut.run_until_lost, seed=4, cuts=CANARY_CUTS))


if __name__ == "__main__":
    unittest.main()
