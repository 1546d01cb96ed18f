"""The service as packaging/systemd has it: what a node asks of the kernel is what its unit allows."""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from processes import PATIENCE_S, PERIGEE, SiteTest, wait_until

UNIT = Path(__file__).resolve().parents[2] / "packaging/systemd/perigee@.service"
OF_THE_START = {"execve", "arch_prctl"}  # before the filter is there
OF_ROOT = {"fchown"}  # SQLite's, of a process that runs as root: the service does not


def members(name):
    """The system calls of a set such as @system-service, as systemd has it."""
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True,
                            timeout=PATIENCE_S).stdout
    out = set()
    for word in re.findall(r"^\s+(@?[a-z0-9_-]+)$", listed, re.M):
        out |= members(word) if word.startswith("@") else {word}
    return out


def allowed():
    out = set()
    for line in re.findall(r"^SystemCallFilter=(.+)$", UNIT.read_text(encoding="utf-8"), re.M):
        listed = set().union(*(members(word) for word in line.lstrip("~").split()))
        out = out - listed if line.startswith("~") else out | listed
    return out


@unittest.skipUnless(shutil.which("systemd-analyze") and shutil.which("strace"), "needs systemd-analyze and strace")
class Hardening(SiteTest):
    def test_a_node_asks_for_nothing_that_its_unit_forbids(self):
        calls = self.folder / "calls"
        node = self.node("gw", more="[history]\nenabled = true\n")
        node.config.write_text(node.toml())
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # that would trace it too
        traced = self.run_in_background("traced", ["strace", "-f", "-qq", "-o", calls, PERIGEE, "run", node.config],
                                        env=env)
        where = node.data / "run.json"
        wait_until("it is up", where.exists)
        info = json.loads(where.read_text())
        for i in range(20):
            port = str(info["mqtt"][0]["port"])
            subprocess.run(["mosquitto_pub", "-p", port, "-t", "site/x", "-m", str(i), "-q", "1"], check=True,
                           timeout=PATIENCE_S)
        self.perigee("status", "--node", node.config)
        os.kill(info["pid"], signal.SIGTERM)
        wait_until("it has ended", lambda: not traced.running())
        used = set(re.findall(r"^\d+ +(?:<\.\.\. )?([a-z0-9_]+)(?:\(| resumed)", calls.read_text(), re.M))
        self.assertIn("fdatasync", used, "the trace is one of a node at work")
        self.assertEqual(used - allowed() - OF_THE_START - OF_ROOT, set())

    def test_it_is_well_exposed_to_nobody(self):
        said = subprocess.run(["systemd-analyze", "security", "--offline=true", str(UNIT)], capture_output=True,
                              text=True, timeout=PATIENCE_S).stdout
        level = float(re.search(r"Overall exposure level.*?: ([0-9.]+)", said)[1])
        self.assertLess(level, 2.0, said)


if __name__ == "__main__":
    unittest.main()
