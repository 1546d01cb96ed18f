"""Alarms on both ends of a link: what operators do on either side while it is cut comes to one picture, and stays."""

import json
import unittest

import mqtt
from processes import SiteTest, wait_until

RULE = """/*
name = "hot"
[[action]]
alarm = "hot"
severity = "critical"
key = "machine"
*/
SELECT value AS t, topic(2) AS machine FROM 'plant/+/t' WHERE value > 85.0
"""

DELAYED = """/*
name = "long"
[[action]]
alarm = "long"
key = "machine"
on_delay = "2s"
latch = true
group = "line-1"
*/
SELECT value AS t, topic(2) AS machine FROM 'plant/+/t' WHERE value > 70.0
"""


class Alarms(SiteTest):
    def setUp(self):
        super().setUp()
        self.cloud = self.node("cloud").start()
        self.fog = self.node("fog-1", more=self.uplink_to(self.cloud)).start()
        self.edge = self.node("edge-1", more="""
[rules]
folder = "rules"
""" + self.uplink_to(self.fog))
        (self.edge.folder / "rules").mkdir()
        (self.edge.folder / "rules" / "hot.rule.sql").write_text(RULE)
        (self.edge.folder / "rules" / "long.rule.sql").write_text(DELAYED)
        self.edge.start()

    @staticmethod
    def uplink_to(parent):
        return f'\n[uplink]\nurl = "mqtt://127.0.0.1:{parent.port}"\nlinger = "50ms"\n'

    def measure(self, value, machine="m7"):
        with mqtt.Client(self.edge.port, machine) as press:
            self.assertEqual(press.publish_and_wait(f"plant/{machine}/t", str(value).encode()), mqtt.SUCCESS)

    def alarm(self, node, *arguments, code=0):
        done = self.perigee("alarm", *arguments, "--node", node.config, "--json")
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if code == 0 else done.stderr

    def shown(self, node, name="hot", key="m7"):
        """One alarm as a node's operators see it, without what is of this board alone."""
        for each in self.alarm(node, "ls", "--state", "all")["alarms"]:
            if (each["name"], each["key"]) == (name, key):
                return each
        return None

    def wait_for_state(self, node, state):
        return wait_until(f"{node.name} shows {state}",
                          lambda: (found := self.shown(node)) and found["state"] == state and found)

    def wait_for_one_picture(self):
        def same():
            pictures = [{key: value for key, value in (self.shown(node) or {}).items()
                         if key not in ("id", "chattering")} for node in (self.edge, self.fog, self.cloud)]
            return pictures[0] == pictures[1] == pictures[2] and pictures[0]
        return wait_until("all show the same", same)

    def test_what_is_done_above_comes_down_and_what_is_done_below_goes_up(self):
        self.measure(91)
        above = self.wait_for_state(self.fog, "unacknowledged")
        done = self.alarm(self.fog, "ack", above["id"], "--comment", "on my way", "--as", "ada")
        self.assertEqual((done["state"], done["isa_state"], done["acknowledged"]["by"]),
                         ("acknowledged", "C", "ada (the node's token)"))
        below = self.wait_for_state(self.edge, "acknowledged")
        self.assertEqual(below["acknowledged"]["comment"], "on my way")
        self.assertIn("acknowledged already", self.alarm(self.edge, "ack", below["id"], code=1))
        self.alarm(self.edge, "shelve", below["id"], "--for", "30m", "--comment", "new fan")
        self.assertEqual(self.wait_for_state(self.fog, "shelved")["shelved"]["comment"], "new fan")
        self.wait_for_one_picture()
        told = [(line["what"], line["told_by"], line["comment"])
                for line in self.alarm(self.edge, "history", below["id"])["history"]]
        self.assertEqual(told, [("shelved", "edge-1", "new fan"), ("acknowledged", "edge-1", "on my way"),
                                ("raised", "edge-1", None)])

    def test_what_is_done_two_levels_above_comes_down_too(self):
        self.measure(91)
        above = self.wait_for_state(self.cloud, "unacknowledged")
        self.fog.kill()
        self.alarm(self.cloud, "ack", above["id"], "--comment", "from the cloud")
        self.alarm(self.cloud, "out-of-service", above["id"])
        self.fog.start()
        self.wait_for_state(self.edge, "out_of_service")
        self.alarm(self.fog, "return-to-service", self.shown(self.fog)["id"])
        self.wait_for_state(self.edge, "acknowledged")
        self.assertEqual(self.wait_for_one_picture()["acknowledged"]["comment"], "from the cloud")

    def test_a_thousand_are_listed_whole(self):
        with mqtt.Client(self.edge.port, "press") as press:
            for number in range(1100):
                self.assertEqual(press.publish_and_wait(f"plant/m{number}/t", b"91"), mqtt.SUCCESS)
        wait_until("all are listed",
                   lambda: len(self.alarm(self.edge, "ls", "--severity", "1")["alarms"]) == 1100)
        self.assertEqual(len(self.alarm(self.edge, "ls", "--limit", "1050")["alarms"]), 1050)

    def test_two_who_cannot_see_each_other_end_with_one_picture(self):
        self.measure(91)
        above, below = self.wait_for_state(self.fog, "unacknowledged"), self.shown(self.edge)
        self.edge.kill()
        self.alarm(self.fog, "shelve", above["id"], "--for", "1h", "--comment", "above")
        self.alarm(self.fog, "comment", above["id"], "who is there?")
        self.fog.kill()
        self.edge.start()
        self.wait_for_state(self.edge, "unacknowledged")
        self.alarm(self.edge, "ack", below["id"], "--comment", "below")
        self.alarm(self.edge, "out-of-service", below["id"], "--comment", "taken apart")
        self.measure(20)
        self.wait_for_state(self.edge, "out_of_service")
        self.edge.kill()
        self.fog.start()
        self.edge.start()
        wait_until("what was done above is here", lambda: self.shown(self.edge)["shelved"])
        one = self.wait_for_one_picture()
        self.assertEqual((one["state"], one["active"], one["acked"]), ("out_of_service", False, True))
        self.assertEqual([one[key]["comment"] for key in ("acknowledged", "shelved", "comment", "out_of_service")],
                         ["below", "above", "who is there?", "taken apart"])
        for node in (self.fog, self.edge):
            node.kill()
            node.start()
        self.assertEqual(self.wait_for_one_picture(), one)

    def test_an_on_delay_goes_on_over_a_kill_and_what_latches_is_reset(self):
        self.measure(75)
        self.edge.kill()
        self.edge.start()
        found = wait_until("it is raised without another message", lambda: self.shown(self.edge, "long"))
        self.assertEqual((found["value"], found["group"], found["first_out"]),
                         (75, "line-1", True))
        self.alarm(self.edge, "ack", found["id"])
        self.measure(20)
        wait_until("it latches", lambda: self.shown(self.edge, "long")["state"] == "latched_acknowledged")
        self.assertEqual(self.alarm(self.edge, "reset", found["id"])["state"], "normal")
        self.measure(75)
        self.alarm(self.edge, "suppress", "--group", "line-1", "--of", "edge-1", "--comment", "cleaning")
        wait_until("it is suppressed with its group",
                   lambda: self.shown(self.edge, "long")["active"] and self.shown(self.edge, "long"))
        self.assertEqual(self.shown(self.edge, "long")["state"], "suppressed")
        wait_until("the parent sees that", lambda: self.shown(self.fog, "long")["suppressed_by_group"])

    def test_nobody_plays_the_operator_over_mqtt(self):
        self.measure(91)
        found = self.wait_for_state(self.edge, "unacknowledged")
        with mqtt.Client(self.edge.port, "intruder") as intruder:
            deed = {"alarm": "hot", "key": "m7", "state": "acknowledged", "ts": 1, "since": 1, "by": "ada"}
            intruder.publish_and_wait("alarm/hot/m7", json.dumps(deed).encode())
        with self.assertRaises(Exception):
            with mqtt.Client(self.edge.port, "alarms/operators"):
                pass
        self.measure(92)
        self.assertEqual(self.shown(self.edge)["state"], found["state"])

    def test_the_command_line_says_what_it_finds(self):
        for number in range(11):
            self.measure(91, f"m{number}")
        # Each is raised by two rules: one after two seconds.
        wait_until("all are raised", lambda: len(self.alarm(self.edge, "ls")["alarms"]) == 22)
        listed = self.perigee("alarm", "ls", "--node", self.edge.config)
        self.assertIn("B unacknowledged", listed.stdout)
        kpi = self.alarm(self.edge, "kpi")
        self.assertEqual((kpi["flood"], kpi["last_10_minutes"], kpi["standing"]), (True, 22, 22))
        self.assertIn("a flood of alarms since", self.perigee("alarm", "kpi", "--node", self.edge.config).stdout)
        self.edge.wait_for_metric("perigee_alarms_flood", 1)
        first = self.alarm(self.edge, "ls", "--limit", "1")["alarms"][0]
        shown = self.perigee("alarm", "show", first["id"], "--node", self.edge.config)
        self.assertIn("may be          acknowledge, clear, shelve", shown.stdout)
        for wrong, sentence in ((("shelve", first["id"], "--for", "9h"), "may not be shelved for so long"),
                                (("reset", first["id"]), "still holds"), (("ack", "999"), "no such alarm"),
                                (("unsuppress", "--group", "line-9", "--of", "edge-1"), "no alarm of that node")):
            with self.subTest(wrong=wrong):
                self.assertIn(sentence, self.alarm(self.edge, *wrong, code=1))
        self.assertEqual(self.perigee("alarm", "ack", "x", "--node", self.edge.config).returncode, 64)
        self.assertEqual(self.perigee("alarm", "suppress", "--node", self.edge.config).returncode, 64)
        self.assertEqual(self.alarm(self.edge, "ls", "--state", "aside")["alarms"], [])


if __name__ == "__main__":
    unittest.main()
