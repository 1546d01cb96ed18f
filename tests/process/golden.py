"""A node's data folder as each released version left it, on which every later build starts and goes on.

Never write such a folder anew once its version is released: a version that writes other bytes adds a folder. Where one
is missing it is written by this build, and the test fails, so that it is looked at before it is committed.
"""

import json
import shutil
import unittest
from pathlib import Path

import mqtt
from processes import SiteTest, wait_until

STORED = Path(__file__).resolve().parent.parent / "data" / "node-1"
READINGS = 20
ORDERS = [b"order %d" % n for n in range(5)]
NOT_KEPT = ("run.json", "lock")  # of a process
RULE = """\
/*
name = "overheat"
[[action]]
publish = "commands/${machine}"
payload = '{"speed":0}'
qos = 1
[[action]]
alarm = "overheat"
severity = "critical"
key = "machine"
*/
SELECT value AS value, topic(2) AS machine
FROM 'plant/+/temperature'
WHERE value > 85.0
"""
FOR_EVER = "36500d"  # the folder grows old, and nothing in it may
CONFIG = f'''
[rules]
folder = "rules"

[history]
retention = "{FOR_EVER}"

[journal.lane.alarm]
age_max = "{FOR_EVER}"

[journal.lane.event]
age_max = "{FOR_EVER}"

[journal.lane.bulk]
age_max = "{FOR_EVER}"
'''


class StoredNode(SiteTest):
    def test_a_node_of_version_1_goes_on(self):
        node = self.node("fog-1", more=CONFIG)
        (node.folder / "rules").mkdir()
        (node.folder / "rules" / "overheat.rule.sql").write_text(RULE)
        if not STORED.exists():
            self.make(node)
            shutil.copytree(node.data, STORED, ignore=shutil.ignore_patterns(*NOT_KEPT))
            self.fail(f"{STORED} was missing and has been written: check it and commit it")
        shutil.copytree(STORED, node.data)
        self.assertEqual(self.perigee("journal", "verify", "--data", node.data).returncode, 0)
        node.start()
        self.check(node)

    def publish(self, node, topic, values):
        with mqtt.Client(node.port, "press") as client:
            for value in values:
                self.assertEqual(client.publish_and_wait(topic, value), mqtt.SUCCESS)

    def make(self, node):
        """Readings, one of them too hot; a session that is away while five messages come."""
        node.start()
        node.subscribe_for_later("orders/#")
        self.publish(node, "plant/press/temperature", [b'{"value":%d}' % (70 + n) for n in range(READINGS)])
        self.publish(node, "orders/7", ORDERS)
        self.wait_for_readings(node, READINGS)
        wait_until("the rule has decided", lambda: self.decisions(node) > 0)
        node.stop()

    def check(self, node):
        self.wait_for_readings(node, READINGS)
        self.assertEqual(self.orders(node), ORDERS)
        self.publish(node, "plant/press/temperature", [b'{"value":20}'])
        self.wait_for_readings(node, READINGS + 1)

    def orders(self, node):
        """From the journal. The session that waited for them has expired since, as sessions do; the broker's state has
        a golden file of its own."""
        dumped = self.perigee("journal", "dump", "--data", node.data, "--json").stdout.splitlines()
        return [each["payload"].encode() for each in map(json.loads, dumped) if each["topic"] == "orders/7"]

    @staticmethod
    def decisions(node):
        return node.status()["decisions"]

    @staticmethod
    def wait_for_readings(node, count):
        wait_until(f"history has {count} readings", lambda: node.status()["history"]["readings"] >= count)


if __name__ == "__main__":
    unittest.main()
