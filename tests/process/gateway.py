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
        self.own.mkdir()
        self.become_a_node()
        self.become_a_gateway()
        self.fog = self.node("fog-1", listeners=("tls",), authority=self.root, more=(
            f'[tls]\ncertificate = "{self.own}/fog-1.pem"\nkey = {{ file = "{self.own}/fog-1.pem" }}\n'
            f'authority = "{self.root}"\n[identity]\nfolder = "{self.own}"\n'
            f'[uplink]\nurl = "mqtts://localhost:{self.cloud.ports["tls"]}"\n')).start()
        self.fog.wait_for_metric("perigee_link_connected", 1)

    def become_a_node(self):
        token = self.token("fog-1", "join")["secret"]
        shown = json.loads(self.do("ca", "show", self.ca, "--json").stdout)["certificates"][0]["fingerprint"]
        joined = self.perigee("join", f"https://localhost:{self.cloud.api_port}", token, "fog-1", "--folder", self.own,
                              "--fingerprint", shown)
        self.assertEqual(joined.returncode, 0, joined.stderr)

    def become_a_gateway(self):
        """As docs/identity.md has it: with curl, under the label of EST for gateways."""
        body = self.request_for("fog-1", "gateway")
        join = self.token("fog-1", "join")["secret"]
        self.assertEqual(self.est("gateway/simpleenroll", "-u", f"fog-1:{join}", body=body)[0], 401, "another purpose")
        token = self.token("fog-1", "gateway")["secret"]
        status, bundle = self.est("gateway/simpleenroll", "-u", f"fog-1:{token}", body=body)
        self.assertEqual(status, 200, bundle)
        self.keep("gateway", bundle).rename(self.own / "issuing.crt")
        (self.folder / "gateway.key").rename(self.own / "issuing.key")
        (self.own / "root.crt").write_bytes(self.root.read_bytes())

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
        connected = self.run_device("mosquitto_pub", "-V", "mqttv5", "-h", "localhost", "-p", self.fog.ports["tls"],
                                    "-i", "x", "--cafile", self.root, "--cert", certificate, "--key",
                                    self.folder / "press-1.fog-1.key", "-t", "site/x", "-m", "1", "-q", "1")
        self.assertEqual(connected.returncode, 0, connected.stderr)
        self.do("device", "retire", "press-2.fog-1", "--node", self.fog.config)
        wait_until("the parent knows that one is active and one retired",
                   lambda: [self.seen_above()[f"press-{n}.fog-1"][0] for n in (1, 2, 3)] == [2, 4, 1])
        self.cloud.kill()
        self.cloud.start()
        self.fog.wait_for_metric("perigee_link_connected", 1)
        self.assertEqual({name: row[2] for name, row in self.seen_above().items()},
                         {f"press-{n}.fog-1": 1 for n in (1, 2, 3)}, "each once")

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
