"""A gateway that enrols devices while its parent is away, and tells of them when the link is back."""

import json
import sqlite3
import unittest

from est_site import EstSite
from processes import wait_until


class Gateway(EstSite):
    def setUp(self):
        super().setUp()
        self.own = self.folder / "fog-identity"
        self.join("fog-1", "gateway", "--gateway")
        self.fog = self.node("fog-1", listeners=("tls",), authority=self.root, more=(
            f'[tls]\ncertificate = "{self.own}/fog-1.pem"\nkey = {{ file = "{self.own}/fog-1.pem" }}\n'
            f'authority = "{self.own}/root.crt"\n'
            f'[identity]\nfolder = "{self.own}"\nrenew = "https://localhost:{self.cloud.api_port}"\n'
            f'[uplink]\nurl = "mqtts://localhost:{self.cloud.ports["tls"]}"\n')).start()
        self.fog.wait_for_metric("perigee_link_connected", 1)

    def join(self, name, purpose, *more):
        token = self.token(name, purpose)["secret"]
        shown = json.loads(self.do("ca", "show", self.ca, "--json").stdout)["certificates"][0]["fingerprint"]
        self.do("join", f"https://localhost:{self.cloud.api_port}", token, name, "--folder", self.own, "--fingerprint",
                shown, *more)

    def enrol_at_the_fog(self, name):
        made = self.do("token", "create", "--for", name, "--purpose", "enrol", "--json", "--node", self.fog.config)
        parent, self.cloud = self.cloud, self.fog
        try:
            return self.enrol(name, json.loads(made.stdout)["secret"])
        finally:
            self.cloud = parent

    def seen_above(self):
        """By name: life, gateway and how many certificates."""
        with sqlite3.connect(f"file:{self.ca}/registry.db?mode=ro", uri=True) as db:
            rows = db.execute("SELECT name, lifecycle, gateway, (SELECT count(*) FROM certificate c WHERE"
                              " c.name = t.name) FROM thing t WHERE name LIKE '%.fog-1'")
            return {name: (life, gateway, count) for name, life, gateway, count in rows}

    def test_what_it_enrols_while_the_parent_is_away_is_known_there_later_once(self):
        self.cloud.kill()
        for n in (1, 2, 3):
            status, bundle = self.enrol_at_the_fog(f"press-{n}.fog-1")
            self.assertEqual(status, 200, bundle)
            self.keep(f"press-{n}.fog-1", bundle)
        status, refused = self.enrol_at_the_fog("press-4")
        self.assertEqual(status, 403, refused)
        self.assertIn("end in '.fog-1'", refused.decode())
        certificate = self.folder / "press-1.fog-1.crt"
        good = self.run_device("openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", self.root,
                               "-untrusted", certificate, certificate)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.fog.kill()
        self.cloud.start()
        self.fog.start()
        expected = {f"press-{n}.fog-1": (1, "fog-1", 1) for n in (1, 2, 3)}
        wait_until("the parent knows all three", lambda: self.seen_above() == expected)
        connected = self.publish_at_the_fog("press-1.fog-1")
        self.assertEqual(connected.returncode, 0, connected.stderr)
        self.do("device", "retire", "press-2.fog-1", "--node", self.fog.config)
        wait_until("the parent knows that one is active and one retired",
                   lambda: [self.seen_above()[f"press-{n}.fog-1"][0] for n in (1, 2, 3)] == [2, 4, 1])
        self.cloud.kill()
        self.cloud.start()
        self.fog.wait_for_metric("perigee_link_connected", 1)
        self.assertEqual({name: row[2] for name, row in self.seen_above().items()},
                         {f"press-{n}.fog-1": 1 for n in (1, 2, 3)}, "each once")

    def test_its_authority_renews_itself_and_what_it_issued_stays_good(self):
        names = ["press-1.fog-1", "press-2.fog-1"]
        self.keep(names[0], self.enrol_at_the_fog(names[0])[1])
        file = self.own / "issuing.pem"
        before = self.authority_in(file)
        issued = self.fog.metric("perigee_certificate_renewals_total")
        token = json.loads((self.fog.data / "run.json").read_text())["token"]
        done = self.run_device("curl", "-sS", "--cacert", self.root, "-X", "POST",
                               "-H", f"Authorization: Bearer {token}",
                               f"https://localhost:{self.fog.api_port}/api/v1/identity/renew")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.fog.wait_for_metric("perigee_certificate_renewals_total", issued + 2)  # its own, and the authority
        after = self.authority_in(file)
        self.assertNotEqual(after["serial"], before["serial"])
        self.assertEqual(after["key"], before["key"])
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        wait_until("it issues by the new one", lambda: f"({after['serial']}) from now on" in self.fog.log)
        self.cloud.kill()
        self.keep(names[1], self.enrol_at_the_fog(names[1])[1])
        for name in names:
            certificate = self.folder / f"{name}.crt"
            good = self.run_device("openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", self.root,
                                   "-untrusted", certificate, certificate)
            self.assertEqual(good.returncode, 0, good.stderr)
            self.assertEqual(self.publish_at_the_fog(name).returncode, 0, name)
        self.assertEqual(self.perigee("doctor", self.fog.config).stdout.count("issuing.pem"), 2, "it, and its parent")
        self.fog.kill()
        self.fog.start()
        self.assertEqual(self.publish_at_the_fog(names[0]).returncode, 0)
        self.cloud.start()

    def authority_in(self, file):
        shown = [self.run_device("openssl", "x509", "-in", file, "-noout", *how).stdout.decode()
                 for how in (["-serial"], ["-pubkey"])]
        return {"serial": shown[0].strip().removeprefix("serial=").lstrip("0").lower(), "key": shown[1]}

    def publish_at_the_fog(self, name):
        return self.run_device("mosquitto_pub", "-V", "mqttv5", "-h", "localhost", "-p", self.fog.ports["tls"], "-i",
                               "x", "--cafile", self.root, "--cert", self.folder / f"{name}.crt", "--key",
                               self.folder / f"{name}.key", "-t", "site/x", "-m", "1", "-q", "1")

    def test_any_client_of_est_gets_and_renews_an_authority(self):
        """With curl, as docs/identity.md has it."""
        body = self.request_for("fog-2", "gateway")
        join = self.token("fog-2", "join")["secret"]
        self.assertEqual(self.est("gateway/simpleenroll", "-u", f"fog-2:{join}", body=body)[0], 401, "another purpose")
        token = self.token("fog-2", "gateway")["secret"]
        status, bundle = self.est("gateway/simpleenroll", "-u", f"fog-2:{token}", body=body)
        self.assertEqual(status, 200, bundle)
        first = self.authority_in(self.keep("gateway", bundle))
        own = self.request_for("fog-2", "own")
        status, bundle = self.est("node/simpleenroll", "-u", f"fog-2:{token}", body=own)
        self.assertEqual(status, 200, "a node by the same token")
        shown = ["--cert", self.keep("own", bundle), "--key", self.folder / "own.key"]
        self.assertEqual(self.est("gateway/simplereenroll", *shown, body=own)[0], 403, "of its own key")
        self.assertEqual(self.est("gateway/simplereenroll", body=body)[0], 403, "without a certificate")
        status, bundle = self.est("gateway/simplereenroll", *shown, body=body)
        self.assertEqual(status, 200, bundle)
        second = self.authority_in(self.keep("gateway", bundle))
        self.assertEqual(second["key"], first["key"])
        self.assertNotEqual(second["serial"], first["serial"])

    def test_what_lies_outside_of_its_name_is_refused_above(self):
        with sqlite3.connect(self.own / "registry.db") as db:  # as a fog that was taken over would
            db.execute("INSERT INTO thing VALUES('cloud-2', 1, 1, 0, NULL, '', 1, 1, 0)")
            db.execute("INSERT INTO report VALUES('cloud-2', 1000)")
        self.fog.kill()
        self.fog.start()

        def refusal():
            with sqlite3.connect(f"file:{self.ca}/registry.db?mode=ro", uri=True) as db:
                return db.execute("SELECT who, why FROM audit WHERE of = 'cloud-2' AND refused = 1").fetchall()

        rows = wait_until("the parent refuses it", refusal)
        self.assertEqual(rows[0], ("fog-1", "it is outside of what 'fog-1' may issue"))
        self.assertEqual(self.perigee("device", "show", "cloud-2", "--node", self.cloud.config).returncode, 1)


if __name__ == "__main__":
    unittest.main()
