"""What somebody tries who wants a certificate and should have none: over real HTTP, with curl and openssl. Each is
refused, and the registry's audit has the one reason."""

import base64
import json
import sqlite3
import subprocess
import unittest

from est_site import EstSite
from processes import PATIENCE_S, wait_until


class EnrolmentAttacks(EstSite):
    def refusals(self, name):
        """What the audit says was refused of this name, the oldest first."""
        with sqlite3.connect(f"file:{self.ca}/registry.db?mode=ro", uri=True) as db:
            rows = db.execute("SELECT what, source, why FROM audit WHERE refused = 1 AND of = ? ORDER BY id", (name,))
            return rows.fetchall()

    def refused(self, name, status, why, token=None, body=None, **more):
        """It is answered with this status, and the audit has one row more, with this reason."""
        before = len(self.refusals(name))
        got = self.enrol(name, token or self.token(name)["secret"], body=body, **more)
        self.assertEqual(got[0], status, got)
        rows = self.refusals(name)
        self.assertEqual(len(rows), before + 1, rows)
        self.assertEqual((rows[-1][0], rows[-1][1]), ("enrolment", "127.0.0.1"))
        self.assertIn(why, rows[-1][2])

    def forget_failures(self):
        """A success, after which this address is heard at once again."""
        status, answer = self.enrol("good", self.good, self.good_body)
        self.assertEqual(status, 200, answer)

    def setUp(self):
        super().setUp()
        self.good, self.good_body = self.token("good")["secret"], self.request_for("good")

    def test_tokens_that_are_not_good(self):
        body = self.request_for("a")
        self.refused("a", 401, "there is no such token", token="pgt_" + "0" * 64, body=body)
        used = self.token("a")["secret"]
        self.assertEqual(self.enrol("a", used, self.request_for("a", "first"))[0], 200)
        self.refused("a", 401, "the token is used up", token=used, body=body)
        revoked = self.token("a")
        self.do("token", "revoke", revoked["id"], "--node", self.cloud.config)
        self.refused("a", 401, "the token is revoked", token=revoked["secret"], body=body)
        self.forget_failures()
        self.refused("a", 401, "the token is for another name", token=self.token("b")["secret"], body=body)
        self.refused("a", 401, "the token is for another purpose", token=self.token("a", "join")["secret"], body=body)
        short = self.token("a", "enrol", "--expires", "1s")["secret"]
        self.forget_failures()

        def expired():
            status, _ = self.enrol("late", short, body=self.late)
            return any("the token has expired" in why for _, _, why in self.refusals("late")) and status == 401

        self.late = self.request_for("late")
        wait_until("the token has expired", lambda: self.forget_failures() or expired())

    def test_requests_that_are_not_good(self):
        self.refused("a", 403, "the request is for 'cloud', and 'a' asks", body=self.request_for("cloud", "as-cloud"))
        beside = self.request_with("a", ["-addext", "subjectAltName=DNS:a,DNS:cloud"])
        self.refused("a", 403, "'a' may not be called 'cloud'", body=beside)
        self.forget_failures()
        der = bytearray((self.folder / "good.p10").read_bytes())
        der[-1] ^= 1
        self.refused("good", 400, "no_possession: ", body=self.file_of("stolen", bytes(der)))
        self.refused("a", 400, "malformed: ", body=self.file_of("cut", bytes(der[:-9])))
        self.refused("a", 400, "malformed: ", body=self.file_of("other", b"nothing of the kind"))
        self.forget_failures()
        weak = self.request_with("a", [], ["rsa:1024"])
        self.refused("a", 400, "weak_key: ", body=weak)
        digest = self.request_with("a", ["-sha1"])
        self.refused("a", 400, "weak_signature: ", body=digest)

    def test_things_that_may_not(self):
        token = self.token("a", "enrol", "--uses", "9")["secret"]
        body = self.request_for("a")
        self.assertEqual(self.enrol("a", token, body)[0], 200)
        self.do("device", "suspend", "a", "--node", self.cloud.config)
        self.refused("a", 403, "it is suspended", token=token, body=body)
        self.do("device", "retire", "a", "--node", self.cloud.config)
        self.refused("a", 403, "it is retired", token=token, body=body)
        self.do("device", "add", "fog-1", "--kind", "node", "--node", self.cloud.config)
        self.refused("fog-1", 403, "it is a node, not a device")
        self.forget_failures()
        self.do("device", "delete", "a", "--node", self.cloud.config)
        self.refused("a", 403, "a certificate of this key was revoked", token=token, body=body)

    def test_who_guesses_is_slowed_down(self):
        body = self.request_for("a")
        codes = [self.enrol("a", f"pgt_{n:064}", body)[0] for n in range(7)]
        self.assertEqual(codes[:5], [401] * 5)
        self.assertIn(429, codes)
        heard = len(self.refusals("a"))
        self.assertLess(heard, 7, "what was not heard is not in the audit")
        wait_until("the right one is heard again", lambda: self.enrol("good", self.good, self.good_body)[0] == 200)
        self.assertEqual(self.enrol("a", "pgt_" + "1" * 64, body)[0], 401, "and begins anew")

    def request_with(self, name, options, new_key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
        request = self.folder / "special.p10"
        made = self.run_device("openssl", "req", "-new", "-newkey", *new_key, "-nodes", "-subj", f"/CN={name}",
                               *options, "-keyout", self.folder / "special.key", "-outform", "DER", "-out", request)
        self.assertEqual(made.returncode, 0, made.stderr)
        return self.file_of("special", request.read_bytes())

    def file_of(self, name, der):
        file = self.folder / f"{name}.b64"
        file.write_bytes(base64.encodebytes(der))
        return file


class Approval(EstSite):
    """`approval = "manual"`: a token does not do without an operator's word."""

    identity_options = 'approval = "manual"\n'

    def waiting(self):
        listed = json.loads(self.do("enrolment", "ls", "--json", "--node", self.cloud.config).stdout)["enrolments"]
        return {each["name"]: each for each in listed if each["state"] == "waiting"}

    def test_an_enrolment_waits_for_a_word_over_restarts(self):
        token, body = self.token("press-1")["secret"], self.request_for("press-1")
        self.assertEqual(self.enrol("press-1", token, body)[0], 202)
        headers = self.folder / "headers"
        self.est("simpleenroll", "-u", f"press-1:{token}", "-D", headers, body=body)
        self.assertRegex(headers.read_text().lower(), r"retry-after: \d+\r?\n")
        one = self.waiting()["press-1"]
        own = self.folder / "press-1.key"
        key = self.run_device("openssl", "pkey", "-in", own, "-pubout", "-outform", "DER").stdout
        digest = subprocess.run(["sha256sum"], input=key, capture_output=True, timeout=PATIENCE_S).stdout.decode()
        self.assertTrue(digest.startswith(one["id"]), "an operator can compare it")
        other = self.request_for("press-1", "other")
        self.assertEqual(self.enrol("press-1", token, other)[0], 401, "another key, and the token is taken")
        self.cloud.kill()
        self.cloud.start()
        self.assertEqual(self.enrol("press-1", token, body)[0], 202)
        self.do("enrolment", "approve", one["id"], "--why", "it is ours", "--node", self.cloud.config)
        self.assertEqual(self.enrol("press-1", token, body)[0], 200)
        again = self.perigee("enrolment", "deny", one["id"], "--node", self.cloud.config)
        self.assertEqual(again.returncode, 1)
        self.assertIn(("enrolment approved", "it is ours", False), self.history("press-1"))

    def test_one_that_is_denied_is_refused(self):
        token, body = self.token("press-2")["secret"], self.request_for("press-2")
        self.assertEqual(self.enrol("press-2", token, body)[0], 202)
        self.do("enrolment", "deny", self.waiting()["press-2"]["id"], "--node", self.cloud.config)
        self.assertEqual(self.enrol("press-2", token, body)[0], 403)
        self.assertEqual(self.waiting(), {})


if __name__ == "__main__":
    unittest.main()
