"""`perigee attest`: a key in a TPM (swtpm), a certificate for what the machine has started, and what is refused."""

import base64
import contextlib
import http.client
import http.server
import json
import ssl
import subprocess
import threading
import unittest

import software_tpm
from processes import PERIGEE, PATIENCE_S, SiteTest, wait_until
from software_tpm import (EV_EFI_BOOT_SERVICES_APPLICATION, EV_EFI_VARIABLE_DRIVER_CONFIG, EV_S_CRTM_VERSION,
                          SoftwareTpm, secure_boot)

HANDLE = "handle:0x81000010"
FAILED = 1


def post_to(port, root, path, body, headers):
    to = http.client.HTTPSConnection("localhost", port, timeout=PATIENCE_S,
                                     context=ssl.create_default_context(cafile=root))
    with contextlib.closing(to):
        to.request("POST", path, body, headers)
        answer = to.getresponse()
        return answer.status, answer.read()


class overhearing:
    """Stands between a machine and the cloud with the cloud's own key: what it hears is the worst there could be."""

    def __init__(self, folder, port):
        bodies = self.bodies = []

        class Relay(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bodies.append(body)
                passed = {name: self.headers[name] for name in ("Content-Type", "Authorization") if self.headers[name]}
                status, content = post_to(port, folder / "ca" / "root.crt", self.path, body, passed)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("localhost", 0), Relay)
        self.port = self.server.server_port
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "cloud.crt", folder / "cloud.key")
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@unittest.skipUnless(software_tpm.is_there(), "no swtpm or no tpm2-openssl here: tools/setup installs them")
class Attestation(SiteTest):
    def setUp(self):
        super().setUp()
        self.ca = self.folder / "ca"
        self.do("ca", "init", self.ca, "--site", "plant")
        self.do("ca", "issue", self.ca, "cloud", "--profile", "node", "--dns", "localhost", "--address", "127.0.0.1",
                "--out", self.folder)
        self.root = self.ca / "root.crt"
        self.machine = self.new_tpm()
        self.maker()
        self.boot(self.machine)
        self.start_cloud()

    def new_tpm(self):
        made = SoftwareTpm(self.folder)
        self.addCleanup(made.end)
        return made

    def boot(self, machine):
        """What a good machine measures; the policy allows just that."""
        machine.measure(0, EV_S_CRTM_VERSION, b"firmware 1.0")
        machine.measure(7, EV_EFI_VARIABLE_DRIVER_CONFIG, secure_boot(True))
        self.loader = machine.measure(4, EV_EFI_BOOT_SERVICES_APPLICATION, b"grub 2.12")

    def maker(self):
        """A maker of TPMs, whose certificates have no subject but a critical subjectAltName."""
        self.maker_key, self.maker_file = self.folder / "maker.key", self.folder / "maker.pem"
        self.tool("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                  "/CN=Acme TPM", "-days", "365", "-keyout", self.maker_key, "-out", self.maker_file)

    def certify(self, machine, kind=software_tpm.EC):
        """The maker certifies this TPM's endorsement key, and puts the certificate into it."""
        pem, _ = machine.endorsement_key(kind)
        key, extensions, made = self.folder / "ek.pem", self.folder / "ek.ext", self.folder / "ek.der"
        key.write_bytes(pem)
        extensions.write_text("subjectAltName=critical,dirName:model\nbasicConstraints=critical,CA:FALSE\n"
                              f"keyUsage=critical,{'keyAgreement' if kind == software_tpm.EC else 'keyEncipherment'}\n"
                              "extendedKeyUsage=2.23.133.8.1\n"
                              "[model]\n1.2.23.133.2.1=id:50455247\n2.2.23.133.2.2=test\n")
        self.tool("openssl", "x509", "-new", "-force_pubkey", key, "-subj", "/", "-CA", self.maker_file, "-CAkey",
                  self.maker_key, "-days", "365", "-extfile", extensions, "-outform", "DER", "-out", made)
        machine.keep_certificate(made.read_bytes(), kind)

    def start_cloud(self):
        policy = self.folder / "boot.toml"
        policy.write_text(f'pcrs = [0, 4, 7]\nsecure_boot = true\nmanufacturers = "maker.pem"\n\n[[event]]\npcr = 4\n'
                          f'type = "EV_EFI_BOOT_SERVICES_APPLICATION"\nallowed = ["{self.loader}"]\n')
        more = (f'[tls]\ncertificate = "{self.folder}/cloud.crt"\nkey = {{ file = "{self.folder}/cloud.key" }}\n'
                f'authority = "{self.root}"\n[identity]\nfolder = "{self.ca}"\nattestation = "{policy}"\n')
        self.cloud = self.node("cloud", listeners=("tls",), more=more, authority=self.root).start()

    def tool(self, *call):
        done = subprocess.run([str(each) for each in call], capture_output=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr)

    def do(self, *arguments):
        done = self.perigee(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done

    def token(self, name):
        made = self.do("token", "create", "--for", name, "--purpose", "join", "--json", "--node", self.cloud.config)
        return json.loads(made.stdout)["secret"]

    def attest(self, name, *more, machine=None):
        machine = machine or self.machine
        return subprocess.run([PERIGEE, "attest", f"https://localhost:{self.cloud.api_port}", name, "--key", HANDLE,
                               "--event-log", machine.log_file, "--authority", self.root, "--folder", self.folder,
                               *more], capture_output=True, text=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL,
                              env=software_tpm.environment(machine))

    def accepted(self, name, *more, **options):
        done = self.attest(name, *more, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def refused(self, reason, name, *more, **options):
        done = self.attest(name, *more, **options)
        self.assertEqual(done.returncode, FAILED, done.stdout)
        self.assertIn(f'"{reason}"', done.stderr)
        self.assertTrue([row for row in self.thing(name)["history"] if row["refused"] and row["why"].startswith(reason)]
                        if self.thing(name) else True, f"the audit has no {reason}")

    def thing(self, name):
        shown = self.perigee("device", "show", name, "--json", "--node", self.cloud.config)
        return json.loads(shown.stdout) if shown.returncode == 0 else None

    def post(self, what, body, authorization=None):
        """As somebody without a TPM sends it."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})
        status, content = post_to(self.cloud.api_port, self.root, f"/.well-known/perigee/attestation/{what}",
                                  json.dumps(body), headers)
        return status, json.loads(content)

    def test_a_machine_joins_by_its_tpm_and_is_shut_out_when_it_starts_something_else(self):
        self.certify(self.machine)
        self.accepted("edge-1", "--token", self.token("edge-1"))
        _, fingerprint = self.machine.endorsement_key()
        self.assertEqual(self.thing("edge-1")["attributes"], {"tpm_ek": fingerprint})

        tls = (f'[tls]\ncertificate = "{self.folder}/edge-1.crt"\nkey = {{ token = "{HANDLE}" }}\n'
               f'authority = "{self.root}"\n[uplink]\nurl = "mqtts://localhost:{self.cloud.ports["tls"]}"\n')
        edge = self.node("edge-1", more=tls)
        edge.env = software_tpm.environment(self.machine)
        edge.start()
        wait_until("the child is active", lambda: self.thing("edge-1")["lifecycle"] == "active")
        edge.stop()

        self.accepted("edge-1")  # again, by its certificate
        self.machine.measure(4, EV_EFI_BOOT_SERVICES_APPLICATION, b"grub, but another")
        self.refused("event_not_allowed", "edge-1")
        suspended = self.thing("edge-1")
        self.assertEqual(suspended["lifecycle"], "suspended")
        self.assertIn("attestation: event_not_allowed", str(suspended["history"]))
        edge.start()
        wait_until("the child is told so", lambda: any(
            row["what"] == "connection" and row["refused"] for row in self.thing("edge-1")["history"]))
        edge.stop()

    def test_a_tpm_whose_maker_certified_an_rsa_key(self):
        self.certify(self.machine, software_tpm.RSA)
        self.accepted("edge-1", "--token", self.token("edge-1"))
        _, fingerprint = self.machine.endorsement_key(software_tpm.RSA)
        self.assertEqual(self.thing("edge-1")["attributes"], {"tpm_ek": fingerprint})

    def test_who_vouches_for_a_tpm(self):
        self.refused("unknown_endorsement_key", "edge-1", "--token", self.token("edge-1"))
        _, fingerprint = self.machine.endorsement_key()
        self.do("device", "add", "edge-1", "--kind", "node", "--attr", f"tpm_ek={fingerprint}", "--node",
                self.cloud.config)
        token = self.token("edge-1")
        other = self.new_tpm()
        self.boot(other)
        self.refused("wrong_endorsement_key", "edge-1", "--token", token, machine=other)
        self.accepted("edge-1", "--token", token)
        self.certify(other)
        self.refused("wrong_endorsement_key", "edge-1", "--token", self.token("edge-1"), machine=other)
        self.accepted("edge-2", "--token", self.token("edge-2"), machine=other)

    def test_a_log_that_is_none_is_refused_and_one_that_hides_something_shuts_the_machine_out(self):
        self.certify(self.machine)
        self.accepted("edge-1", "--token", self.token("edge-1"))
        good = self.machine.log_file.read_bytes()
        for bad in good[:-1], b"":
            self.machine.log_file.write_bytes(bad)
            self.refused("malformed_log", "edge-1")
        self.assertEqual(self.thing("edge-1")["lifecycle"], "provisioned")
        self.machine.log_file.write_bytes(good)
        self.machine.extend(4, bytes(32))
        self.refused("log_does_not_replay", "edge-1")
        self.assertEqual(self.thing("edge-1")["lifecycle"], "suspended")

    def test_a_thing_with_a_tpm_gets_nothing_without_it(self):
        self.certify(self.machine)
        self.accepted("edge-1", "--token", self.token("edge-1"))
        key, request = self.folder / "stolen.key", self.folder / "stolen.p10"
        self.tool("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                  "/CN=edge-1", "-keyout", key, "-outform", "DER", "-out", request)
        body = self.folder / "stolen.b64"
        body.write_bytes(base64.encodebytes(request.read_bytes()))
        done = subprocess.run(["curl", "-sS", "--cacert", self.root, "-u", f"edge-1:{self.token('edge-1')}", "-H",
                               "Content-Type: application/pkcs10", "--data-binary", f"@{body}",
                               f"https://localhost:{self.cloud.api_port}/.well-known/est/node/simpleenroll"],
                              capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertIn("known by its TPM", done.stdout)

    def test_evidence_that_was_overheard_is_worth_nothing(self):
        self.certify(self.machine)
        token = self.token("edge-1")
        with overhearing(self.folder, self.cloud.api_port) as between:
            self.cloud.api_port, port = between.port, self.cloud.api_port
            self.accepted("edge-1", "--token", token)
            self.cloud.api_port = port
        heard = json.loads(between.bodies[-1])
        again = self.token("edge-1")
        authorization = "Basic " + base64.b64encode(f"edge-1:{again}".encode()).decode()
        status, told = self.post("enrol", heard, authorization)
        self.assertEqual((status, told["field"]), (403, "used_challenge"))
        self.assertIn("used_challenge", [row["why"] for row in self.thing("edge-1")["history"]])
        status, told = self.post("enrol", heard | {"challenge": "0" * 32}, authorization)
        self.assertEqual((status, told["field"]), (403, "unknown_challenge"))
        self.assertEqual(self.post("enrol", heard)[0], 401)

    def test_bodies_are_hostile(self):
        status, told = self.post("challenge", {"name": "edge-1"})
        self.assertEqual(status, 400, told)
        status, told = self.post("challenge", {"name": "../x", "endorsement_key": "AA==", "attestation_key": "AA=="})
        self.assertEqual(status, 400, told)
        status, told = self.post("challenge", {"name": "edge-1", "endorsement_key": "AA==", "attestation_key": "AA=="})
        self.assertEqual((status, told["field"]), (403, "malformed_key"))
        status, told = self.post("enrol", {})
        self.assertEqual(status, 400, told)


if __name__ == "__main__":
    unittest.main()
