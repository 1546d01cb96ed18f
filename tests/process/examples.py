"""The examples: their rules' tests pass, plants are what plants.py makes, and each raises what its README says."""

import csv
import datetime
import pathlib
import subprocess
import sys
import unittest

import mqtt
from processes import SiteTest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
RAISED = {"predictive-maintenance": {"bearing/pump-2", "vibration-c/pump-2"},
          "cold-chain": {"door-open/lorry-2", "excursion/lorry-2"},
          "smart-building": {"stale-air/room-1", "stale-air/room-2"},
          "irrigation": {"leak/field-2"},
          "wearable": {"tachycardia/wearer-2", "no-contact/wearer-1", "no-contact/wearer-2"},
          "fleet": {"outside/lorry-8", "idling/lorry-7", "idling/lorry-8"}}


class Examples(SiteTest):
    def test_every_folder_is_known_here(self):
        self.assertEqual({each.parent.name for each in EXAMPLES.glob("*/gateway.toml")}, set(RAISED))

    def test_the_plants_are_what_the_script_makes(self):
        done = subprocess.run([sys.executable, EXAMPLES / "plants.py", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_rules_pass_their_tests(self):
        for name in RAISED:
            done = self.perigee("test", EXAMPLES / name / "rules")
            self.assertEqual(done.returncode, 0, f"{name}: {done.stdout}{done.stderr}")

    def test_each_plant_raises_what_its_readme_says(self):
        node = self.node("gateway").start()
        with mqtt.Client(node.port, "plant") as client:
            for topic, payload in (row for name in RAISED for row in rows_of(name)):
                self.assertEqual(client.publish_and_wait(topic, payload.encode()), mqtt.SUCCESS)
        for name, alarms in RAISED.items():
            done = self.perigee("rule", "run", EXAMPLES / name / "rules", "--data", node.data)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}")
            actions = [line.split() for line in done.stdout.splitlines()]
            self.assertEqual({words[3] for words in actions if words[2] == "raise"}, alarms, name)
            self.assertNotRegex(done.stderr, r" [1-9]\d* (errors|dropped)", name)


def rows_of(name):
    """(topic, payload) of all its devices, in the order of time."""
    rows = []
    for file in (EXAMPLES / name / "plant").glob("*.csv"):
        for row in csv.DictReader(file.read_text().splitlines()):
            at = datetime.datetime.fromisoformat(row.pop("time").replace("Z", "+00:00"))
            values = "".join(f',"{key}":{value}' for key, value in row.items())
            rows.append((at, f"{name}/{file.stem}", f'{{"ts":{int(at.timestamp() * 1e6)}{values}}}'))
    return [row[1:] for row in sorted(rows)]


if __name__ == "__main__":
    unittest.main()
