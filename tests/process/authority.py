"""A certificate authority for one test, made with the openssl command."""

import subprocess


class Identity:
    def __init__(self, folder, name):
        self.certificate, self.key = folder / f"{name}.crt", folder / f"{name}.key"


class Authority(Identity):
    def __init__(self, folder, name="authority"):
        super().__init__(folder, name)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._request(self, name, "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, name):
        """For a node, a device or a person: both a server's and a client's certificate."""
        issued = Identity(self.folder, name)
        self._request(issued, name, "-CA", self.certificate, "-CAkey", self.key, "-addext",
                      "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        return issued

    def tls_section(self, name):
        """For a node's configuration."""
        own = self.issue(name)
        return (f'[tls]\ncertificate = "{own.certificate}"\nkey = {{ file = "{own.key}" }}\n'
                f'authority = "{self.certificate}"\n')

    @staticmethod
    def _request(to, name, *more):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", f"/CN={name}", "-keyout", to.key, "-out", to.certificate, *more],
                       check=True, capture_output=True)
