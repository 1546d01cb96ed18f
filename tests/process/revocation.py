"""What is taken back is gone everywhere, and what a chain must not be is refused: with openssl as the attacker."""

import base64
import json
import os
import ssl
import subprocess
import unittest
from pathlib import Path

import mqtt
from processes import PATIENCE_S, SiteTest, wait_until

NOT_AUTHORIZED = 0x87
SHIM = os.environ.get("PERIGEE_CLOCK_SHIM", "build/release/tests/faults/libclock_shim.so")


class Site(SiteTest):
    """A cloud with the site's authority, and a gateway below it which keeps no registry of its own."""

    def setUp(self):
        super().setUp()
        self.ca = self.folder / "ca"
        self.do("ca", "init", self.ca, "--site", "plant")
        self.root = self.ca / "root.crt"
        for name in ("cloud", "fog-1"):
            self.do("ca", "issue", self.ca, name, "--profile", "node", "--dns", "localhost", "--address", "127.0.0.1",
                    "--out", self.folder)
        self.cloud = self.node("cloud", listeners=("tls",), authority=self.root,
                               more=f'{self.tls("cloud")}[identity]\nfolder = "{self.ca}"\n').start()
        for name, kind in (("fog-1", "node"), ("press-1", "device"), ("press-2", "device")):
            self.operate("device", "add", name, *(["--kind", "node"] if kind == "node" else []))
        self.fog = self.node("fog-1", listeners=("tls",), authority=self.root, more=(
            f'{self.tls("fog-1")}[uplink]\nurl = "mqtts://localhost:{self.cloud.ports["tls"]}"\n')).start()
        self.fog.wait_for_metric("perigee_link_connected", 1)
        for name in ("press-1", "press-2"):
            self.do("ca", "issue", self.ca, name, "--out", self.folder)
            self.assertEqual(self.publish(self.cloud, name).returncode, 0)  # its certificate is known from here on

    def do(self, *arguments):
        done = self.perigee(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done

    def operate(self, *arguments):
        return self.do(*arguments, "--node", self.cloud.config)

    def tls(self, name, more=""):
        return (f'[tls]\ncertificate = "{self.folder}/{name}.crt"\nkey = {{ file = "{self.folder}/{name}.key" }}\n'
                f'authority = "{self.root}"\n{more}')

    def run_tool(self, *call, **more):
        return subprocess.run([str(each) for each in call], capture_output=True, timeout=PATIENCE_S, **more)

    def client(self, program, node, name, *more):
        return [program, "-V", "mqttv5", "-h", "localhost", "-p", str(node.ports["tls"]), "-i", name, "--cafile",
                str(self.root), "--cert", str(self.folder / f"{name}.crt"), "--key", str(self.folder / f"{name}.key"),
                *more]

    def publish(self, node, name):
        return self.run_tool(*self.client("mosquitto_pub", node, name, "-t", "site/x", "-m", "1", "-q", "1"))

    def stay(self, node, name):
        """A client that stays connected until the node sends it away."""
        context = ssl.create_default_context(cafile=self.root)
        context.load_cert_chain(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        one = mqtt.Client(node.ports["tls"], f"{name}-stays", tls=context)
        self.addCleanup(one.close)
        return one

    def certificate_of(self, name):
        listed = json.loads(self.operate("certificate", "ls", "--thing", name, "--json").stdout)
        return listed["certificates"][0]

    def known_at(self, node):
        listed = json.loads(self.perigee("certificate", "lists", "--json", "--node", node.config).stdout)
        return listed["revocations"]

    def revoke(self, name):
        self.operate("certificate", "revoke", self.certificate_of(name)["serial"], "--reason", "keyCompromise", "--why",
                     "stolen")



class Revocation(Site):
    def test_what_is_revoked_is_gone_at_every_node_and_stays_so(self):
        here, there = self.stay(self.cloud, "press-1"), self.stay(self.fog, "press-2")
        self.revoke("press-1")
        self.assertEqual(here.read_end(), NOT_AUTHORIZED)
        self.revoke("press-2")
        self.assertEqual(there.read_end(), NOT_AUTHORIZED)
        for node, name in ((self.cloud, "press-1"), (self.fog, "press-1"), (self.fog, "press-2")):
            self.assertNotEqual(self.publish(node, name).returncode, 0, (node.name, name))
        self.assertIn("it has been revoked", self.fog.log)
        self.assertEqual(self.known_at(self.fog)[0]["revoked"], 2)
        # The gateway is cut off: it keeps what it knows, over a restart too, and says how old that is.
        self.cloud.kill()
        self.fog.kill()
        self.fog.start()
        self.assertNotEqual(self.publish(self.fog, "press-2").returncode, 0)
        known = self.known_at(self.fog)[0]
        self.assertEqual((known["subject"], known["revoked"]), ("CN=plant issuing", 2))
        self.assertGreater(known["age_s"], 0)
        self.assertGreater(self.fog.metric("perigee_revocations_age_seconds"), 0)

    def test_a_thing_that_is_suspended_is_on_hold_below_until_it_resumes(self):
        self.assertEqual(self.publish(self.fog, "press-1").returncode, 0)
        self.operate("device", "suspend", "press-1", "--why", "smells of smoke")
        wait_until("on hold", lambda: self.known_at(self.fog)[0]["revoked"] == 1)
        self.assertNotEqual(self.publish(self.fog, "press-1").returncode, 0)
        self.operate("device", "resume", "press-1")
        wait_until("off hold", lambda: self.known_at(self.fog)[0]["revoked"] == 0)
        self.assertEqual(self.publish(self.fog, "press-1").returncode, 0)

    def fetch(self, path, *more):
        out = self.folder / "fetched"
        done = self.run_tool("curl", "-sS", "--fail", "--cacert", self.root, "-o", out, *more,
                             f"https://localhost:{self.cloud.api_port}{path}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def test_outsiders_are_told_by_list_by_ocsp_and_in_the_handshake(self):
        self.revoke("press-1")
        issuer = self.certificate_of("press-1")["issuer"]
        wait_until("listed", lambda: self.known_at(self.cloud)[0]["revoked"] == 1)
        listed = self.folder / "issuing.crl"
        read = self.run_tool("openssl", "crl", "-inform", "DER", "-in", self.fetch(f"/crl/{issuer}"), "-out", listed,
                             "-CAfile", self.ca / "issuing.crt", "-verify")
        self.assertIn(b"verify OK", read.stderr)
        for name, good in (("press-1", False), ("press-2", True)):
            checked = self.run_tool("openssl", "verify", "-crl_check", "-CRLfile", listed, "-CAfile", self.root,
                                    "-untrusted", self.ca / "issuing.crt", self.folder / f"{name}.crt")
            self.assertEqual(checked.returncode == 0, good, checked.stderr)
            self.assertEqual(self.ocsp(name), "good" if good else "revoked")
        shown = self.run_tool("openssl", "s_client", "-connect", f"localhost:{self.cloud.api_port}", "-CAfile",
                              self.root,
                              "-status", input=b"")
        self.assertIn(b"OCSP Response Status: successful", shown.stdout)
        self.assertIn(b"Cert Status: good", shown.stdout)

    def ocsp(self, name):
        request, issuing = self.folder / "ocsp.der", self.ca / "issuing.crt"
        about = ["openssl", "ocsp", "-no_nonce", "-issuer", issuing, "-cert", self.folder / f"{name}.crt"]
        self.run_tool(*about, "-reqout", request)
        answer = self.fetch("/ocsp", "-H", "Content-Type: application/ocsp-request", "--data-binary", f"@{request}")
        said = self.run_tool(*about, "-reqin", request, "-respin", answer, "-CAfile", self.root, "-verify_other",
                             issuing)
        self.assertIn(b"Response verify OK", said.stderr)
        return said.stdout.split(b": ")[1].split(b"\n")[0].decode()


class Slept(SiteTest):
    """A device that slept past the end of its certificate."""

    DAY_S = 86_400

    def test_it_renews_within_the_grace_and_does_nothing_else(self):
        ca = self.folder / "ca"
        for call in (["init", ca, "--site", "plant"],
                     ["issue", ca, "cloud", "--profile", "node", "--dns", "localhost", "--address", "127.0.0.1",
                      "--out", self.folder]):
            self.assertEqual(self.perigee("ca", *call).returncode, 0)
        cloud = self.node("cloud", listeners=("tls",), authority=ca / "root.crt", more=(
            f'[tls]\ncertificate = "{self.folder}/cloud.crt"\nkey = {{ file = "{self.folder}/cloud.key" }}\n'
            f'authority = "{ca}/root.crt"\n[identity]\nfolder = "{ca}"\nrenewal_grace = "30d"\n'))
        cloud.offer_clock(SHIM)
        cloud.start()
        for call in (["device", "add", "press-1", "--node", cloud.config],
                     ["ca", "issue", ca, "press-1", "--out", self.folder]):
            self.assertEqual(self.perigee(*call).returncode, 0)
        identity = ["--cert", self.folder / "press-1.crt", "--key", self.folder / "press-1.key"]
        connect = ["mosquitto_pub", "-h", "localhost", "-p", cloud.ports["tls"], "--cafile", ca / "root.crt", *identity,
                   "-t", "site/x", "-m", "1", "-q", "1"]
        self.assertEqual(self.call(*connect).returncode, 0)
        made = self.call("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                         "-subj", "/CN=press-1", "-keyout", self.folder / "new.key", "-outform", "DER")
        body = self.folder / "new.b64"
        body.write_bytes(base64.encodebytes(made.stdout))
        renew = ["curl", "-sS", "-k", *identity, "-o", self.folder / "new.p7", "-w", "%{http_code}", "-H",
                 "Content-Type: application/pkcs10", "--data-binary", f"@{body}",
                 f"https://localhost:{cloud.api_port}/.well-known/est/simplereenroll"]
        cloud.set_clock(95 * self.DAY_S)
        self.assertNotEqual(self.call(*connect, "--insecure").returncode, 0)
        self.assertIn("has expired", cloud.log)
        things = ["curl", "-sS", "-k", *identity, "-o", "/dev/null", "-w", "%{http_code}",
                  f"https://localhost:{cloud.api_port}/api/v1/certificates"]
        self.assertIn(self.call(*things).stdout, (b"401", b"403"))
        self.assertEqual(self.call(*renew).stdout, b"200")
        cloud.set_clock(130 * self.DAY_S)
        self.assertNotEqual(self.call(*renew).stdout, b"200", "the grace is over")

    def call(self, *what):
        return subprocess.run([str(each) for each in what], capture_output=True, timeout=PATIENCE_S)


class Chains(Site):
    """Certificates that somebody who has a key of the site's could sign, each refused for its own reason."""

    LEAF = ("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
            "subjectAltName=DNS:{name}\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")

    def forge(self, name, extensions, by="issuing", folder=None, days="2", key="ec", subject=None):
        """NAME.crt and NAME.key, signed by an authority of the folder."""
        folder = folder or self.ca
        made = ["-newkey", "rsa:1024"] if key == "weak" else ["-newkey", "ec", "-pkeyopt",
                                                               "ec_paramgen_curve:P-256"]
        request, text = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        text.write_text(extensions.format(name=name))
        asked = self.run_tool("openssl", "req", "-new", *made, "-nodes", "-subj", f"/CN={subject or name}", "-keyout",
                              self.folder / f"{name}.key", "-out", request)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        signed = self.run_tool("openssl", "x509", "-req", "-in", request, "-CA", folder / f"{by}.crt", "-CAkey",
                               folder / f"{by}.key", "-days", days, "-extfile", text, "-out",
                               self.folder / f"{name}.crt")
        self.assertEqual(signed.returncode, 0, signed.stderr)
        return self.folder / f"{name}.crt"

    def append(self, certificate, *above):
        certificate.write_bytes(b"".join(each.read_bytes() for each in (certificate, *above)))

    def assert_refused(self, name, why):
        self.operate("device", "add", name)
        self.assertNotEqual(self.publish(self.cloud, name).returncode, 0, name)
        wait_until(f"'{name}' is refused because {why}",
                   lambda: f"'{name}'" in self.cloud.log and why in self.cloud.log)
        shown = json.loads(self.operate("device", "show", name, "--json").stdout)
        self.assertIn((True, why), [(row["refused"], row["why"]) for row in shown["history"]], shown["history"])

    def test_each_is_refused_for_its_own_reason(self):
        issuing = self.ca / "issuing.crt"
        good = self.forge("press-0", self.LEAF)
        self.append(good, issuing)
        self.operate("device", "add", "press-0")
        self.assertEqual(self.publish(self.cloud, "press-0").returncode, 0, "what the others are changed from")
        cases = {
            "eku-server": (self.LEAF.replace("clientAuth", "serverAuth"), "it is not for this use"),
            "eku-none": (self.LEAF.replace("extendedKeyUsage=clientAuth\n", ""), "it is not for this use"),
            "critical": (self.LEAF + "1.2.3.4=critical,ASN1:UTF8String:x\n", "it has a critical extension"),
            "misnamed": (self.LEAF.replace("DNS:{name}", "DNS:other"), "the common name is not among"),
            "is-ca": ("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,digitalSignature\n"
                      "subjectAltName=DNS:{name}\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
                      "it is the certificate of an authority"),
        }
        for name, (extensions, why) in cases.items():
            with self.subTest(name):
                self.append(self.forge(name, extensions), issuing)
                found = next(s for s in self.sentences() if s.startswith(why))
                self.assert_refused(name, found)

    def sentences(self):
        page = (Path(__file__).resolve().parents[2] / "docs/identity.md").read_text(encoding="utf-8")
        return [row.split("|")[2].strip() for row in page.splitlines() if row.startswith("| `") and row.count("|") == 3]

    def test_of_another_site_of_a_leaf_and_of_a_chain_too_long(self):
        issuing = self.ca / "issuing.crt"
        with self.subTest("another site's"):
            other = self.folder / "other"
            self.do("ca", "init", other, "--site", "other")
            self.append(self.forge("stranger", self.LEAF, folder=other), other / "issuing.crt")
            self.assert_refused("stranger", "no authority that is trusted here has issued it")
        with self.subTest("a leaf as an authority"):
            leaf = self.folder / "press-1.crt"
            self.forge("by-leaf", self.LEAF, by="press-1", folder=self.folder)
            self.append(self.folder / "by-leaf.crt", leaf)
            self.assert_refused("by-leaf", "it was issued by a certificate that is no authority")
        with self.subTest("more authorities than a site has"):
            sub = ("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                   "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
            one = self.forge("sub-1", sub)
            two = self.forge("sub-2", sub, by="sub-1", folder=self.folder)
            self.append(self.forge("too-deep", self.LEAF, by="sub-2", folder=self.folder), two, one, issuing)
            self.assert_refused("too-deep", "the chain has more certificates or bytes than any of ours")
        with self.subTest("a huge chain"):
            self.append(self.forge("huge", self.LEAF), *[issuing] * 8)
            self.operate("device", "add", "huge")
            self.assertNotEqual(self.publish(self.cloud, "huge").returncode, 0)
        self.assertEqual(self.publish(self.cloud, "press-2").returncode, 0, "others are served meanwhile")

    def test_downgrade_and_renegotiation(self):
        at = f"localhost:{self.cloud.ports['tls']}"
        shown = self.folder / "press-1.crt"
        identity = ["-cert", shown, "-cert_chain", shown, "-key", self.folder / "press-1.key", "-CAfile", self.root]
        for version in ("-tls1_1", "-tls1_2"):
            tried = self.run_tool("openssl", "s_client", "-connect", at, version, *identity, input=b"")
            self.assertNotEqual(tried.returncode, 0, version)
        lenient = self.node("lenient", listeners=("tls",), authority=self.root,
                            more=self.tls("cloud", 'min_version = "1.2"\n')).start()
        tried = self.run_tool("openssl", "s_client", "-connect", f"localhost:{lenient.ports['tls']}", "-tls1_2",
                              *identity, input=b"R\n")
        self.assertIn(b"no renegotiation", tried.stderr)


if __name__ == "__main__":
    unittest.main()
