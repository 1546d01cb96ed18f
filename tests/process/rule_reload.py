"""Rules and their tables read again while a node runs: whole, or not at all."""

import json
import os
import signal
import unittest

import mqtt
from api import Browser
from processes import SiteTest

LIMITS = """/*
[[table]]
name = "limits"
file = "limits.csv"
key = "machine"
[[action]]
publish = "cmd/${topic(2)}"
*/
SELECT t, limits.most FROM 'plant/+' JOIN limits ON limits.machine = topic(2) WHERE t > limits.most
"""
COUNT = """/*
[[action]]
publish = "count"
*/
SELECT count(*) AS n FROM 'plant/+' GROUP BY COUNTWINDOW(4)
"""


class RuleReload(SiteTest):
    def setUp(self):
        super().setUp()
        self.fog = self.node("fog-1", more='[rules]\nfolder = "rules"\n')
        self.rules = self.fog.folder / "rules"
        self.rules.mkdir()
        (self.rules / "count.rule.sql").write_text(COUNT)
        (self.rules / "limits.rule.sql").write_text(LIMITS)
        (self.rules / "limits.csv").write_text("machine,most\npress,50\n")
        self.fog.start()
        self.listener = mqtt.Client(self.fog.port, "listener")
        self.addCleanup(self.listener.close)
        self.listener.subscribe("cmd/#")
        self.listener.subscribe("count")

    def publish(self, *values):
        with mqtt.Client(self.fog.port, "press") as client:
            for t in values:
                self.assertEqual(client.publish_and_wait("plant/press", json.dumps({"t": t}).encode()), mqtt.SUCCESS)

    def heard(self):
        topic, payload = self.listener.read_message()
        return topic, json.loads(payload)

    def hang_up(self):
        os.kill(self.fog.process.pid, signal.SIGHUP)

    def test_a_signal_takes_over_what_was_changed_and_keeps_the_rest(self):
        self.publish(40, 60)
        self.assertEqual(self.heard(), ("cmd/press", {"t": 60, "most": 50}))
        (self.rules / "limits.csv").write_text("machine,most\npress,30\n")
        self.hang_up()
        self.fog.wait_for_metric("perigee_rule_reloads_total", 1)
        self.publish(40)
        self.assertEqual(self.heard(), ("cmd/press", {"t": 40, "most": 30}))
        self.publish(10)
        self.assertEqual(self.heard(), ("count", {"n": 4}), "the window saw all of them")

    def test_rules_with_errors_change_nothing(self):
        (self.rules / "limits.rule.sql").write_text(LIMITS.replace("limits.most FROM", "limits.mots FROM"))
        (self.rules / "limits.csv").write_text("machine,most\npress,30\n")
        self.hang_up()
        self.fog.wait_for_metric("perigee_rule_reload_refused", 1)
        self.assertIn("P0235", self.fog.log)
        self.assertIn("the rules stay as they were before", self.fog.log)
        self.publish(40, 60)
        self.assertEqual(self.heard(), ("cmd/press", {"t": 60, "most": 50}))

    def test_an_operator_asks_for_it_and_hears_what_is_wrong(self):
        browser = Browser(self.fog)
        link = json.loads(self.perigee("page", "--json", "--data", self.fog.data).stdout)["url"]
        self.assertEqual(browser.ask("POST", "/api/v1/rules/reload")[0], 401)
        browser.sign_in(link.split("#token=")[1])
        (self.rules / "all.rule.sql").write_text(LIMITS.replace("WHERE t > limits.most", ""))
        self.assertEqual(browser.json("POST", "/api/v1/rules/reload"), {"rules": 3})
        self.publish(1)
        self.assertEqual(self.heard(), ("cmd/press", {"t": 1, "most": 50}))
        (self.rules / "all.rule.sql").write_text("SELECT")
        refused = browser.json("POST", "/api/v1/rules/reload", expect=409)
        self.assertEqual(refused["type"], "/problems/state")
        self.assertIn("all.rule.sql:1:1: error P0213", refused["detail"])
        (self.rules / "all.rule.sql").unlink()
        self.assertEqual(browser.json("POST", "/api/v1/rules/reload"), {"rules": 2})


if __name__ == "__main__":
    unittest.main()
