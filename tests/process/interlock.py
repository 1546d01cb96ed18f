"""Rules that act where a message arrives: before it is durable, once, and written down."""

import json
import unittest

import mqtt
from processes import SiteTest, wait_until

STOP = """/*
interlock = true
[[action]]
publish = "cmd/${topic(2)}"
payload = '{"stop":true,"at":${pressure}}'
*/
SELECT pressure FROM 'plant/+' WHERE pressure > 8
"""


class Interlock(SiteTest):
    def setUp(self):
        super().setUp()
        self.fog = self.node("fog-1", more='[rules]\nfolder = "rules"\n')
        (self.fog.folder / "rules").mkdir()
        (self.fog.folder / "rules" / "stop.rule.sql").write_text(STOP)
        self.fog.start()

    def publish(self, *pressures):
        with mqtt.Client(self.fog.port, "press") as client:
            for p in pressures:
                self.assertEqual(client.publish_and_wait("plant/press", json.dumps({"pressure": p}).encode()),
                                 mqtt.SUCCESS)

    def written(self):
        ran = self.perigee("journal", "dump", self.fog.config, "--lane", "event", "--json")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        rows = [json.loads(line) for line in ran.stdout.splitlines()]
        return [json.loads(row["payload"]) for row in rows if row.get("topic") == "$perigee/interlock"]

    def test_the_command_is_there_before_the_message_that_caused_it(self):
        with mqtt.Client(self.fog.port, "machine") as machine:
            machine.subscribe("#")
            self.publish(7, 9)
            came = [machine.read_message() for _ in range(3)]
        self.assertEqual([topic for topic, _ in came], ["plant/press", "cmd/press", "plant/press"])
        self.assertEqual(json.loads(came[1][1]), {"stop": True, "at": 9})

    def test_it_is_written_down_and_not_done_again(self):
        self.publish(9)
        row, = wait_until("it is written down", self.written)
        self.assertEqual((row["rule"], row["topic"], json.loads(row["payload"])),
                         ("stop", "cmd/press", {"stop": True, "at": 9}))
        self.fog.subscribe_for_later("cmd/press")
        self.fog.kill()
        self.fog.start()
        self.publish(10)
        wait_until("the second is written down", lambda: len(self.written()) == 2)
        self.assertEqual(self.fog.receive_kept("cmd/press"), [], "who is away does not get it")
        ran = self.perigee("rule", "show", "stop", "--node", self.fog.config)
        self.assertRegex(ran.stdout, r"matched +1\n")


if __name__ == "__main__":
    unittest.main()
