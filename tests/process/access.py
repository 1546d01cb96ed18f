"""Passwords, tokens, the policy and reloads, with mosquitto's clients against a node."""

import subprocess
import unittest

from processes import PATIENCE_S, PERIGEE, SiteTest, wait_until

POLICY = """
[[rule]]
name = "own topics"
user = "*"
publish = "site/${user}/#"
subscribe = "site/${user}/#"
"""


class AccessTest(SiteTest):
    def setUp(self):
        super().setUp()
        self.users = self.folder / "users.toml"
        self.policy = self.folder / "policy.toml"
        self.policy.write_text(POLICY)
        self.users.touch(mode=0o600)

    def user(self, *arguments, stdin=""):
        return subprocess.run([PERIGEE, "user", *arguments, "--users", self.users], input=stdin, capture_output=True,
                              text=True, timeout=PATIENCE_S)

    def add(self, name, password, *more):
        done = self.user("add", name, *more, stdin=password + "\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def started(self, more=""):
        access = f'[access]\nusers = "{self.users}"\npolicy = "{self.policy}"\n{more}'
        return self.node("fog-1", more=access).start()

    def publish(self, node, topic, *options, version="mqttv5"):
        return subprocess.run(["mosquitto_pub", "-V", version, "-p", str(node.port), "-t", topic, "-m", "1", "-q", "1",
                               *options], capture_output=True, text=True, timeout=PATIENCE_S)

    def test_a_password_lets_in_and_another_does_not(self):
        self.add("alice", "a secret")
        node = self.started()
        well = self.publish(node, "site/alice/x", "-u", "alice", "-P", "a secret")
        self.assertEqual((well.returncode, well.stderr), (0, ""))
        for version, user, password in (("mqttv5", "alice", "another"), ("mqttv5", "nobody", "a secret"),
                                        ("mqttv311", "alice", "another")):
            refused = self.publish(node, "site/alice/x", "-u", user, "-P", password, version=version)
            self.assertNotEqual(refused.returncode, 0, (version, user))
        self.assertNotEqual(self.publish(node, "site/alice/x").returncode, 0)  # anonymous is off once there are users
        self.assertIn("the password is another", node.log)
        self.assertIn("no such user", node.log)
        self.assertNotIn("a secret", node.log + self.users.read_text())
        self.assertEqual(node.metric("perigee_access_refused_total"), 4)

    def test_the_policy_says_where(self):
        self.add("alice", "a")
        node = self.started()
        refused = self.publish(node, "site/bob/x", "-u", "alice", "-P", "a")
        self.assertIn("Not authorized", refused.stderr)
        wide = subprocess.run(["mosquitto_sub", "-V", "mqttv5", "-p", str(node.port), "-u", "alice", "-P", "a", "-t",
                               "site/#", "-W", "5"], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertIn("denied", wide.stderr)
        self.assertEqual(node.metric("perigee_mqtt_forbidden_total"), 2)
        config = node.config
        yes = self.perigee("user", "may", "pub", "site/alice/x", "--user", "alice", "--node", config)
        self.assertEqual((yes.returncode, yes.stdout.split(":")[0]), (0, "yes"))
        self.assertIn("'own topics'", yes.stdout)
        no = self.perigee("user", "may", "sub", "site/#", "--user", "alice", "--node", config)
        self.assertEqual((no.returncode, no.stdout), (1, "no: no rule allows it\n"))

    def test_a_token_is_a_password_that_can_be_taken_away(self):
        self.add("ci", "", "--no-password")
        made = self.user("token", "ci", "builds")
        token = made.stdout.strip()
        self.assertTrue(token.startswith("pgt_"), made.stderr)
        node = self.started()
        for name in ("ci", "builds"):
            well = self.publish(node, "site/ci/x", "-u", name, "-P", token)
            self.assertEqual((well.returncode, well.stderr), (0, ""))
        wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
        self.assertNotEqual(self.publish(node, "site/ci/x", "-u", "ci", "-P", wrong).returncode, 0)
        connected = self.run_in_background("sub", ["mosquitto_sub", "-p", node.port, "-u", "ci", "-P", token, "-t",
                                                   "site/ci/#"])
        node.wait_for_metric("perigee_mqtt_subscriptions", 1)
        self.assertEqual(self.user("token", "ci", "builds", "--rm").returncode, 0)
        wait_until("the client is sent away", lambda: "it is not let in any more" in node.log)
        connected.kill()

    def test_a_changed_file_is_taken_over_and_a_wrong_one_is_not(self):
        self.add("alice", "a")
        node = self.started()
        self.add("bob", "b")
        wait_until("bob is let in", lambda: self.publish(node, "site/bob/x", "-u", "bob", "-P", "b").returncode == 0)
        good = self.users.read_text()
        self.users.write_text(good + "[[user]]\nnam = 1\n")
        wait_until("the error is logged", lambda: "stay as they were before" in node.log)
        self.assertEqual(self.publish(node, "site/bob/x", "-u", "bob", "-P", "b").returncode, 0)
        self.users.write_text(good)
        self.assertEqual(self.user("rm", "bob").returncode, 0)
        wait_until("bob is gone", lambda: self.publish(node, "site/bob/x", "-u", "bob", "-P", "b").returncode != 0)

    def test_nobody_writes_lines_of_the_log(self):
        self.add("alice", "a")
        node = self.started()
        self.publish(node, "site/x", "-u", "eve\nI node: all is well", "-P", "x")
        self.assertFalse([line for line in node.log.splitlines() if line.startswith("I node: all is well")])

    def test_a_user_file_that_others_can_read_starts_nothing(self):
        self.add("alice", "a")
        self.users.chmod(0o644)
        node = self.node("fog-1", more=f'[access]\nusers = "{self.users}"\n')
        self.assertEqual(node.launch().wait(), 78)
        self.assertIn("P0119", node.process.err)
        self.assertIn("chmod 600", node.process.err)


if __name__ == "__main__":
    unittest.main()
