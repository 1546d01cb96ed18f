"""`perigee join`: killed at every step, called again, and called with what is wrong.

The steps are the calls by which it changes a file or talks to the parent: tests/faults/crash_shim.cpp counts them."""

import http.client
import json
import os
import shutil
import signal
import sqlite3
import ssl
import unittest
from contextlib import closing
from pathlib import Path

from est_site import EstSite
from processes import PATIENCE_S, UNAVAILABLE, wait_until

FAILED, USAGE = 1, 64
SHIM = os.environ.get("PERIGEE_CRASH_SHIM", "build/release/tests/faults/libcrash_shim.so")
MOMENTS_MIN = 60  # of which each is a kill: fewer, and the shim does not see the calls


class Join(EstSite):
    def setUp(self):
        super().setUp()
        self.url = f"https://localhost:{self.cloud.api_port}"
        shown = json.loads(self.do("ca", "show", self.ca, "--json").stdout)
        self.fingerprint = shown["certificates"][0]["fingerprint"]
        self.there = self.folder / "there"

    def call(self, name, token, *more, url=None):
        return ["join", url or self.url, token, name, "--folder", self.there, "--fingerprint", self.fingerprint, *more]

    def die_at(self, moment, call):
        """True where it was killed; False where it ended by itself before."""
        env = {**os.environ, "LD_PRELOAD": str(Path(SHIM).resolve()), "PERIGEE_DIE_AT": str(moment),
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        done = self.perigee(*call, env=env)
        self.assertIn(done.returncode, (0, -signal.SIGKILL), done.stderr)
        return done.returncode != 0

    def known_as(self, name):
        """Who the parent takes the node for that shows its NAME.pem."""
        own, trust = self.there / f"{name}.pem", ssl.create_default_context(cafile=self.there / "root.crt")
        trust.load_cert_chain(own)
        with closing(http.client.HTTPSConnection("localhost", self.cloud.api_port, timeout=PATIENCE_S,
                                                 context=trust)) as parent:
            parent.request("GET", "/.well-known/perigee/identity")
            return json.loads(parent.getresponse().read())

    def registered(self, name, authority=False):
        """The certificates of a name in the parent's registry that are in use: its own, or those it issues with."""
        with closing(sqlite3.connect(f"file:{self.ca}/registry.db?mode=ro", uri=True)) as db:
            return [row[0] for row in
                    db.execute("SELECT serial FROM certificate WHERE name = ? AND state = 0 AND authority = ?",
                               (name, authority))]

    def uses_left(self, name):
        return [each["uses_left"] for each in self.tokens() if each["for"] == name]

    def tokens(self):
        return json.loads(self.do("token", "ls", "--json", "--node", self.cloud.config).stdout)["tokens"]

    def check_member(self, name):
        self.assertEqual(self.registered(name), [self.known_as(name)["serial"]], "one certificate, and it works")
        self.assertEqual((self.there / f"{name}.pem").stat().st_mode & 0o777, 0o600)

    def check_gateway(self, name):
        """Its authority is the one that the parent knows, and issuing.pem has its key."""
        self.check_member(name)
        authority = self.there / "issuing.pem"
        self.assertEqual(authority.stat().st_mode & 0o777, 0o600)
        facts = ssl._ssl._test_decode_cert(str(authority))
        self.assertEqual(self.registered(name, authority=True), [facts["serialNumber"].lstrip("0").lower()])
        self.assertEqual(facts["subject"], ((("commonName", f"{name} CA"),),))
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(authority)  # which looks whether the key is its

    def test_killed_at_every_step_it_is_called_again_and_is_a_member(self):
        self.die_everywhere("join", self.check_member)

    def test_a_gateway_killed_at_every_step_has_both_of_its_certificates(self):
        self.die_everywhere("gateway", self.check_gateway, "--gateway")

    def die_everywhere(self, purpose, check, *more):
        uses = 1000
        token = self.token("node-*", purpose, "--uses", str(uses))["secret"]
        files = {"root.crt"} | ({"issuing.pem"} if more else set())
        moment, died = 0, True
        while died:
            moment += 1
            name = f"node-{moment}"
            call = self.call(name, token, *more)
            died = self.die_at(moment, call)
            if died:
                again = self.perigee(*call)
                self.assertEqual((again.returncode, again.stderr), (0, ""), f"after moment {moment}")
            check(name)
            self.assertEqual({each.name for each in self.there.iterdir()}, {f"{name}.pem", f"{name}.toml"} | files,
                             f"after moment {moment}")
            shutil.rmtree(self.there)
        self.assertGreater(moment, MOMENTS_MIN)
        self.assertEqual(self.uses_left("node-*"), [uses - moment], "one use each")

    def test_called_again_it_asks_for_nothing(self):
        call = self.call("fog-1", self.token("fog-1", "join")["secret"])
        self.assertEqual(self.perigee(*call).returncode, 0)
        self.assertEqual(self.perigee("validate", self.there / "fog-1.toml").returncode, 0)
        before = (self.there / "fog-1.pem").read_bytes()
        again = self.perigee(*call)
        self.assertEqual((again.returncode, again.stderr), (0, ""))
        self.assertIn("already", again.stdout)
        self.assertEqual((self.there / "fog-1.pem").read_bytes(), before)
        self.check_member("fog-1")

    def test_who_is_not_taken_any_more_joins_with_a_new_token(self):
        self.assertEqual(self.perigee(*self.call("fog-1", self.token("fog-1", "join")["secret"])).returncode, 0)
        serial = self.known_as("fog-1")["serial"]
        self.do("certificate", "revoke", serial, "--reason", "keyCompromise", "--node", self.cloud.config)
        spent = self.perigee(*self.call("fog-1", "pgt_spent"))
        self.assertEqual(spent.returncode, FAILED)
        self.assertIn("401", spent.stderr)
        done = self.perigee(*self.call("fog-1", self.token("fog-1", "join")["secret"]))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.check_member("fog-1")

    def test_what_is_wrong_is_said_and_changes_nothing(self):
        token = self.token("fog-1", "join")["secret"]
        wrong = {
            "no such host": (self.call("fog-1", token, url="https://nowhere.invalid:8443"), UNAVAILABLE),
            "nobody listens": (self.call("fog-1", token, url="https://localhost:1"), UNAVAILABLE),
            "not a parent": (self.call("fog-1", token, url=f"https://localhost:{self.cloud.ports['tls']}"),
                             UNAVAILABLE),
            "no https": (self.call("fog-1", token, url=f"http://localhost:{self.cloud.api_port}"), USAGE),
            "another's token": (self.call("fog-2", token), FAILED),
            "no gateway's token": (self.call("fog-1", token, "--gateway"), FAILED),
            "a device's token": (self.call("fog-1", self.token("fog-1")["secret"]), FAILED),
        }
        for what, (call, code) in wrong.items():
            done = self.perigee(*call)
            self.assertEqual(done.returncode, code, (what, done.stderr))
            self.assertRegex(done.stderr, r"^perigee join: .+\n$", what)
            self.assertEqual([each.suffix for each in self.there.glob("*")
                              if each.suffix not in (".crt", ".next")], [], what)
        self.assertEqual(self.uses_left("fog-1"), [1, 1], "nothing was used up")
        self.assertEqual(self.perigee(*self.call("fog-1", token)).returncode, 0)

    def test_two_gateways_have_two_folders(self):
        calls = [self.call(name, self.token(name, "gateway")["secret"], "--gateway") for name in ("fog-1", "fog-2")]
        self.assertEqual(self.perigee(*calls[0]).returncode, 0)
        before = (self.there / "issuing.pem").read_bytes()
        done = self.perigee(*calls[1])
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("another gateway", done.stderr)
        self.assertEqual((self.there / "issuing.pem").read_bytes(), before)
        self.assertEqual(self.uses_left("fog-2"), [1])

    def test_machines_have_a_listener_of_their_own(self):
        """[identity] port: the API stays on loopback and plain, and nothing of it is served there."""
        own = self.folder / "cloud.pem"
        own.write_text((self.folder / "cloud.key").read_text() + (self.folder / "cloud.crt").read_text())
        self.cloud.stop()
        cloud = self.node("cloud-apart", listeners=("tls",), more=(
            f'[tls]\ncertificate = "{own}"\nkey = {{ file = "{own}" }}\nauthority = "{self.root}"\n'
            f'[identity]\nfolder = "{self.ca}"\nport = 0\n'))
        cloud.api_more = 'transport = "tcp"\n'
        cloud.start()
        line = self.perigee("token", "create", "--for", "fog-1", "--qr", "--node", cloud.config).stdout.strip()
        port = json.loads((cloud.data / "run.json").read_text())["enrolment"]["port"]
        self.assertTrue(line.startswith(f"https://127.0.0.1:{port}/#join="), line)
        self.do("join", line, "--folder", self.there)
        answers = {}
        for path in ("/.well-known/est/cacerts", "/api/v1/status", "/", "/metrics", "/livez"):
            shown = self.run_device("curl", "-sS", "--cacert", self.root, "-o", self.folder / "answer", "-w",
                                    "%{http_code}", f"https://localhost:{port}{path}")
            answers[path] = int(shown.stdout)
        self.assertEqual(list(answers.values()), [200, 404, 404, 404, 404], answers)
        self.assertEqual(cloud.get("/api/v1/status")[0], 200)

    def test_an_expired_token_is_refused(self):
        token = self.token("fog-1", "join", "--expires", "1s")["secret"]
        wait_until("it has expired", lambda: self.tokens()[0]["state"] == "expired")
        done = self.perigee(*self.call("fog-1", token))
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("401", done.stderr)
        done = self.perigee(*self.call("fog-1", self.token("fog-1", "join")["secret"]))
        self.assertEqual((done.returncode, done.stderr), (0, ""), "with the key of before")

    def test_a_folder_with_something_else_is_left_as_it_is(self):
        token = self.token("fog-1", "join")["secret"]
        self.there.mkdir()
        root = self.there / "root.crt"
        other = self.folder / "other"
        self.do("ca", "init", other, "--site", "elsewhere")
        for text in ((other / "root.crt").read_text(), "years of work"):
            root.write_text(text)
            done = self.perigee(*self.call("fog-1", token))
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("another --folder", done.stderr)
            self.assertEqual(root.read_text(), text)
        root.unlink()
        (self.there / "thesis.txt").write_text("years of work")
        self.there.chmod(0o500)
        if os.geteuid() != 0:  # nobody forbids root to write
            done = self.perigee(*self.call("fog-1", token))
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("root.crt", done.stderr)
        self.there.chmod(0o700)
        in_a_file = [*self.call("fog-1", token)[:5], root, *self.call("fog-1", token)[6:]]
        self.assertEqual(self.perigee(*self.call("fog-1", token)).returncode, 0)
        self.assertEqual(self.perigee(*in_a_file).returncode, FAILED)
        self.assertEqual((self.there / "thesis.txt").read_text(), "years of work")


if __name__ == "__main__":
    unittest.main()
