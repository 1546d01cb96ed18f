"""`perigee test`: what it says to people, to programs and to CI servers."""

import json
import unittest
import xml.etree.ElementTree as xml

from processes import SiteTest

RULE = """/*
[[table]]
name = "limits"
file = "limits.csv"
key = "machine"
[[action]]
publish = "cmd"
*/
SELECT t FROM 'm/+' JOIN limits ON limits.machine = topic(2) WHERE t > limits.most AND NOT idle
"""
TESTS = """[[test]]
name = "a hot <machine>"
[[test.input]]
topic = "m/7"
payload = '{"t":90,"idle":false}'
[[test.expect]]
publish = "cmd"
[[test]]
name = "nothing comes of it"
[[test.input]]
topic = "m/7"
payload = '{"t":%d,"idle":false}'
"""


class RuleTests(SiteTest):
    def setUp(self):
        super().setUp()
        self.rules = self.folder / "rules"
        self.rules.mkdir()
        (self.rules / "hot.rule.sql").write_text(RULE)
        (self.rules / "limits.csv").write_text("machine,most\n7,80\n")

    def run_tests(self, t, *options):
        (self.rules / "hot.test.toml").write_text(TESTS % t)
        return self.perigee("test", self.rules, *options)

    def test_coverage_names_what_no_test_tries(self):
        ran = self.run_tests(10, "--coverage")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn("hot.rule.sql:9:88: never false: NOT idle", ran.stdout)
        self.assertIn("2 of 3 conditions were both true and false\n2 passed, 0 failed", ran.stdout)
        told = json.loads(self.run_tests(10, "--coverage", "--json").stdout)
        self.assertEqual([(c["text"], c["true"], c["false"], c["null"]) for c in told["conditions"]],
                         [("t > limits.most", 1, 1, 0), ("NOT idle", 1, 0, 0),
                          ("WHERE t > limits.most AND NOT idle", 1, 1, 0)])
        self.assertNotIn("conditions", json.loads(self.run_tests(10, "--json").stdout))

    def test_outcomes_for_a_ci_server(self):
        ran = self.run_tests(95, "--junit", self.folder / "out.xml")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("1 passed, 1 failed", ran.stdout)
        suite = xml.parse(self.folder / "out.xml").getroot().find("testsuite")
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("2", "1"))
        good, bad = suite.findall("testcase")
        self.assertEqual((good.get("name"), good.find("failure")), ("a hot <machine>", None))
        self.assertIn('publish cmd', bad.find("failure").text)
        unwritable = self.run_tests(10, "--junit", self.folder / "no" / "such" / "folder.xml")
        self.assertEqual(unwritable.returncode, 69)
        self.assertIn("folder.xml", unwritable.stderr)


if __name__ == "__main__":
    unittest.main()
