"""Certificates by EST (RFC 7030), with curl and openssl as the device, and `perigee ca` and `perigee join`."""

import base64
import json
import re
import subprocess
import unittest

from est_site import EstSite
from processes import PATIENCE_S

FAILED, USAGE = 1, 64


class Enrolment(EstSite):
    def test_a_device_enrols_connects_renews_and_is_retired(self):
        status, bundle = self.est("cacerts")
        self.assertEqual(status, 200)
        shown = self.keep("authorities", bundle).read_text()
        self.assertIn("CN=plant root", shown.replace("CN = ", "CN="))
        status, attributes = self.est("csrattrs")
        self.assertEqual(status, 200)
        parsed = subprocess.run(["openssl", "asn1parse", "-inform", "DER"], input=base64.b64decode(attributes),
                                capture_output=True, timeout=PATIENCE_S)
        self.assertIn(b"ecdsa-with-SHA256", parsed.stdout)
        status, bundle = self.enrol("press-4", self.token("press-4")["secret"])
        self.assertEqual(status, 200, bundle)
        certificate = self.keep("press-4", bundle)
        good = self.run_device("openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", self.root,
                               "-untrusted", certificate, certificate)
        self.assertEqual(good.returncode, 0, good.stderr)
        well = self.publish("press-4")
        self.assertEqual((well.returncode, well.stderr), (0, b""))
        identity = ["--cert", certificate, "--key", self.folder / "press-4.key"]
        body = self.request_for("press-4", "press-4-new")
        status, renewed = self.est("simplereenroll", *identity, body=body)
        self.assertEqual(status, 200, renewed)
        self.keep("press-4-new", renewed)
        self.assertEqual(self.publish("press-4").returncode, 0, "the old one is taken in its grace")
        status, again = self.est("simplereenroll", *identity, body=body)
        self.assertEqual(status, 200, "the answer may have been lost: the same key again")
        self.keep("press-4-new", again)
        status, other = self.est("simplereenroll", *identity, body=self.request_for("press-4", "press-4-other"))
        self.assertEqual(status, 403, other)
        self.do("device", "retire", "press-4", "--why", "scrapped", "--node", self.cloud.config)
        refused = self.run_device("curl", "-sS", "--cacert", self.root, "--cert", self.folder / "press-4-new.crt",
                                  "--key", self.folder / "press-4-new.key",
                                  f"https://localhost:{self.cloud.api_port}/.well-known/est/cacerts")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(("connection", "it has been revoked", True), self.history("press-4"))
        self.assertNotEqual(self.publish("press-4").returncode, 0)

    def test_what_is_wrong_is_refused_and_stands_in_the_audit(self):
        once = self.token("press-5")
        body = self.request_for("press-5")
        self.assertEqual(self.est("simpleenroll", body=body)[0], 401)
        self.assertEqual(self.enrol("press-5", "pgt_guessed", body)[0], 401)
        other = self.request_for("cloud", "as-cloud")
        status, refused = self.enrol("press-5", once["secret"], other)
        self.assertEqual((status, json.loads(refused)["status"]), (403, 403))
        broken = self.folder / "broken.b64"
        broken.write_bytes(body.read_bytes()[8:])
        self.assertEqual(self.enrol("press-5", once["secret"], broken)[0], 400)
        self.assertEqual(self.enrol("press-6", once["secret"])[0], 401, "another's token")
        self.assertEqual(self.enrol("press-5", once["secret"], body)[0], 200, "none of that used it up")
        self.assertEqual(self.enrol("press-5", once["secret"], body)[0], 200, "the same key: the answer may be lost")
        self.assertEqual(self.enrol("press-5", once["secret"])[0], 401, "another key")
        self.assertEqual(self.est("simplereenroll", body=body)[0], 403, "without a certificate")
        audit = json.dumps([self.history("press-5")])
        self.assertNotIn(once["secret"], audit + self.cloud.log)

    def test_a_node_joins_by_its_parents_fingerprint(self):
        made = self.token("fog-1", "join")
        url = f"https://localhost:{self.cloud.api_port}"
        there = self.folder / "fog"
        call = ["join", url, made["secret"], "fog-1", "--folder", there]
        asked = self.perigee(*call)
        self.assertEqual(asked.returncode, USAGE)
        seen = re.search(r"SHA-256 ([0-9a-f]{64})", asked.stdout)[1]
        shown = self.do("ca", "show", self.ca, "--json")
        self.assertEqual(seen, json.loads(shown.stdout)["certificates"][0]["fingerprint"])
        wrong = self.perigee(*call, "--fingerprint", "0" * 64)
        self.assertEqual(wrong.returncode, FAILED)
        self.assertFalse((there / "fog-1.pem").exists())
        joined = self.perigee(*call, "--fingerprint", seen)
        self.assertEqual((joined.returncode, joined.stderr), (0, ""))
        self.assertEqual((there / "fog-1.pem").stat().st_mode & 0o777, 0o600)
        good = self.run_device("openssl", "verify", "-x509_strict", "-CAfile", there / "root.crt", "-untrusted",
                               there / "fog-1.pem", there / "fog-1.pem")
        self.assertEqual(good.returncode, 0, good.stderr)
        fog = self.node("fog-1", listeners=(), authority=self.root, more=(
            f'[tls]\ncertificate = "{there}/fog-1.pem"\nkey = {{ file = "{there}/fog-1.pem" }}\n'
            f'authority = "{there}/root.crt"\n[uplink]\nurl = "mqtts://localhost:{self.cloud.ports["tls"]}"\n')).start()
        fog.wait_for_metric("perigee_link_connected", 1)
        elsewhere = [*call[:-1], self.folder / "elsewhere", "--fingerprint", seen]
        again = self.perigee(*elsewhere)
        self.assertEqual(again.returncode, FAILED, "the token was for once")
        self.assertIn("401", again.stderr)

    def test_a_node_that_is_killed_in_an_enrolment_leaves_a_good_token_or_an_identity(self):
        """At many moments: the device asks again as it asked before, and has its certificate, for one use."""
        lost = 0
        for moment in range(10):
            name = f"killed-{moment}"
            token, body = self.token(name)["secret"], self.request_for(name)
            url = f"https://localhost:{self.cloud.api_port}/.well-known/est/simpleenroll"
            device = self.run_in_background(name, [
                "curl", "-sS", "--cacert", self.root, "-u", f"{name}:{token}", "-H", "Content-Type: application/pkcs10",
                "--data-binary", f"@{body}", url])
            try:
                device.wait(patience=0.012 * moment)
            except subprocess.TimeoutExpired:
                pass
            self.cloud.kill()
            lost += device.wait() != 0
            self.cloud.start()
            status, answer = self.enrol(name, token, body)
            self.assertEqual(status, 200, (moment, answer))
            self.assertEqual(self.enrol(name, token, self.request_for(name, "other"))[0], 401, "it was one use")
            listed = json.loads(self.do("token", "ls", "--json", "--node", self.cloud.config).stdout)["tokens"]
            self.assertEqual([each["uses_left"] for each in listed if each["for"] == name], [0])
        self.assertGreater(lost, 0, "some were killed in the middle")

    def test_the_first_node_of_a_site_makes_what_it_needs(self):
        first = self.node("first", listeners=("tls",), more='[identity]\nsite = "new"\nnames = ["first.new"]\n')
        made = first.folder / "data" / "identity"
        first.authority = made / "root.crt"
        first.start()
        kept = {name: (made / name).read_bytes() for name in ("root.crt", "issuing.crt", "first.pem")}
        self.assertEqual((made / "root.key").stat().st_mode & 0o777, 0o600)
        names = self.run_device("openssl", "x509", "-in", made / "first.pem", "-noout", "-ext", "subjectAltName")
        self.assertIn(b"DNS:first, DNS:localhost, DNS:first.new", names.stdout)
        token = json.loads(self.do("token", "create", "--for", "press-9", "--purpose", "enrol", "--json", "--node",
                                   first.config).stdout)["secret"]
        self.request_for("press-9")
        done = self.run_device("curl", "-sS", "--cacert", made / "root.crt", "-o", "/dev/null", "-w", "%{http_code}",
                               "-u", f"press-9:{token}", "-H", "Content-Type: application/pkcs10", "--data-binary",
                               f"@{self.folder}/press-9.b64",
                               f"https://localhost:{first.api_port}/.well-known/est/simpleenroll")
        self.assertEqual(done.stdout, b"200", done.stderr)
        first.stop()
        (made / "root.key").unlink()
        first.start()
        self.assertEqual(kept, {name: (made / name).read_bytes() for name in kept}, "it is made once")

    def test_an_authority_behind_a_passphrase_issues_for_who_knows_it(self):
        words, wrong, there = self.folder / "words", self.folder / "wrong", self.folder / "sealed"
        words.write_text("four words nobody guesses\n")
        wrong.write_text("others\n")
        self.do("ca", "init", there, "--site", "sealed", "--passphrase-file", words)
        self.assertIn("ENCRYPTED", (there / "issuing.key").read_text())
        issue = ("ca", "issue", there, "vault", "--profile", "node", "--dns", "localhost", "--address", "127.0.0.1",
                 "--out", there)
        for lacking in ((), ("--passphrase-file", wrong), ("--passphrase-file", self.folder / "absent")):
            self.assertEqual(self.perigee(*issue, *lacking).returncode, FAILED)
        self.do(*issue, "--passphrase-file", words)
        sections = (f'[tls]\ncertificate = "{there}/vault.crt"\nkey = {{ file = "{there}/vault.key" }}\n'
                    f'authority = "{there}/root.crt"\n[identity]\nfolder = "{there}"\n')
        sealed = self.node("sealed", listeners=(), more=sections)
        self.assertNotEqual(sealed.launch().wait(), 0)
        vault = self.node("vault", listeners=("tls",), authority=there / "root.crt",
                          more=f'{sections}passphrase = {{ file = "{words}" }}\n').start()
        made = self.do("token", "create", "--for", "press-9", "--purpose", "enrol", "--json", "--node", vault.config)
        done = self.run_device("curl", "-sS", "--cacert", there / "root.crt", "-o", "/dev/null", "-w", "%{http_code}",
                               "-u", f'press-9:{json.loads(made.stdout)["secret"]}', "-H",
                               "Content-Type: application/pkcs10", "--data-binary", f'@{self.request_for("press-9")}',
                               f"https://localhost:{vault.api_port}/.well-known/est/simpleenroll")
        self.assertEqual(done.stdout, b"200")

    def test_an_authority_is_not_overwritten(self):
        before = (self.ca / "root.key").read_bytes()
        again = self.perigee("ca", "init", self.ca)
        self.assertEqual(again.returncode, FAILED)
        self.assertIn("there already", again.stderr)
        self.assertEqual((self.ca / "root.key").read_bytes(), before)
        for secret in ("root.key", "issuing.key", "registry.db"):
            self.assertEqual((self.ca / secret).stat().st_mode & 0o777, 0o600, secret)


if __name__ == "__main__":
    unittest.main()
