"""The registry of things: who of them may connect, with mosquitto's clients and certificates made by openssl."""

import http.client
import json
import ssl
import subprocess
import unittest

from authority import Authority
from processes import PATIENCE_S, SiteTest, wait_until

FAILED, USAGE = 1, 64


class Identity(SiteTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder / "ca")
        self.gateway = self.node("fog-1", listeners=("tls",), more=(
            self.authority.tls_section("fog-1") + "[identity]\nstrict = false\n"),
                                 authority=self.authority.certificate).start()

    def run_command(self, *arguments):
        return self.perigee(*arguments, "--node", self.gateway.config, patience=4 * PATIENCE_S)

    def device(self, *arguments):
        """Its answer, where it is done."""
        done = self.run_command("device", *arguments, "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def request(self, method, path, body=None):
        trust = ssl.create_default_context(cafile=self.authority.certificate)
        connection = http.client.HTTPSConnection("127.0.0.1", self.gateway.api_port, timeout=PATIENCE_S, context=trust)
        headers = {"Authorization": f"Bearer {self.gateway.run_info()['token']}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if text else None

    def client_of(self, program, name, *more, version="mqttv5"):
        certificate = self.authority.folder / f"{name}.crt"
        if not certificate.exists():
            self.authority.issue(name)
        return [program, "-V", version, "-h", "localhost", "-p", self.gateway.ports["tls"], "-i", name, "--cafile",
                self.authority.certificate, "--cert", certificate, "--key", certificate.with_suffix(".key"), *more]

    def publish(self, name, version="mqttv5"):
        call = self.client_of("mosquitto_pub", name, "-t", "site/x", "-m", name, "-q", "1", version=version)
        return subprocess.run([str(each) for each in call], capture_output=True, text=True, timeout=PATIENCE_S)

    def connected(self, name):
        """A subscriber that stays."""
        before = self.gateway.metric("perigee_mqtt_subscriptions")
        made = self.run_in_background(f"sub-{name}", self.client_of("mosquitto_sub", name, "-t", "site/#", "-q", "1"))
        self.gateway.wait_for_metric("perigee_mqtt_subscriptions", before + 1)
        return made

    def history(self, name):
        return [(row["what"], row["why"], row["refused"]) for row in self.device("show", name)["history"]]

    def assert_refused(self, name, says, log):
        refused = self.publish(name)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(says, refused.stderr)
        self.assertIn(log, self.gateway.log)
        self.assertNotEqual(self.publish(name, version="mqttv311").returncode, 0)
        wait_until("the refusal is in the audit", lambda: ("connection", log, True) in self.history(name))

    def assert_refused_in_the_handshake(self, name):
        self.assertNotEqual(self.publish(name).returncode, 0)
        self.assertIn(f"the certificate of '{name}'", self.gateway.log)
        wait_until("the refusal is in the audit",
                   lambda: ("connection", "it has been revoked", True) in self.history(name))

    def assert_sent_away(self, subscriber, publisher):
        """What is published behind the command's answer does not reach who was sent away before it."""
        self.assertEqual(self.publish(publisher).returncode, 0)
        wait_until("it has no connection any more", lambda: not subscriber.running())
        self.assertEqual(subscriber.out, "")

    def test_only_things_that_are_known_may_connect(self):
        refused = self.publish("stranger")
        self.assertIn("Not authorized", refused.stderr)
        self.assertIn("the registry has no thing of this name", self.gateway.log)
        self.device("add", "press-7", "--group", "presses", "--attr", "hall=2", "--serial-number", "SN 42", "--why",
                    "new")
        well = self.publish("press-7")
        self.assertEqual((well.returncode, well.stderr), (0, ""))
        wait_until("it is active", lambda: self.device("show", "press-7")["lifecycle"] == "active")
        shown = self.device("show", "press-7")
        self.assertEqual((shown["groups"], shown["attributes"], shown["serial_number"]),
                         (["presses"], {"hall": "2"}, "SN 42"))
        self.assertIn(("added", "new", False), self.history("press-7"))
        self.assertIn(("activated", "its first connection", False), self.history("press-7"))

    def test_a_suspended_thing_is_shut_out_until_it_is_resumed(self):
        self.device("add", "press-7")
        self.device("add", "other")
        subscriber = self.connected("press-7")
        wait_until("it is active", lambda: self.device("show", "press-7")["lifecycle"] == "active")
        self.assertEqual(self.device("suspend", "press-7", "--why", "smoke")["lifecycle"], "suspended")
        self.assert_sent_away(subscriber, "other")
        self.assertIn(("suspended", "smoke", False), self.history("press-7"))
        self.assert_refused("press-7", "Banned", "it is suspended")
        self.assertEqual(self.device("resume", "press-7")["lifecycle"], "active")
        self.assertEqual(self.publish("press-7").returncode, 0)
        self.assertIn(("resumed", None, False), self.history("press-7"))

    def test_a_retired_thing_stays_away(self):
        self.device("add", "press-7")
        self.device("add", "other")
        subscriber = self.connected("press-7")
        wait_until("it is active", lambda: self.device("show", "press-7")["lifecycle"] == "active")
        early = self.run_command("device", "delete", "press-7")
        self.assertEqual(early.returncode, FAILED)
        self.assertIn("retire it first", early.stderr)
        self.device("retire", "press-7", "--why", "scrapped")
        self.assert_sent_away(subscriber, "other")
        self.assert_refused_in_the_handshake("press-7")
        self.assertIn(("retired", "scrapped", False), self.history("press-7"))
        self.assertTrue(any(what.endswith("revoked: cessationOfOperation") for what, _, _ in self.history("press-7")))
        self.gateway.stop()
        self.gateway.start()
        self.assertNotEqual(self.publish("press-7").returncode, 0)
        self.device("delete", "press-7")
        self.device("add", "press-7")
        self.assertNotEqual(self.publish("press-7").returncode, 0)  # with the certificate that was revoked

    def test_a_revoked_certificate_is_worth_nothing(self):
        self.device("add", "press-7")
        self.device("add", "other")
        subscriber = self.connected("press-7")
        known = wait_until("its certificate is known",
                           lambda: self.request("GET", "/api/v1/certificates?thing=press-7")[1]["certificates"])
        self.assertEqual([(each["name"], each["state"]) for each in known], [("press-7", "current")])
        path = f"/api/v1/certificates/{known[0]['serial']}/revoke"
        status, revoked = self.request("POST", path, {"reason": "keyCompromise", "why": "stolen"})
        self.assertEqual((status, revoked["state"], revoked["reason"]), (200, "revoked", "keyCompromise"))
        self.assert_sent_away(subscriber, "other")
        self.assert_refused_in_the_handshake("press-7")
        self.assertIn((f"certificate {known[0]['serial']} revoked: keyCompromise", "stolen", False),
                      self.history("press-7"))
        self.assertEqual(self.request("POST", path, {})[0], 409)

    def test_a_file_of_things_is_added_as_a_whole_or_told_what_is_wrong(self):
        file = self.folder / "things.csv"
        file.write_text("name,kind,groups,attr:hall\na,,x;y,2\nb b,,,\nc,robot,,\na,,,\n")
        wrong = self.run_command("device", "import", file)
        self.assertEqual((wrong.returncode, wrong.stdout), (FAILED, ""))
        self.assertIn(f"{file}:3:1: name: 'b b' is no name of a thing", wrong.stderr)
        self.assertIn(f"{file}:4:3: kind: it is no kind of thing (device or node)", wrong.stderr)
        self.assertIn("2 errors", wrong.stderr)
        self.assertEqual(self.device("ls")["things"], [])
        file.write_text("name,groups\na,x\na,\n")
        twice = self.run_command("device", "import", file)
        self.assertIn(f"{file}:3:1: name: there is a thing named 'a'", twice.stderr)
        self.assertEqual(self.device("ls")["things"], [])
        file.write_text("name,groups,serial_number,attr:hall\n" +
                        "".join(f"press-{i},x;y,SN-{i},{i % 7}\n" for i in range(3000)))
        self.assertEqual(self.device("import", file), {"added": 3000})
        self.assertEqual(len(self.device("ls", "--group", "x")["things"]), 3000)
        self.assertEqual(self.device("show", "press-2999")["attributes"], {"hall": str(2999 % 7)})

    def test_groups_and_attributes_change(self):
        self.device("add", "a", "--group", "x", "--attr", "k=1", "--attr", "gone=1")
        changed = self.device("set", "a", "--group", "y", "--attr", "k=2", "--attr", "gone")
        self.assertEqual((changed["groups"], changed["attributes"]), (["y"], {"k": "2"}))
        self.assertEqual(self.device("set", "a", "--no-groups")["groups"], [])
        refused = self.run_command("device", "add", "a b")
        self.assertEqual(refused.returncode, FAILED)
        self.assertIn("1 to 64 letters", refused.stderr)
        self.assertEqual(self.run_command("device", "show", "nobody").returncode, FAILED)
        self.assertEqual(self.run_command("device").returncode, USAGE)
        status, problem = self.request("POST", "/api/v1/things", {"name": "b", "groups": "x y"})
        self.assertEqual((status, problem["field"]), (400, "groups"))

    def test_tokens_are_shown_once(self):
        made = self.run_command("token", "create", "--for", "press-*", "--expires", "30m", "--json")
        token = json.loads(made.stdout)
        self.assertTrue(token["secret"].startswith("pgt_"))
        listed = json.loads(self.run_command("token", "ls", "--json").stdout)["tokens"]
        self.assertEqual([(each["id"], each["state"], each["for"]) for each in listed],
                         [(token["id"], "valid", "press-*")])
        self.assertNotIn("secret", listed[0])
        self.assertEqual(self.run_command("token", "revoke", token["id"]).returncode, 0)
        self.assertEqual(self.run_command("token", "revoke", token["id"]).returncode, FAILED)
        self.assertIn("revoked", self.run_command("token", "ls").stdout)
        self.assertEqual(self.run_command("token", "create", "--expires", "9999d").returncode, FAILED)
        self.assertNotIn(token["secret"], self.gateway.log)


if __name__ == "__main__":
    unittest.main()
