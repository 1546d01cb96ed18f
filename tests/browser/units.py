"""The page's own unit tests (web/src/**/*.test.ts), its types and its format, as npm runs them."""

import os
import subprocess
import unittest
from pathlib import Path

WEB = Path(os.environ.get("PERIGEE_WEB", "web")).resolve()


class Units(unittest.TestCase):
    def run_script(self, name):
        done = subprocess.run(["npm", "run", "--silent", name], cwd=WEB, capture_output=True, text=True, timeout=110)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_hold(self):
        self.run_script("test")

    def test_types_fit(self):
        self.run_script("check")

    def test_is_formatted(self):
        self.run_script("lint")


if __name__ == "__main__":
    unittest.main()
