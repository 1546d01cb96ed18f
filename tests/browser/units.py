"""The page's own unit tests and its types (web/src/**/*.test.ts), as `npm test` and `npm run check` run them."""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

WEB = Path(os.environ.get("PERIGEE_WEB", "web")).resolve()


@unittest.skipUnless(shutil.which("npm") and (WEB / "node_modules" / "vitest").is_dir(),
                     f"the page's tools are not installed: npm ci --prefix {WEB}")
class Units(unittest.TestCase):
    def run_script(self, name):
        done = subprocess.run(["npm", "run", "--silent", name], cwd=WEB, capture_output=True, text=True, timeout=110)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_hold(self):
        self.run_script("test")

    def test_types_fit(self):
        self.run_script("check")


if __name__ == "__main__":
    unittest.main()
