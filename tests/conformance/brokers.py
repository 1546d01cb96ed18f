"""Brokers under test: a node with the settings that the suites presuppose, and Mosquitto beside it."""

import shutil
import socket
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "process"))
from processes import Node, Process, wait_until  # noqa: E402

# Eclipse's suites expect Server Keep Alive 60, and a small Receive Maximum keeps the test that exceeds it short.
# Mosquitto's vectors expect its Topic Alias Maximum.
PROTOCOL = """
[mqtt_protocol]
keep_alive_s_max = 60
receive_maximum = 100
topic_alias_maximum = 10
"""


# Eclipse's suites ask to be refused a subscription to this one topic, and are to be let to all others.
ACCESS = """
[access]
policy = "policy.toml"
"""
POLICY = """
[[rule]]
publish = "#"
subscribe = ["#", "$SYS/#"]

[[rule]]
effect = "deny"
subscribe_literal = "test/nosubscribe"
"""


class Perigee:
    name = "Perigee"

    def __init__(self, folder):
        self.node = Node(folder / "node", "conformance", more=PROTOCOL + ACCESS)
        (self.node.folder / "policy.toml").write_text(POLICY)
        self.port = self.node.start().port

    def stop(self):
        self.node.stop()


class Mosquitto:
    name = "Mosquitto"

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {self.port}\nallow_anonymous true\n")
        self.process = Process(folder, "mosquitto", ["mosquitto", "-c", config])
        wait_until("mosquitto listens", self._listens)

    def _listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except ConnectionError:
            return False

    def stop(self):
        self.process.terminate()


KINDS = {"perigee": Perigee, "mosquitto": Mosquitto}


class Running:
    """A broker for a `with`, in a folder that ends with it."""

    def __init__(self, kind):
        self.kind = KINDS[kind]

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="perigee-conformance-"))
        self.broker = self.kind(self.folder)
        return self.broker

    def __exit__(self, kind, *_):
        try:
            self.broker.stop()
        finally:
            if kind is None:
                shutil.rmtree(self.folder, ignore_errors=True)
            else:
                print(f"what the broker said is in {self.folder}", file=sys.stderr)
