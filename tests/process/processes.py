"""Real `perigee` processes on loopback, for the tests in this folder.

A test says what nodes it wants; here they get a folder, free ports and a configuration, are started, asked and killed.
Nothing waits for a fixed time: what is waited for can be seen from outside, and has a deadline.
"""

import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import mqtt

PERIGEE = os.environ.get("PERIGEE", "build/release/perigee")
PATIENCE_S = 30  # far above what anything takes, for a busy machine and a build with sanitizers
POLL_S = 0.02
UNAVAILABLE, BAD_CONFIG = 69, 78  # sysexits.h

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_X509_V_FLAG_NO_CHECK_TIME = 0x200000  # OpenSSL's, of which Python's ssl has no name


def _die_with_the_test():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_until(what, check, patience=PATIENCE_S):
    """The first true value of `check`."""
    deadline = time.monotonic() + patience
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience} s in vain until {what}; the last answer: {value!r}")
        time.sleep(POLL_S)


class Process:
    """A program whose output goes to files, so that no pipe ever fills and what it said is there after it."""

    def __init__(self, folder, name, arguments, env=None, stdin=None):
        self.out_file, self.err_file = folder / f"{name}.out", folder / f"{name}.err"
        with open(self.out_file, "ab") as out, open(self.err_file, "ab") as err:
            self.popen = subprocess.Popen([str(a) for a in arguments], stdin=stdin or subprocess.DEVNULL, stdout=out,
                                          stderr=err, env=env, preexec_fn=_die_with_the_test)
        self.pid = self.popen.pid

    @property
    def out(self):
        return self.out_file.read_text(errors="replace")

    @property
    def err(self):
        return self.err_file.read_text(errors="replace")

    @property
    def lines(self):
        """The whole lines of the output so far."""
        return self.out.split("\n")[:-1]

    def running(self):
        return self.popen.poll() is None

    def wait(self, patience=PATIENCE_S):
        return self.popen.wait(patience)

    def kill(self):
        self.popen.kill()
        self.popen.wait()

    def terminate(self, patience=PATIENCE_S):
        self.popen.terminate()
        return self.wait(patience)


class Node:
    """One node: its configuration, its data folder and, between `start` and `kill` or `stop`, its process.

    The first start takes free ports; later ones take the same again, so that clients and children find the node.
    """

    def __init__(self, folder, name, listeners=("tcp",), more="", authority=None):
        self.folder, self.name, self.more, self.authority = folder, name, more, authority
        self.folder.mkdir(exist_ok=True)
        self.data = self.folder / "data"
        self.config = self.folder / f"{name}.toml"
        self.ports = {transport: 0 for transport in listeners}
        self.api_port = 0
        self.api_more = ""  # further lines of [api]
        self.env = None  # as this process has it
        self.clock_file = None
        self.process = None
        self.started_before = 0

    def toml(self):
        """`more` follows the keys of [node], so it may start with some of its own."""
        mqtt = "".join(f'\n[[mqtt]]\nport = {port}\ntransport = "{transport}"\n'
                       for transport, port in self.ports.items())
        return (f'[node]\nid = "{self.name}"\ndata = "data"\n{self.more}\n[api]\nport = {self.api_port}\n'
                f'{self.api_more}{mqtt}')

    def launch(self):
        """Starts the process without waiting for it to listen."""
        self.config.write_text(self.toml())
        self.started_before += 1
        self.process = Process(self.folder, f"run-{self.started_before}", [PERIGEE, "run", self.config],
                               env=self.env)
        return self.process

    def start(self):
        self.launch()
        info = wait_until(f"{self.name} listens", self.run_info)
        self.ports |= {each["transport"]: each["port"] for each in info["mqtt"] if each["transport"] in self.ports}
        self.api_port = info["api"]["port"]
        return self

    def run_info(self):
        """What the node wrote when it was up; None while it is not."""
        if not self.process.running():
            if self.api_port != 0 and "is in use" in self.process.err:  # a connection of another test's has the port
                self.launch()
                return None
            raise AssertionError(f"{self.name} ended with {self.process.popen.returncode}:\n{self.process.err}")
        try:
            info = json.loads((self.data / "run.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return info if info["pid"] == self.process.pid else None

    @property
    def port(self):
        return self.ports["tcp"]

    @property
    def log(self):
        return self.process.err

    def kill(self):
        self.process.kill()

    def stop(self):
        """As `systemctl stop` does; a node that is asked to stop has nothing to complain about."""
        code = self.process.terminate()
        assert code == 0, f"{self.name} stopped with {code}:\n{self.log}"

    def get(self, path):
        if self.authority:
            trust = ssl.create_default_context(cafile=self.authority)
            if self.clock_file:  # its certificates are of its time
                trust.verify_flags |= _X509_V_FLAG_NO_CHECK_TIME
            connection = http.client.HTTPSConnection("127.0.0.1", self.api_port, timeout=PATIENCE_S, context=trust)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def status(self):
        code, body = self.get("/api/v1/status")
        assert code == 200, body
        return json.loads(body)

    def metric(self, name):
        """The sum over a metric's labels; 0 where it is not there."""
        _, body = self.get("/metrics")
        values = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", body, re.MULTILINE)
        return sum(float(value) for value in values)

    def wait_for_metric(self, name, at_least):
        wait_until(f"{self.name}'s {name} is {at_least} or more", lambda: self.metric(name) >= at_least)


    def offer_clock(self, shim):
        """From the next start on its wall clock goes by `set_clock` (tests/faults/clock_shim.cpp)."""
        assert Path(shim).is_file(), f"{shim} is not built"
        self.clock_file = self.folder / "clock-offset"
        self.clock_file.write_bytes(struct.pack("=q", 0))
        self.env = {**os.environ, "LD_PRELOAD": str(Path(shim).resolve()),
                    "PERIGEE_CLOCK_OFFSET": str(self.clock_file),
                    # AddressSanitizer wants to be the first library; here it need not be.
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def set_clock(self, offset_s):
        with open(self.clock_file, "r+b", buffering=0) as file:  # in place: the node has it mapped
            file.write(struct.pack("=q", int(offset_s * 1e9)))

    def subscribe_for_later(self, topic):
        """A session that is away from now on, and kept."""
        with mqtt.Client(self.port, f"keeps {topic}", clean=False, expiry_s=3600) as keeper:
            keeper.subscribe(topic)  # its SUBACK says that the session is saved

    def receive_kept(self, topic):
        """What that session has waiting: the payloads up to a message that is published now."""
        with mqtt.Client(self.port, f"keeps {topic}", clean=False, expiry_s=3600) as keeper:
            assert keeper.session_present
            with mqtt.Client(self.port, "marker") as marker:
                assert marker.publish_and_wait(topic, b"end") == mqtt.SUCCESS
            return list(iter(lambda: keeper.read_message()[1], b"end"))


class SiteTest(unittest.TestCase):
    """A folder and processes that both end with the test, however it ends."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="perigee-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.nodes = []
        self.processes = []
        self.addCleanup(self.end_everything)

    def node(self, name, **options):
        """A node that is not started yet."""
        made = Node(self.folder / name, name, **options)
        self.nodes.append(made)
        return made

    def run_in_background(self, name, arguments, **options):
        made = Process(self.folder, name, arguments, **options)
        self.processes.append(made)
        return made

    def perigee(self, *arguments, patience=PATIENCE_S, env=None):
        """Runs a command to its end."""
        return subprocess.run([PERIGEE, *map(str, arguments)], capture_output=True, text=True, timeout=patience,
                              stdin=subprocess.DEVNULL, cwd=self.folder, env=env)

    def end_everything(self):
        for process in self.processes:
            process.kill()
        started = [node for node in self.nodes if node.process]
        if self._outcome.success:  # private, but there is no other way to know
            for node in started:
                if node.process.running():
                    node.stop()
            return
        for node in started:
            node.kill()
            print(f"--- {node.name}\n{node.log[-4000:]}", file=sys.stderr)
