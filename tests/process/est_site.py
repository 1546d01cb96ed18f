"""A node that issues certificates by EST (RFC 7030), and curl and openssl as the device."""

import base64
import json
import subprocess

from processes import PATIENCE_S, SiteTest


class EstSite(SiteTest):
    identity_options = ""  # further lines of [identity]

    def setUp(self):
        super().setUp()
        self.ca = self.folder / "ca"
        self.do("ca", "init", self.ca, "--site", "plant")
        self.do("ca", "issue", self.ca, "cloud", "--profile", "node", "--dns", "localhost", "--address",
                     "127.0.0.1", "--out", self.folder)
        self.root = self.ca / "root.crt"
        tls = (f'[tls]\ncertificate = "{self.folder}/cloud.crt"\nkey = {{ file = "{self.folder}/cloud.key" }}\n'
               f'authority = "{self.root}"\n')
        self.cloud = self.node("cloud", listeners=("tls",), more=f'{tls}[identity]\nfolder = "{self.ca}"\n'
                               + self.identity_options,
                               authority=self.root).start()

    def do(self, *arguments):
        done = self.perigee(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done

    def run_device(self, *call):
        return subprocess.run([str(each) for each in call], capture_output=True, timeout=PATIENCE_S)

    def token(self, name, purpose="enrol", *more):
        made = self.do("token", "create", "--for", name, "--purpose", purpose, *more, "--json", "--node",
                            self.cloud.config)
        return json.loads(made.stdout)

    def history(self, name):
        shown = json.loads(self.perigee("device", "show", name, "--json", "--node", self.cloud.config).stdout)
        return [(row["what"], row["why"], row["refused"]) for row in shown["history"]]

    def request_for(self, name, file=None):
        """A new key and a request, as openssl makes them; the request in base64."""
        file = file or name
        key, request = self.folder / f"{file}.key", self.folder / f"{file}.p10"
        made = self.run_device("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                               "-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout",
                               key, "-outform", "DER", "-out", request)
        self.assertEqual(made.returncode, 0, made.stderr)
        body = self.folder / f"{file}.b64"
        body.write_bytes(base64.encodebytes(request.read_bytes()))
        return body

    def est(self, operation, *more, body=None):
        """The status and the body, as curl gets them."""
        out = self.folder / "answer"
        call = ["curl", "-sS", "--cacert", self.root, "-o", out, "-w", "%{http_code}", *more,
                f"https://localhost:{self.cloud.api_port}/.well-known/est/{operation}"]
        if body is not None:
            call += ["-H", "Content-Type: application/pkcs10", "--data-binary", f"@{body}"]
        done = self.run_device(*call)
        self.assertEqual(done.returncode, 0, done.stderr)
        return int(done.stdout), out.read_bytes()

    def enrol(self, name, token, body=None):
        body = body or self.request_for(name)
        return self.est("simpleenroll", "-u", f"{name}:{token}", body=body)

    def keep(self, name, bundle):
        """The certificates of an answer beside the key, as PEM."""
        read = subprocess.run(["openssl", "pkcs7", "-inform", "DER", "-print_certs"], input=base64.b64decode(bundle),
                              capture_output=True, timeout=PATIENCE_S)
        self.assertEqual(read.returncode, 0, read.stderr)
        (self.folder / f"{name}.crt").write_bytes(read.stdout)
        return self.folder / f"{name}.crt"

    def publish(self, name):
        return self.run_device("mosquitto_pub", "-V", "mqttv5", "-h", "localhost", "-p", self.cloud.ports["tls"], "-i",
                               name, "--cafile", self.root, "--cert", self.folder / f"{name}.crt", "--key",
                               self.folder / f"{name}.key", "-t", "site/x", "-m", "1", "-q", "1")
