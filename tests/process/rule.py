"""`perigee rule`: the rules of a running node, and rules tried on what it recorded."""

import json
import time
import unittest

import mqtt
from processes import PERIGEE, SiteTest, wait_until

USAGE, CONFIG, FAILED = 64, 78, 1  # sysexits.h, and the program's own

HOT = """/*
[[action]]
publish = "cmd/${topic(2)}"
payload = '{"t":${t}}'
[[action]]
alarm = "hot"
key = "topic(2)"
*/
SELECT t FROM 'plant/+' WHERE t > 50
"""
MEAN = """/*
[[action]]
store = "mean/plant"
*/
SELECT avg(t) AS mean, count(*) AS n FROM 'plant/+' GROUP BY TUMBLINGWINDOW(hh, 1)
"""


class Rule(SiteTest):
    def setUp(self):
        super().setUp()
        self.fog = self.node("fog-1", more='[rules]\nfolder = "rules"\n')
        (self.fog.folder / "rules").mkdir()
        (self.fog.folder / "rules" / "hot.rule.sql").write_text(HOT)
        self.fog.start()
        with mqtt.Client(self.fog.port, "press") as client:
            for t in (10, 60, 70, 20):
                self.assertEqual(client.publish_and_wait("plant/press", json.dumps({"t": t}).encode()), mqtt.SUCCESS)

    def rule(self, command, *arguments, config=True):
        return self.perigee("rule", command, *arguments, *(("--node", self.fog.config) if config else ()))

    def replayed(self, rules, *arguments):
        """What the rules would have done, a line each."""
        ran = self.perigee("rule", "run", rules, "--json", *(arguments or ("--replay", self.fog.config)))
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return [json.loads(line) for line in ran.stdout.splitlines()], ran.stderr

    def test_it_shows_what_the_rules_of_a_node_did(self):
        def seen():
            ran = self.rule("ls", "--json")
            self.assertEqual(ran.returncode, 0, ran.stderr)
            return next((row for row in json.loads(ran.stdout)["rules"] if row["evaluated"] == 4), None)

        row = wait_until("the rule has seen all", seen)
        self.assertEqual((row["name"], row["matched"], row["errors"]), ("hot", 2, 0))
        self.assertIn("hot.rule.sql", self.rule("ls").stdout)
        shown = self.rule("show", "hot").stdout
        self.assertRegex(shown, r"matched +2\n")
        self.assertRegex(shown, r"last output .*alarm/hot/press")
        absent = self.rule("show", "cold")
        self.assertEqual(absent.returncode, FAILED)
        self.assertIn("no rule 'cold'", absent.stderr)

    def test_it_says_what_a_rule_would_have_done(self):
        rules = self.folder / "tried"
        rules.mkdir()
        (rules / "hot.rule.sql").write_text(HOT.replace("t > 50", "t > 65"))
        did, summary = self.replayed(rules)  # beside the running node
        self.assertEqual([(each["action"], each["target"]) for each in did],
                         [("publish", "cmd/press"), ("raise", "hot/press"), ("clear", "hot/press")])
        self.assertEqual(json.loads(did[0]["payload"]), {"t": 70})
        self.assertIn("hot: 4 seen, 1 matched, 3 actions, 0 errors", summary)
        self.assertEqual(did, self.replayed(rules / "hot.rule.sql", "--data", self.fog.data)[0])

    def test_windows_end_at_their_time(self):
        (self.folder / "mean.rule.sql").write_text(MEAN)
        at = ("--replay", self.fog.config)
        self.assertEqual(self.replayed(self.folder / "mean.rule.sql", *at)[0], [], "the hour is not over")
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7200))
        did, _ = self.replayed(self.folder / "mean.rule.sql", *at, "--to", later)
        self.assertEqual(sum(json.loads(each["payload"])["n"] for each in did), 4)
        self.assertTrue(all(each["at"][14:19] == "00:00" for each in did), did)
        none, summary = self.replayed(self.folder / "mean.rule.sql", *at, "--from", later)
        self.assertEqual(none, [])
        self.assertTrue(summary.startswith("0 messages"), summary)

    def test_it_taps_what_a_rule_does(self):
        tap = self.run_in_background("tap", [PERIGEE, "rule", "tap", "hot", "--count", "3", "--json", "--node",
                                             self.fog.config])
        wait_until("it taps", lambda: "tapping" in tap.err or not tap.running())
        with mqtt.Client(self.fog.port, "press") as client:
            for t in (80, 20):
                self.assertEqual(client.publish_and_wait("plant/press", json.dumps({"t": t}).encode()), mqtt.SUCCESS)
        wait_until("it ends by itself", lambda: not tap.running())
        came = [json.loads(line) for line in tap.out.splitlines()]
        self.assertEqual([(each["event"], each["topic"]) for each in came],
                         [("publish", "cmd/press"), ("alarm", "alarm/hot/press"), ("alarm", "alarm/hot/press")])
        self.assertEqual(self.rule("tap", "cold").returncode, FAILED)

    def test_it_infers_fields_and_explains(self):
        with mqtt.Client(self.fog.port, "press") as client:
            self.assertEqual(client.publish_and_wait("plant/press", b'{"t":7,"unit":"Cel"}'), mqtt.SUCCESS)
            self.assertEqual(client.publish_and_wait("plant/press", b"no JSON"), mqtt.SUCCESS)
        ran = self.perigee("rule", "infer", "plant/+", "--replay", self.fog.config)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertRegex(ran.stdout, r'(?m)^\[fields\]\nt = "number" .*\nunit = "text\?"')
        self.assertIn("6 messages, 1 of them no JSON", ran.stderr)
        none = self.perigee("rule", "infer", "other/#", "--replay", self.fog.config)
        self.assertEqual(none.returncode, FAILED)
        self.assertEqual(self.perigee("rule", "infer", "plant/#/x", "--replay", self.fog.config).returncode, USAGE)
        told = self.perigee("rule", "explain", self.fog.folder / "rules" / "hot.rule.sql")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("plant/+", told.stdout)

    def test_what_is_wrong_is_said(self):
        (self.folder / "bad.rule.sql").write_text(HOT.replace("WHERE t", "WHERE nosuch(t)"))
        (self.folder / "hot.rule.sql").write_text(HOT)
        (self.folder / "empty").mkdir()
        at = ("--replay", self.fog.config)
        for arguments, code, sentence in (
                (("bad.rule.sql", *at), CONFIG, "nosuch"),
                (("empty", *at), USAGE, "no *.rule.sql"),
                (("absent.rule.sql", *at), CONFIG, "absent.rule.sql"),
                (("hot.rule.sql",), USAGE, "which one?"),
                (("hot.rule.sql", *at, "--from", "yesterday"), USAGE, "--from"),
                (("hot.rule.sql", "--data", "nowhere"), None, "nowhere")):
            ran = self.perigee("rule", "run", *arguments)
            self.assertNotEqual(ran.returncode, 0, arguments)
            self.assertEqual(ran.returncode, code or ran.returncode, ran.stderr)
            self.assertIn(sentence, ran.stderr)
            self.assertEqual(ran.stdout, "")


if __name__ == "__main__":
    unittest.main()
