"""edge → fog → cloud as real processes, with a fault proxy on every link and data folders that can be full."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "process"))

import mqtt
from fault_proxy import FaultProxy
from processes import Node, wait_until

NEVER_EXPIRES = 0xFFFFFFFF  # MQTT5 3.1.2.11.2
DRAIN_PATIENCE_S = 120
LANES = ("alarm", "event", "bulk")
OWN_ALARMS = "alarm/journal/"  # what a node has to say about its full disk

# A full disk refuses the publisher: where the oldest is dropped to make room, it is not there to be counted.
CONFIG = """
[journal]
segment = "1MiB"
[journal.lane.alarm]
when_full = "refuse"
[journal.lane.event]
when_full = "refuse"
[journal.lane.bulk]
when_full = "refuse"
[[lane]]
filter = "alarm/#"
lane = "alarm"
[[lane]]
filter = "event/#"
lane = "event"
"""

UPLINK = """
[uplink]
url = "mqtt://127.0.0.1:{port}"
linger = "20ms"
"""


class FaultyNode(Node):
    """A node that can be paused, killed, given a full disk or another time of day; nothing here waits for it."""

    def __init__(self, folder, name, shim, more=CONFIG):
        super().__init__(folder, name, more=more)
        self.data.mkdir()
        self.mounted = False
        self.paused = False
        self.killed = False  # so that its end is no surprise
        self.filled = False
        self.was_filled = False  # at some time in the life of its process
        self.recovery_ms = []
        self._awaited = False
        if shim:
            self.offer_clock(shim)

    @property
    def has_clock(self):
        return self.clock_file is not None

    def mount(self, megabytes):
        """A disk of its own, where this user may mount one."""
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", self.data],
                              capture_output=True, text=True)
        self.mounted = made.returncode == 0
        return self.mounted

    def unmount(self):
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.data], capture_output=True)

    def launch(self):
        self.killed, self._awaited, self.was_filled = False, True, self.filled
        return super().launch()

    def is_up(self):
        """Whether it listens; the first time after a start, how long that took is noted."""
        if not self.process.running():
            return False
        info = self.run_info()
        if info and self._awaited:
            self._awaited = False
            self.recovery_ms.append(info["start_ms"])
        return info is not None

    def kill(self):
        self.resume()
        self.killed = True
        super().kill()

    def pause(self):
        self.process.popen.send_signal(signal.SIGSTOP)
        self.paused = True

    def resume(self):
        if self.paused:
            self.process.popen.send_signal(signal.SIGCONT)
        self.paused = False

    def fill_disk(self):
        self.filled = self.was_filled = True
        space = os.statvfs(self.data)
        with open(self.data / "filler", "wb") as filler, contextlib.suppress(OSError):
            os.posix_fallocate(filler.fileno(), 0, space.f_bavail * space.f_frsize)

    def free_disk(self):
        (self.data / "filler").unlink(missing_ok=True)
        self.filled = False


class Site:
    """Three nodes and the links between them and to their devices. Ends with `close`, whatever state it is in."""

    def __init__(self, folder, shim=None, disk_megabytes=0, config=CONFIG):
        self.folder, self.config = folder, config
        self.nodes, self.links = {}, {}
        self.surprises = []  # ends that nobody asked for
        self._shim, self._disk_megabytes = shim, disk_megabytes
        self.cloud = self._add("cloud")
        self.fog = self._add("fog", parent=self.cloud)
        self.edge = self._add("edge", parent=self.fog)
        for node in (self.edge, self.fog):
            self.links[f"devices-{node.name}"] = FaultProxy(node.port)

    @property
    def has_disks(self):
        return all(node.mounted for node in self.nodes.values())

    def device_port(self, node_name):
        return self.links[f"devices-{node_name}"].port

    def _add(self, name, parent=None):
        more = self.config
        if parent:
            link = self.links[f"{name}-{parent.name}"] = FaultProxy(parent.port)
            more += UPLINK.format(port=link.port)
        node = self.nodes[name] = FaultyNode(self.folder / name, name, self._shim, more)
        if self._disk_megabytes:
            node.mount(self._disk_megabytes)
        node.start()
        wait_until(f"{name} is up", node.is_up)
        return node

    def keep_everything(self):
        """A session at the cloud for which it keeps every message, whatever happens to it from now on."""
        with mqtt.Client(self.cloud.port, "collector", clean=False, expiry_s=NEVER_EXPIRES) as keeper:
            keeper.subscribe("#")  # its SUBACK says that the session is saved

    def watch(self):
        """Notes who came up, and who ended without being killed; that one is started again, as systemd would."""
        for node in self.nodes.values():
            if node.is_up() or node.process.running() or node.killed:
                continue
            code = node.process.popen.returncode
            if not node.was_filled or code < 0:  # with a full disk it may say that it cannot start
                self.surprises.append(f"{node.name} ended with {code}: {node.log[-2000:]}")
            node.launch()

    def heal(self):
        for link in self.links.values():
            link.heal()
        for node in self.nodes.values():
            node.resume()
            node.free_disk()
            if not node.process.running():
                node.launch()
        for node in self.nodes.values():
            wait_until(f"{node.name} is up", node.is_up)

    def drain(self):
        for node in (self.edge, self.fog):
            wait_until(f"{node.name} has nothing to send", lambda node=node: self._is_drained(node), DRAIN_PATIENCE_S)
        wait_until("the cloud has stored it", self._is_stored, DRAIN_PATIENCE_S)
        self.cloud.stop()  # it counts once a second, and when it starts
        self.cloud.start()

    @staticmethod
    def _is_drained(node):
        link = node.status()["link"]
        return link["connected"] and link["records_waiting"] == 0

    def _is_stored(self):
        return self.cloud.status()["history"]["behind_records"] == 0

    def collect(self):
        """Topic and payload of everything that the cloud's journal has, in the order of its lanes."""
        with mqtt.Client(self.cloud.port, "marker") as marker:
            for lane in LANES:
                assert marker.publish_and_wait(f"{lane}/end-of-run", b"") == mqtt.SUCCESS
        missing = {f"{lane}/end-of-run" for lane in LANES}
        with mqtt.Client(self.cloud.port, "collector", clean=False, expiry_s=NEVER_EXPIRES) as keeper:
            assert keeper.session_present
            while missing:
                topic, payload = keeper.read_message()
                if topic in missing:
                    missing.remove(topic)
                elif not topic.startswith(OWN_ALARMS):
                    yield topic, payload

    def close(self):
        for node in self.nodes.values():
            if node.process:
                node.kill()
        for link in self.links.values():
            link.close()
        for node in self.nodes.values():
            node.unmount()


