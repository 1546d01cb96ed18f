"""How a node keeps its own identity: it joins, renews its certificate by itself, and is killed at every step of that.

Time is made by tests/faults/clock_shim.cpp: certificates live 90 days and are renewed between 52 and 68 days."""

import datetime
import json
import os
import signal
import sqlite3
import subprocess
import time
import unittest

from processes import PATIENCE_S, PERIGEE, SiteTest, wait_until

SHIM = os.environ.get("PERIGEE_CLOCK_SHIM", "build/release/tests/faults/libclock_shim.so")
DAY_S = 24 * 3600
DUE_S = 70 * DAY_S


class Rotation(SiteTest):
    def setUp(self):
        super().setUp()
        self.ca = self.folder / "ca"
        self.do("ca", "init", self.ca, "--site", "plant")
        self.do("ca", "issue", self.ca, "cloud", "--profile", "node", "--dns", "localhost", "--address", "127.0.0.1",
                "--out", self.folder)
        own = self.folder / "cloud.pem"
        own.write_text((self.folder / "cloud.key").read_text() + (self.folder / "cloud.crt").read_text())
        own.chmod(0o600)
        self.root = self.ca / "root.crt"
        self.cloud = self.node("cloud", listeners=("tls",), authority=self.root, more=(
            f'[tls]\ncertificate = "{own}"\nkey = {{ file = "{own}" }}\nauthority = "{self.root}"\n'
            f'[identity]\nfolder = "{self.ca}"\nrenew = "self"\n'))
        self.cloud.offer_clock(SHIM)
        self.cloud.start()
        self.there = self.folder / "there"

    def do(self, *arguments):
        done = self.perigee(*arguments, env=self.cloud.env if self.nodes else None)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done

    def token(self, name):
        made = self.do("token", "create", "--for", name, "--purpose", "join", "--json", "--node", self.cloud.config)
        return json.loads(made.stdout)["secret"]

    def join(self, name="fog-1", *more):
        shown = json.loads(self.do("ca", "show", self.ca, "--json").stdout)
        return self.perigee("join", f"https://localhost:{self.cloud.api_port}", self.token(name), name, "--folder",
                            self.there, "--fingerprint", shown["certificates"][0]["fingerprint"], *more)

    def joined_fog(self):
        """A child that renews at the cloud, running."""
        done = self.join()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        own = self.there / "fog-1.pem"
        fog = self.node("fog-1", listeners=(), authority=self.there / "root.crt", more=(
            f'[tls]\ncertificate = "{own}"\nkey = {{ file = "{own}" }}\nauthority = "{self.there}/root.crt"\n'
            f'[identity]\nrenew = "https://localhost:{self.cloud.api_port}"\n'
            f'[uplink]\nurl = "mqtts://localhost:{self.cloud.ports["tls"]}"\n'))
        fog.offer_clock(SHIM)
        fog.start()
        fog.wait_for_metric("perigee_link_connected", 1)
        return fog

    def serial(self, file):
        """Of the certificate in a file whose key is its key: openssl says so."""
        text = file.read_bytes()
        of_certificate, of_key, serial = [
            subprocess.run(["openssl", *how], input=text, capture_output=True, timeout=PATIENCE_S).stdout.decode()
            for how in (["x509", "-pubkey", "-noout"], ["pkey", "-pubout"], ["x509", "-noout", "-serial"])]
        self.assertEqual(of_key, of_certificate, "key and certificate belong together")
        return serial.strip().removeprefix("serial=").lstrip("0").lower()

    def set_clocks(self, offset_s, *nodes):
        for node in (self.cloud, *nodes):
            node.set_clock(offset_s)

    def certificates_of(self, name):
        """The parent's registry of them: state by serial number."""
        with sqlite3.connect(f"file:{self.ca}/registry.db?mode=ro", uri=True) as registry:
            return {serial: ("current", "superseded", "revoked")[state] for serial, state in
                    registry.execute("SELECT serial, state FROM certificate WHERE name = ?", (name,))}

    def test_join_leaves_a_node_that_runs_and_renews(self):
        done = self.join()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(sorted(each.name for each in self.there.iterdir()), ["fog-1.pem", "fog-1.toml", "root.crt"])
        self.assertEqual((self.there / "fog-1.pem").stat().st_mode & 0o777, 0o600)
        self.assertIn("perigee run", done.stdout)
        config = self.there / "fog-1.toml"
        self.assertEqual(self.perigee("validate", config).returncode, 0)
        self.run_in_background("run-fog", [PERIGEE, "run", config])
        links = wait_until("the child's records have a link", lambda: json.loads(
            self.perigee("status", config, "--json").stdout or "{}").get("link"))
        self.assertIn("mqtts", links["peer"])
        before = config.read_text() + "# mine\n"
        config.write_text(before)
        again = self.join()
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(config.read_text(), before, "the operator's file stays")

    def test_one_line_has_all_that_join_takes(self):
        line = self.perigee("token", "create", "--for", "fog-2", "--qr", "--node", self.cloud.config).stdout
        self.assertRegex(line, r"^https://127\.0\.0\.1:\d+/#join=pgt_[^,]+,fog-2,[0-9a-f]{64}\n$")
        done = self.perigee("join", line.strip(), "--folder", self.there)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.serial(self.there / "fog-2.pem")
        self.assertEqual(self.perigee("join", line.strip() + "0", "--folder", self.there).returncode, 64)

    def test_what_ends_is_told_unless_it_is_renewed(self):
        fog = self.joined_fog()
        self.set_clocks(DUE_S, fog)
        wait_until("the fog has another", lambda: fog.metric("perigee_certificate_renewals_total") >= 1)
        fog.wait_for_metric("perigee_certificate_expires_seconds", 1)
        self.assertEqual(self.raised(fog), [])
        self.cloud.kill()
        self.set_clocks(2 * DUE_S + 19.5 * DAY_S, fog)
        wait_until("it cannot renew, and says so", lambda: self.raised(fog))
        self.assertEqual([each["key"] for each in self.raised(fog)], ["fog-1.pem"])
        seen = self.perigee("doctor", fog.config, env=fog.env)
        self.assertIn("renewal", seen.stdout)
        self.assertIn("hours left", seen.stdout)
        self.cloud.start()
        self.renew_now(fog)
        wait_until("it is well again", lambda: not self.raised(fog))

    def raised(self, node):
        _, listed = node.get("/api/v1/alarms?state=raised")
        return [each for each in json.loads(listed)["alarms"] if each["name"] == "certificate"]

    def test_it_renews_by_itself_and_connections_stay(self):
        fog = self.joined_fog()
        mine = self.there / "fog-1.pem"
        old, old_cloud = self.serial(mine), self.serial(self.folder / "cloud.pem")
        connects = fog.metric("perigee_link_sequence")
        self.set_clocks(DUE_S, fog)
        wait_until("the fog has another certificate", lambda: fog.metric("perigee_certificate_renewals_total") >= 1)
        wait_until("the cloud has another of its own", lambda: self.serial(self.folder / "cloud.pem") != old_cloud)
        new = self.serial(mine)
        self.assertNotEqual(new, old)
        self.assertEqual(self.certificates_of("fog-1"), {old: "superseded", new: "current"})
        self.assertEqual(list(self.there.glob("*.next*")), [])
        fog.wait_for_metric("perigee_tls_reloads_total", 1)
        self.assertEqual(fog.metric("perigee_link_connected"), 1)
        self.assertEqual(fog.metric("perigee_link_sequence"), connects, "the connection stayed")
        shown = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in",
                                self.folder / "cloud.pem"], capture_output=True, timeout=PATIENCE_S).stdout.decode()
        self.assertIn("127.0.0.1", shown, "the names of the old certificate")
        fog.kill()
        fog.start()
        fog.wait_for_metric("perigee_link_connected", 1)

    def renew_now(self, node):
        """As an operator does; True when it has another certificate."""
        before = node.metric("perigee_certificate_renewals_total")
        token = json.loads((node.data / "run.json").read_text())["token"]
        done = subprocess.run(["curl", "-sSk", "-X", "POST", "-H",
                               f"Authorization: Bearer {token}",
                               f"https://localhost:{node.api_port}/api/v1/identity/renew"],
                              capture_output=True, timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        node.wait_for_metric("perigee_certificate_renewals_total", before + 1)

    def verifies(self, file, roots):
        """With these roots alone, and what stands behind it in its file."""
        done = subprocess.run(["openssl", "verify", "-x509_strict", "-CAfile", roots, "-untrusted", file, file],
                              capture_output=True, timeout=PATIENCE_S)
        return done.returncode == 0

    def shown_to_cloud(self, file):
        """What the cloud makes of an identity: a status of HTTP, 0 where TLS already refuses it."""
        done = subprocess.run(["curl", "-s", "-k", "-o", self.folder / "answer", "-w", "%{http_code}", "--cert", file,
                               "--key", file, f"https://localhost:{self.cloud.api_port}/.well-known/perigee/identity"],
                              capture_output=True, timeout=PATIENCE_S)
        return int(done.stdout)

    def test_a_site_changes_its_root_and_nobody_is_cut_off(self):
        fog = self.joined_fog()
        mine, roots = self.there / "fog-1.pem", self.there / "root.crt"
        links = fog.metric("perigee_link_sequence")
        old_root, old_identity = self.folder / "old-root.crt", self.folder / "old-fog.pem"
        old_root.write_bytes(self.root.read_bytes())
        old_identity.write_bytes(mine.read_bytes())
        self.do("ca", "rollover", self.ca)
        again = self.perigee("ca", "rollover", self.ca)
        self.assertEqual(again.returncode, 1, "one is under way")
        new_root = self.folder / "new-root.crt"
        new_root.write_text(self.root.read_text().split("-----END")[0] + "-----END CERTIFICATE-----\n")
        wait_until("the cloud issues by the new authority", lambda: "the site has 2 roots" in self.cloud.log)
        self.renew_now(self.cloud)
        self.assertTrue(self.verifies(self.folder / "cloud.pem", new_root))
        self.assertTrue(self.verifies(self.folder / "cloud.pem", old_root), "for who has heard of nothing yet")
        self.renew_now(fog)
        self.assertTrue(self.verifies(mine, new_root), "the fog's next certificate is below the new root")
        wait_until("the fog trusts both", lambda: roots.read_text().count("BEGIN CERTIFICATE") == 2)
        self.assertEqual(self.shown_to_cloud(old_identity), 200)
        self.do("ca", "rollover", self.ca, "--finish")
        wait_until("an old certificate is refused", lambda: self.shown_to_cloud(old_identity) != 200)
        self.assertEqual(self.shown_to_cloud(mine), 200)
        self.renew_now(fog)
        wait_until("the fog trusts the new one alone", lambda: roots.read_bytes() == new_root.read_bytes())
        self.assertFalse(self.verifies(mine, old_root))
        self.assertEqual(fog.metric("perigee_link_sequence"), links, "it was connected all the time")
        fog.kill()
        fog.start()
        fog.wait_for_metric("perigee_link_connected", 1)
        self.assertEqual(list((self.ca / "before").iterdir()), [])

    def test_a_machine_without_a_clock_joins_and_connects(self):
        fog = self.node("fog-1", listeners=(), authority=self.there / "root.crt")
        fog.offer_clock(SHIM)
        fog.set_clock(60 - time.time())  # a minute after the beginning of 1970
        url = f"https://localhost:{self.cloud.api_port}"
        shown = json.loads(self.do("ca", "show", self.ca, "--json").stdout)
        done = self.perigee("join", url, self.token("fog-1"), "fog-1", "--folder", self.there, "--fingerprint",
                            shown["certificates"][0]["fingerprint"], env=fog.env)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        own = self.there / "fog-1.pem"
        fog.more = (f'[tls]\ncertificate = "{own}"\nkey = {{ file = "{own}" }}\nauthority = "{self.there}/root.crt"\n'
                    f'[identity]\nrenew = "{url}"\n'
                    f'[uplink]\nurl = "mqtts://localhost:{self.cloud.ports["tls"]}"\n')
        fog.start()
        fog.wait_for_metric("perigee_link_connected", 1)
        clock = wait_until("the parent told the time", lambda: self.known_time(fog, "the parent"))
        self.assertLess(abs(clock["behind_s"] - time.time()), 3600)
        fog.stop()
        self.assertLess(abs(datetime.datetime.fromisoformat((fog.data / "state" / "clock").read_text().strip())
                            .timestamp() - time.time()), 3600)
        self.cloud.kill()
        fog.start()
        self.assertTrue(self.known_time(fog, "the last run"))

    def known_time(self, node, source):
        """What the node knows of the time, where it knows it from there."""
        clock = json.loads(node.get("/api/v1/identity")[1])["clock"]
        return clock if clock["known_from"] == source else None

    def die_when(self, fog, moment, offset_s):
        """The fog is killed at one moment of a rotation; then what it has is looked at."""
        mine, pending = self.there / "fog-1.pem", self.there / "fog-1.pem.next"
        before = mine.read_bytes()
        if moment == "key made":
            self.cloud.process.popen.send_signal(signal.SIGSTOP)
        self.set_clocks(offset_s, fog)
        if moment == "key made":
            wait_until("there is a key", pending.exists)
        if moment == "asked":  # all of it may be over between two looks
            wait_until("there is a key", lambda: pending.exists() or mine.read_bytes() != before)
        if moment == "answered":
            wait_until("there is a certificate", lambda: pending.exists() and b"CERTIFICATE" in pending.read_bytes()
                       or mine.read_bytes() != before)
        if moment == "taken":
            wait_until("it is taken", lambda: mine.read_bytes() != before)
        fog.kill()
        self.cloud.process.popen.send_signal(signal.SIGCONT)
        self.serial(mine)  # whole, the old one or the new one
        return mine.read_bytes() == before

    def test_killed_at_each_step_it_has_one_identity_and_goes_on(self):
        fog = self.joined_fog()
        mine, pending = self.there / "fog-1.pem", self.there / "fog-1.pem.next"
        kept_old = {}
        for round_, moment in enumerate(("key made", "asked", "answered", "taken"), start=1):
            old = self.serial(mine)
            kept_old[moment] = self.die_when(fog, moment, round_ * DUE_S)
            key = pending.read_bytes().split(b"-----BEGIN CERTIFICATE")[0] if pending.exists() else None
            fog.start()
            wait_until(f"it has another one ({moment})", lambda: self.serial(mine) != old)
            wait_until("nothing is left beside it", lambda: not pending.exists())
            if key and kept_old[moment]:
                self.assertIn(key, mine.read_bytes(), "the key that the parent was asked about")
            fog.wait_for_metric("perigee_link_connected", 1)
            states = list(self.certificates_of("fog-1").values())
            self.assertEqual(states.count("current"), 1, states)
            wait_until("the cloud renewed its own", lambda: self.cloud.metric("perigee_certificate_renewals_total")
                       >= round_)
        self.assertTrue(kept_old["key made"])

    def test_a_parent_that_is_away_is_asked_again(self):
        fog = self.joined_fog()
        old = self.serial(self.there / "fog-1.pem")
        self.cloud.kill()
        self.set_clocks(DUE_S, fog)
        fog.wait_for_metric("perigee_certificate_renewal_failing", 1)
        self.assertEqual(self.serial(self.there / "fog-1.pem"), old)
        self.cloud.start()
        self.set_clocks(DUE_S, fog)
        self.assertIn("is not renewed, and tries again", fog.log)


if __name__ == "__main__":
    unittest.main()
