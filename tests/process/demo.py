"""`perigee demo` as a newcomer and as a test of a release run it."""

import json
import unittest
from pathlib import Path

from processes import BAD_CONFIG, PERIGEE, UNAVAILABLE, SiteTest, wait_until

NODES = {"cloud", "fog", "edge-1", "edge-2", "edge-3"}
SCRIPT = """\
 3s cut fog
 6s heal fog
 8s kill fog      # with SIGKILL
10s start fog
12s kill edge-2
14s start edge-2
"""


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Demo(SiteTest):
    def setUp(self):
        super().setUp()
        self.place = self.folder / "site"

    def start_demo(self, *more):
        """In the background, until all its nodes run. Gives its process and theirs."""
        demo = self.run_in_background("demo", [PERIGEE, "demo", "--data", self.place, *more])
        nodes = wait_until("all nodes run, or the demo has ended", lambda: not demo.running() or self.pids_of_nodes())
        self.assertTrue(demo.running(), demo.err)
        return demo, nodes

    def pids_of_nodes(self):
        """By name; nothing until all are there."""
        try:
            said = [json.loads(file.read_text()) for file in self.place.rglob("run.json")]
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        pids = {each["id"]: each["pid"] for each in said if is_alive(each["pid"])}
        return pids if set(pids) == NODES else None

    def ask(self, *command):
        return self.perigee("demo", *command, "--data", self.place)

    def wait_until_gone(self, pids):
        wait_until("its processes are gone", lambda: not any(map(is_alive, pids)))

    def test_cuts_and_kills_lose_and_double_nothing(self):
        script, report = self.folder / "script", self.folder / "report.json"
        script.write_text(SCRIPT)
        done = self.perigee("demo", "--data", self.place, "--for", "18s", "--script", script, "--report", report,
                            patience=110)
        self.assertEqual(done.returncode, 0, done.stderr)
        counted = json.loads(report.read_text())
        self.assertEqual((counted["lost"], counted["duplicated"]), (0, 0), counted)
        self.assertGreater(counted["produced"], 0)
        self.assertGreaterEqual(counted["stored"], counted["produced"])
        self.assertGreater(counted["decisions"], 0)
        self.assertGreater(counted["json_bytes"], counted["uplink_bytes"])
        self.assertEqual(set(counted["nodes"]), NODES)
        for step in SCRIPT.splitlines():
            what = " ".join(step.split("#")[0].split()[1:])
            self.assertIn(f"{what}: ok", done.stderr)

    def test_clean_leaves_nothing(self):
        done = self.perigee("demo", "--data", self.place, "--for", "2s", "--clean", patience=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(self.place.exists())

    def test_a_signal_takes_all_down(self):
        demo, nodes = self.start_demo()
        self.assertEqual(demo.terminate(), 0, demo.err)
        self.wait_until_gone(nodes.values())

    def test_nothing_outlives_a_killed_supervisor(self):
        demo, nodes = self.start_demo()
        demo.kill()
        self.wait_until_gone(nodes.values())

    def test_another_terminal_cuts_kills_starts_and_stops(self):
        demo, before = self.start_demo()
        for command in (("cut", "fog"), ("heal", "fog"), ("kill", "edge-1")):
            done = self.ask(*command)
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
        self.wait_until_gone([before["edge-1"]])
        self.assertEqual(self.ask("start", "edge-1").returncode, 0)
        after = wait_until("edge-1 is back", self.pids_of_nodes)
        self.assertEqual([name for name in NODES if before[name] != after[name]], ["edge-1"])
        self.assertEqual(self.ask("stop").returncode, 0)
        self.assertEqual(demo.wait(), 0, demo.err)
        self.wait_until_gone(after.values())
        self.assertEqual(self.ask("stop").returncode, UNAVAILABLE)

    def has_link(self, name):
        said = self.perigee("status", "--json", "--data", self.place / name / "data")
        return said.returncode == 0 and json.loads(said.stdout)["link"]["connected"]

    def test_a_link_that_was_given_up_comes_back_when_its_cable_is_healed(self):
        self.start_demo()
        wait_until("the link is up", lambda: self.has_link("fog"))
        self.assertEqual(self.ask("cut", "fog").returncode, 0)
        wait_until("the node hangs up on what swallows all", lambda: not self.has_link("fog"))
        self.assertEqual(self.ask("heal", "fog").returncode, 0)
        wait_until("the link is up again", lambda: self.has_link("fog"))

    def test_a_wrong_script_is_refused_whole(self):
        script = self.folder / "script"
        script.write_text("3s cutt fog\nsoon heal fog\n5s kill cellar\n")
        done = self.perigee("demo", "--data", self.place, "--for", "5s", "--script", script)
        self.assertEqual(done.returncode, BAD_CONFIG)
        for line in (1, 2, 3):
            self.assertIn(f"script:{line}:", done.stderr)
        self.assertFalse(self.place.exists())

    def test_a_folder_of_someone_else_is_left_alone(self):
        self.place.mkdir()
        (self.place / "thesis.txt").write_text("years of work")
        self.assertEqual(self.perigee("demo", "--data", self.place, "--for", "1s").returncode, UNAVAILABLE)
        self.assertEqual([file.name for file in self.place.iterdir()], ["thesis.txt"])


if __name__ == "__main__":
    unittest.main()
