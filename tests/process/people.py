"""Users over the API of a real node: roles, links for a first login, tokens with scopes, and the file that has them."""

import http.client
import json
import os
import ssl
import stat
import subprocess
import unittest

from api import Browser
from authority import Authority
from processes import PATIENCE_S, SiteTest, wait_until

COMMENT = "# the people of the night shift\n"
GOOD_PASSWORD = "rusty kettle 9"
USERS = "/api/v1/users"


class Bearer(Browser):
    """Requests with a token."""

    def __init__(self, node, token):
        super().__init__(node)
        self.token = token

    def ask(self, method, path, body=None, headers=(), raw=None):
        return super().ask(method, path, body, dict(headers) | {"Authorization": f"Bearer {self.token}"}, raw)


class People(SiteTest):
    def setUp(self):
        super().setUp()
        self.users = self.folder / "users.toml"
        self.users.touch(mode=0o600)
        self.users.write_text(COMMENT)
        self.gw = self.node("gw", more=f'[access]\nusers = "{self.users}"\n').start()
        self.root = Bearer(self.gw, self.gw.run_info()["token"])

    def add(self, name, *groups):
        return self.root.json("POST", USERS, {"name": name, "groups": list(groups)}, expect=201)

    def sign_in(self, name, *groups):
        """A new user with a password, signed in."""
        self.add(name, *groups)
        token = self.root.json("POST", f"{USERS}/{name}/link", expect=201)["token"]
        browser = Browser(self.gw)
        status, headers, got = browser.ask("POST", "/api/v1/session", {"token": token, "password": GOOD_PASSWORD})
        self.assertEqual(status, 201, got)
        browser.cookie, browser.csrf = headers["Set-Cookie"].split(";")[0], json.loads(got)["csrf"]
        return browser

    def test_a_link_lets_choose_a_password_once(self):
        shown = self.add("ann", "operators")
        self.assertEqual((shown["role"], shown["password"]), ("operator", False))
        done = self.perigee("user", "link", "ann", "--data", self.gw.data, "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        token = json.loads(done.stdout)["url"].split("#token=")[1]
        visitor = Browser(self.gw)
        asks = visitor.json("POST", "/api/v1/session", {"token": token}, expect=409)
        self.assertEqual((asks["type"], asks["user"]), ("/problems/choose-password", "ann"))
        for unfit, why in (("short", "12 characters"), ("aaaaaaaaaaaaa", "few characters"),
                           ("Password12345", "well-known")):
            refused = visitor.json("POST", "/api/v1/session", {"token": token, "password": unfit}, expect=400)
            self.assertEqual(refused["field"], "password")
            self.assertIn(why, refused["detail"])
        good = visitor.json("POST", "/api/v1/session", {"token": token, "password": GOOD_PASSWORD}, expect=201)
        self.assertEqual((good["user"], good["role"]), ("ann", "operator"))
        again = visitor.json("POST", "/api/v1/session", {"token": token, "password": GOOD_PASSWORD}, expect=401)
        self.assertEqual(again["type"], "/problems/token-used")
        visitor.json("POST", "/api/v1/session", {"user": "ann", "password": GOOD_PASSWORD}, expect=201)
        text = self.users.read_text()
        self.assertTrue(text.startswith(COMMENT))
        self.assertIn("$argon2id$", text)
        self.assertNotIn(GOOD_PASSWORD, text + self.gw.log)
        self.assertEqual(stat.S_IMODE(os.stat(self.users).st_mode), 0o600)

    def test_a_role_is_looked_at_with_each_request(self):
        eve = self.sign_in("eve", "admins")
        self.sign_in("ann", "admins")
        self.assertEqual(len(eve.json("GET", USERS)["users"]), 2)
        self.root.json("PATCH", f"{USERS}/eve", {"groups": ["viewers"]})
        refused = eve.json("GET", USERS, expect=403)
        self.assertEqual((refused["type"], refused["detail"]),
                         ("/problems/role", "this takes the role admin; yours is viewer"))
        self.assertEqual(eve.json("GET", "/api/v1/session")["role"], "viewer")
        self.root.json("PATCH", f"{USERS}/eve", {"disabled": True})
        eve.json("GET", "/api/v1/session", expect=401)

    def test_a_stream_ends_with_the_role(self):
        self.add("ci", "viewers")
        made = self.root.json("POST", f"{USERS}/ci/tokens", {"label": "t", "scopes": ["read"]}, expect=201)
        connection = http.client.HTTPConnection("127.0.0.1", self.gw.api_port, timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/live", headers={"Authorization": f"Bearer {made['token']}"})
        stream = connection.getresponse()
        self.assertTrue(stream.readline().startswith(b"event: "))
        self.root.json("PATCH", f"{USERS}/ci", {"groups": []})
        while stream.readline():
            pass  # to its end

    def test_the_last_admin_stays(self):
        ann = self.sign_in("ann", "admins", "presses")
        for method, body in (("PATCH", {"groups": ["operators"]}), ("PATCH", {"disabled": True}), ("DELETE", None)):
            refused = ann.json(method, f"{USERS}/ann", body, expect=409)
            self.assertEqual(refused["type"], "/problems/last-admin")
        self.add("eve", "admins")
        self.assertEqual(ann.json("PATCH", f"{USERS}/ann", {"groups": []})["role"], None)
        ann.json("GET", USERS, expect=401)

    def test_a_token_does_what_its_scopes_and_its_user_may(self):
        self.add("ci", "operators")
        made = self.root.json("POST", f"{USERS}/ci/tokens", {"label": "build", "scopes": ["read"], "expires": "1h"},
                              expect=201)
        self.assertEqual((made["scopes"], made["last_used"]), (["read"], None))
        ci = Bearer(self.gw, made["token"])
        self.assertIn("nodes", ci.json("GET", "/api/v1/nodes"))
        self.assertEqual(ci.json("POST", "/api/v1/alarms/1/clear", expect=403)["type"], "/problems/scope")
        self.assertEqual(ci.json("GET", USERS, expect=403)["type"], "/problems/role")
        used = self.root.json("GET", f"{USERS}/ci")["tokens"][0]["last_used"]
        self.assertRegex(used, r"^\d{4}-\d\d-\d\d$")
        kept = self.gw.data / "state/token-uses.json"
        wait_until("the use is written", lambda: kept.exists() and used in kept.read_text())
        wider = {"label": "acts", "scopes": ["alarms", "users"]}
        more = self.root.json("POST", f"{USERS}/ci/tokens", wider, expect=201)
        acts = Bearer(self.gw, more["token"])
        self.assertEqual(acts.json("POST", "/api/v1/alarms/1/clear", expect=404)["type"], "/problems/not-found")
        self.assertEqual(acts.json("POST", USERS, {"name": "x"}, expect=403)["type"], "/problems/role")
        self.assertEqual(acts.json("GET", "/api/v1/nodes", expect=403)["type"], "/problems/scope")
        self.assertEqual(self.root.ask("DELETE", f"{USERS}/ci/tokens/acts")[0], 204)
        self.assertEqual(acts.json("POST", "/api/v1/alarms/1/clear", expect=401)["type"], "/problems/wrong-token")
        by_scope = subprocess.run(["mosquitto_pub", "-V", "mqttv5", "-p", str(self.gw.port), "-t", "x", "-m", "1", "-q",
                                   "1", "-u", "ci", "-P", made["token"]], capture_output=True, timeout=PATIENCE_S)
        self.assertNotEqual(by_scope.returncode, 0)
        wait_until("why is in the log", lambda: 'scopes have no "mqtt"' in self.gw.log)

    def test_an_edit_by_hand_is_not_lost(self):
        self.add("ann", "viewers")
        self.users.write_text(self.users.read_text() + '\n[[user]]\nname = "press-1"  # by hand\n')
        self.add("eve", "viewers")
        self.assertIn("# by hand", self.users.read_text())
        self.assertEqual([u["name"] for u in self.root.json("GET", USERS)["users"]], ["ann", "eve", "press-1"])
        self.users.write_text(self.users.read_text() + "[[user]\n")
        refused = self.root.json("POST", USERS, {"name": "more"}, expect=409)
        self.assertEqual(refused["type"], "/problems/user-file")
        self.assertIn("[[user]\n", self.users.read_text())

    def test_what_is_wrong_with_a_user_is_told(self):
        self.add("ann", "viewers")
        for body, kind in (({"name": "ann"}, "exists"), ({"name": "a b"}, "parameter"),
                           ({"name": "x", "groups": ["a b"]}, "parameter"),
                           ({"name": "x", "color": "red"}, "parameter"),
                           ({"name": "x", "groups": [str(i) for i in range(17)]}, "parameter")):
            _, _, got = self.root.ask("POST", USERS, body)
            self.assertEqual(json.loads(got)["type"], f"/problems/{kind}", body)
        for method, path in (("GET", "/bob"), ("PATCH", "/bob"), ("DELETE", "/bob"), ("POST", "/bob/link"),
                             ("DELETE", "/ann/tokens/none")):
            self.assertEqual(self.root.json(method, USERS + path, expect=404)["type"], "/problems/not-found")
        self.root.json("POST", f"{USERS}/ann/tokens", {"label": "t", "scopes": ["all"]}, expect=400)
        self.add("press-4")
        self.assertEqual(self.root.json("POST", f"{USERS}/press-4/link", expect=409)["type"], "/problems/state")
        self.assertEqual(self.root.ask("DELETE", f"{USERS}/press-4")[0], 204)

    def test_the_command_makes_tokens_with_scopes(self):
        self.add("ci", "viewers")
        both = ("--scope", "read", "--scope", "mqtt")
        done = self.perigee("user", "token", "ci", "by-hand", *both, "--users", self.users)
        self.assertEqual(done.returncode, 0, done.stderr)
        token = Bearer(self.gw, done.stdout.strip())
        wait_until("the token is known", lambda: token.ask("GET", "/api/v1/nodes")[0] == 200)
        wrong = self.perigee("user", "token", "ci", "other", "--scope", "reed", "--users", self.users)
        self.assertIn("'reed' is no scope", wrong.stderr)


class Certificates(SiteTest):
    """People who show a certificate of the site's authority, at a node that knows its things."""

    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder / "ca")
        self.users = self.folder / "users.toml"
        self.users.touch(mode=0o600)
        self.users.write_text('[[user]]\nname = "ann"\ngroups = ["operators"]\n'
                              '[[user]]\nname = "eve"\ngroups = ["viewers"]\ndisabled = true\n'
                              '[[user]]\nname = "press-7"\ngroups = ["admins"]\n')
        more = self.authority.tls_section("fog-1") + f'[identity]\nstrict = false\n[access]\nusers = "{self.users}"\n'
        self.fog = self.node("fog-1", listeners=("tls",), more=more, authority=self.authority.certificate).start()

    def ask(self, name, method, path, **headers):
        """As whoever has the certificate; by a name that is no machine's, so that the place does not count."""
        certificate = self.authority.folder / f"{name}.crt"
        if not certificate.exists():
            self.authority.issue(name)
        trust = ssl.create_default_context(cafile=self.authority.certificate)
        trust.load_cert_chain(certificate, certificate.with_suffix(".key"))
        connection = http.client.HTTPSConnection("127.0.0.1", self.fog.api_port, timeout=PATIENCE_S, context=trust)
        connection.request(method, path, None, {"Host": "fog-1.example"} | headers)
        answer = connection.getresponse()
        said = json.loads(answer.read() or "null")
        connection.close()
        return answer.status, said.get("type")

    def test_have_the_role_of_the_user_of_their_name(self):
        clear = "/api/v1/alarms/1/clear"
        self.assertEqual(self.ask("ann", "GET", "/api/v1/things")[0], 200)
        self.assertEqual(self.ask("ann", "POST", clear), (404, "/problems/not-found"))
        self.assertEqual(self.ask("ann", "POST", clear, Origin="https://fog-1.example"), (404, "/problems/not-found"))
        self.assertEqual(self.ask("ann", "POST", clear, Origin="https://evil.example"), (403, "/problems/csrf"))
        self.assertEqual(self.ask("ann", "GET", USERS), (403, "/problems/role"))
        for nobody in ("eve", "stranger"):
            self.assertEqual(self.ask(nobody, "GET", "/api/v1/nodes"), (401, "/problems/no-session"))

    def test_are_things_where_there_is_one_of_the_name(self):
        done = self.perigee("device", "add", "press-7", "--node", self.fog.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.ask("press-7", "GET", "/api/v1/nodes")[0], 200)
        self.assertEqual(self.ask("press-7", "GET", USERS), (401, "/problems/no-session"))


if __name__ == "__main__":
    unittest.main()
