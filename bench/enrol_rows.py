"""The row of bench/run about enrolment: 10,000 devices get their certificates by EST, each over its own connection,
through one node, with the load on the same cores."""
import json
import os
import pathlib
import subprocess
import tempfile
import time
from typing import Iterator

from harness import BUILD, PERIGEE, NotMeasured, Options, Result
from rows import row

DEVICES = int(os.environ.get("PERIGEE_ENROL_DEVICES", "10000"))
THREADS = 16
WANTED_S = 120


def run(*command) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise NotMeasured(f"{command[:3]} failed: {done.stderr}")
    return done.stdout


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def up(folder: pathlib.Path) -> dict:
    for _ in range(500):
        if (folder / "data" / "run.json").exists():
            return json.loads((folder / "data" / "run.json").read_text())
        time.sleep(0.02)
    raise NotMeasured("the node did not start")


def measure(folder: pathlib.Path) -> tuple[dict, float]:
    run(PERIGEE, "ca", "init", folder / "ca", "--site", "plant")
    run(PERIGEE, "ca", "issue", folder / "ca", "fog", "--profile", "node", "--dns", "localhost", "--address",
        "127.0.0.1", "--out", folder)
    config = folder / "fog.toml"
    config.write_text(f'[node]\nid = "fog"\ndata = "data"\n[tls]\ncertificate = "fog.crt"\n'
                      f'key = {{ file = "fog.key" }}\nauthority = "ca/root.crt"\n[identity]\nfolder = "ca"\n'
                      f'[history]\nenabled = false\n[api]\nport = 0\n[log]\nlevel = "error"\n')
    node = subprocess.Popen([str(PERIGEE), "run", str(config)], cwd=folder)
    try:
        port = up(folder)["api"]["port"]
        token = json.loads(run(PERIGEE, "token", "create", "--purpose", "enrol", "--for", "*", "--uses", DEVICES,
                               "--expires", "1h", "--json", "--node", config))["secret"]
        before = cpu_seconds(node.pid)
        load = json.loads(run(BUILD / "bench" / "est_load", "--port", port, "--authority", folder / "ca" / "root.crt",
                              "--token", token, "--devices", DEVICES, "--threads", THREADS))
        return load, cpu_seconds(node.pid) - before
    finally:
        node.terminate()
        node.wait()


@row("enrol")
def enrolment(_: Options) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as name:
        load, node_cpu = measure(pathlib.Path(name))
    if load["failed"]:
        raise NotMeasured(f"{load['failed']} of {DEVICES} devices got no certificate")
    yield Result(f"{DEVICES:,} devices enrol by EST over TLS", f"{load['seconds']:.0f} s",
                 f"CPU: node {node_cpu:.0f} s, load {load['cpu_seconds']:.0f} s", "", f"under {WANTED_S} s")
