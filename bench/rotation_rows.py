"""The row of bench/run about rotation: what a renewal costs the parent, its question and its proof, each on a mutual
TLS connection of its own, and what that makes of 10,000 nodes that enrolled at once (docs/identity.md, "Rotation")."""
import base64
import http.client
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
from typing import Iterator

from harness import PERIGEE, ROOT, Options, Result
from rows import row

sys.path.insert(0, str(ROOT / "tests" / "process"))
import processes
from processes import Node

RENEWALS = 200
BUSIEST_MINUTE = 75  # of 10,000 with a life of 24 hours: the bound that renewal_times_test.cpp checks
PROOF = os.environ.get("PERIGEE_PROOF_PATH", "/.well-known/perigee/identity")


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def command(*words) -> str:
    return subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True).stdout


def request_for(folder: pathlib.Path, number: int) -> str:
    """A new key, and its request for press-1 in base64."""
    made = subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                           "-subj", "/CN=press-1", "-keyout", folder / f"{number}.key", "-outform", "DER"],
                          check=True, capture_output=True)
    return base64.b64encode(made.stdout).decode()


def ask(port: int, root: pathlib.Path, method: str, path: str, body=None, identity=None, headers=None) -> bytes:
    trust = ssl.create_default_context(cafile=root)
    if identity:
        trust.load_cert_chain(*identity)
    connection = http.client.HTTPSConnection("localhost", port, timeout=30, context=trust)
    connection.request(method, path, body, {"Content-Type": "application/pkcs10", **(headers or {})})
    answer = connection.getresponse()
    got = answer.read()
    connection.close()
    assert answer.status == 200, (answer.status, got)
    return got


def keep(folder: pathlib.Path, number: int, bundle: bytes) -> tuple[pathlib.Path, pathlib.Path]:
    made = subprocess.run(["openssl", "pkcs7", "-inform", "DER", "-print_certs"], input=base64.b64decode(bundle),
                          check=True, capture_output=True)
    (folder / f"{number}.crt").write_bytes(made.stdout)
    return folder / f"{number}.crt", folder / f"{number}.key"


def cost_of_renewals(folder: pathlib.Path) -> float:
    """CPU-seconds of the parent, of one."""
    processes.PERIGEE = str(PERIGEE)
    ca = folder / "ca"
    command(PERIGEE, "ca", "init", ca)
    command(PERIGEE, "ca", "issue", ca, "cloud", "--profile", "node", "--dns", "localhost", "--address", "127.0.0.1",
            "--out", folder)
    root = ca / "root.crt"
    cloud = Node(folder / "cloud", "cloud", listeners=("tls",), authority=root, more=(
        f'[tls]\ncertificate = "{folder}/cloud.crt"\nkey = {{ file = "{folder}/cloud.key" }}\nauthority = "{root}"\n'
        f'[identity]\nfolder = "{ca}"\n')).start()
    try:
        token = json.loads(command(PERIGEE, "token", "create", "--for", "press-1", "--purpose", "enrol", "--json",
                                   "--node", cloud.config))["secret"]
        basic = base64.b64encode(f"press-1:{token}".encode()).decode()
        requests = [request_for(folder, n) for n in range(RENEWALS + 1)]
        first = ask(cloud.api_port, root, "POST", "/.well-known/est/simpleenroll", requests[0],
                    headers={"Authorization": f"Basic {basic}"})
        identity = keep(folder, 0, first)
        before = cpu_seconds(cloud.process.pid)
        for number in range(1, RENEWALS + 1):
            bundle = ask(cloud.api_port, root, "POST", "/.well-known/est/simplereenroll", requests[number], identity)
            identity = keep(folder, number, bundle)
            ask(cloud.api_port, root, "GET", PROOF, identity=identity)
        return (cpu_seconds(cloud.process.pid) - before) / RENEWALS
    finally:
        cloud.kill()


@row("rotation")
def rotation(_: Options) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="perigee-rotation-") as folder:
        cost = cost_of_renewals(pathlib.Path(folder))
    yield Result("CPU of the parent for one renewal, its proof included", f"{cost * 1000:.2f} ms", "none", "",
                 "at most 40 ms")
    share = BUSIEST_MINUTE * cost / 60
    yield Result(f"10,000 nodes, 24 h life: {BUSIEST_MINUTE} renew in the busiest minute", f"{share:.2%} of a core",
                 "none", "", "at most 5 %")
