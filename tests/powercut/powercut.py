#!/usr/bin/env python3
"""Power cuts: a real node on a file system that loses, tears and reorders what was not synced, cut while it is busy.

After each cut the node must start, and everything that it acknowledged to devices so far must be readable. At the end
its journal, its history and its parent must have everything once, also what a child handed to it. Prints one line of
JSON; exits with 1 where something is lost or doubled, and with 0 and a message where FUSE cannot be mounted.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "faults"), str(TESTS / "process")]

import checker
import mqtt
from processes import Node, Process, wait_until
from publishers import ExactlyOncePublisher, Publisher
from site_under_faults import CONFIG, LANES, NEVER_EXPIRES, UPLINK, FaultyNode

FILE_SYSTEM = os.environ.get("PERIGEE_POWERCUT_FS", "build/release/tests/powercut/powercut_fs")
DEVICES_PATIENCE_S = 60
CALLS_UNDER_LOAD = 200  # at most so many changes and syncs until the cut
CALLS_OF_A_START = 60
CUT_AGAIN_SHARE = 0.3  # of cuts are followed by one while the node starts


class CannotMount(Exception):
    """No FUSE here, or not for this user."""


class Disk:
    """The mount of a volatile disk."""

    def __init__(self, folder, mount_point):
        if not Path(FILE_SYSTEM).exists() or not os.access("/dev/fuse", os.W_OK):
            raise CannotMount(f"{FILE_SYSTEM} or /dev/fuse is not there")
        self.mount_point = mount_point
        self.process = Process(folder, "powercut_fs", [FILE_SYSTEM, mount_point])
        try:
            wait_until("the disk is mounted", lambda: mount_point.is_mount() or not self.process.running())
        except AssertionError:
            pass
        if not mount_point.is_mount():
            raise CannotMount(self.process.err.strip())

    def plan_cut(self, after_calls):
        """Wherever the node then is: between any two of its writes, syncs and renames."""
        self._switch(f"off {after_calls}")

    def is_off(self):
        return not self.losses()["powered"]

    def restore(self, seed):
        self._switch(f"on {seed}")

    def losses(self):
        with open(self.mount_point / ".power", "rb", buffering=0) as power:
            return json.loads(power.read(1 << 12))  # at once: it changes

    def _switch(self, command):
        with open(self.mount_point / ".power", "wb", buffering=0) as power:
            power.write(command.encode())

    def close(self):
        subprocess.run(["umount", "--lazy", self.mount_point], capture_output=True)
        self.process.kill()


class Bench:
    """A node on a volatile disk, between a parent and a child on ordinary ones; devices publish to it and the child."""

    def __init__(self, folder, seed, durability, per_second):
        self.random = random.Random(seed)
        self.cloud = FaultyNode(folder / "cloud", "cloud", None).start()
        self.keep_everything(self.cloud, "collector")
        # Small segments: the more files are made, the more names there are to be lost.
        journal = f'[journal]\ndurability = "{durability}"\nsegment = "64KiB"'
        more = CONFIG.replace('[journal]\nsegment = "1MiB"', journal)
        self.node = Node(folder / "fog", "fog", more=more + UPLINK.format(port=self.cloud.port))
        self.node.data.mkdir()
        try:
            self.disk = Disk(folder, self.node.data)
            self.node.start()
        except (CannotMount, AssertionError):
            self.cloud.kill()
            raise
        for session in ("collector", "reader"):
            self.keep_everything(self.node, session)
        self.node.stop()  # which makes the sessions durable
        self.node.start()
        self.child = FaultyNode(folder / "edge", "edge", None, CONFIG + UPLINK.format(port=self.node.port)).start()
        self.devices = [Publisher("stamped", self.node.port, ["line/1", "event/line/1"], per_second, True),
                        Publisher("plain", self.node.port, ["line/2", "alarm/line/2"], per_second, False),
                        ExactlyOncePublisher("once", self.node.port, ["line/3", "event/line/3"], per_second)]
        self.devices_below = [Publisher("below", self.child.port, ["line/4", "alarm/line/4"], per_second, True)]
        self.seen = checker.Stored([])
        self.recovery_ms = []
        self.findings = []

    @staticmethod
    def keep_everything(node, session):
        """A session for which the node keeps every message from now on."""
        with mqtt.Client(node.port, session, clean=False, expiry_s=NEVER_EXPIRES) as keeper:
            keeper.subscribe("#")

    @staticmethod
    def receive(node, session):
        """What the session has waiting, up to markers that are published now, one in each lane."""
        ends = {f"{lane}/end-of-run": json.dumps({"end": os.urandom(8).hex()}).encode() for lane in LANES}
        with mqtt.Client(node.port, f"{session}-marker") as marker:
            for topic, payload in ends.items():
                assert marker.publish_and_wait(topic, payload) == mqtt.SUCCESS
        with mqtt.Client(node.port, session, clean=False, expiry_s=NEVER_EXPIRES) as keeper:
            assert keeper.session_present, f"{node.name} forgot the session {session}"
            while ends:
                topic, payload = keeper.read_message()
                if ends.get(topic) == payload:
                    del ends[topic]
                elif not topic.endswith("/end-of-run"):
                    yield topic, payload

    def cut_power(self):
        """At a random moment under load. Returns what had been acknowledged by then."""
        time.sleep(self.random.uniform(0.02, 0.4))
        self.cut_after(CALLS_UNDER_LOAD)
        acked = {device.name: set(device.acked) for device in self.devices}
        self.restore()
        while self.random.random() < CUT_AGAIN_SHARE:
            self.node.launch()
            self.cut_after(CALLS_OF_A_START)
            self.restore()
        self.node.start()
        self.recovery_ms.append(self.node.run_info()["start_ms"])
        return acked

    def cut_after(self, calls_max):
        self.disk.plan_cut(self.random.randrange(calls_max))
        wait_until("the power is off", lambda: self.disk.is_off() or not self.node.process.running())

    def restore(self):
        self.node.kill()
        self.disk.restore(self.random.getrandbits(63))

    def check(self, acked):
        """Everything acknowledged can be read now, or was read after an earlier cut; in the end all is read again."""
        self.seen.add(self.receive(self.node, "reader"))
        for name, numbers in acked.items():
            lost = sorted(number for number in numbers if not self.seen.copies[name][number])
            if lost:
                self.findings.append(f"{name}: {len(lost)} acknowledged numbers are gone, such as {lost[:5]}")

    def run(self, enough):
        everyone = self.devices + self.devices_below
        for device in everyone:
            device.start()
        while not enough(self):
            self.check(self.cut_power())
        for device in everyone:
            device.finish()
        wait_until("every device has its acknowledgements", lambda: not any(device.is_alive() for device in everyone),
                   DEVICES_PATIENCE_S)
        for node in (self.child, self.node):
            wait_until(f"{node.name} has nothing to send",
                       lambda node=node: node.status()["link"]["records_waiting"] == 0)
        for node in (self.node, self.cloud):
            wait_until(f"{node.name} has stored it", lambda node=node: node.status()["history"]["behind_records"] == 0)
            node.stop()  # it counts once a second, and when it starts
            node.start()

    def judge(self):
        """The node's journal and its parent's against what was acknowledged, and each one's history against both."""
        for node in (self.node, self.cloud):
            stored = checker.Stored(self.receive(node, "collector"))
            summary, findings = checker.judge(self.devices + self.devices_below, stored)
            self.findings += [f"{node.name}: {finding}" for finding in findings]
            self.findings += checker.judge_node(node, stored)
        return summary

    def close(self):
        for node in (self.child, self.node, self.cloud):
            node.kill()
        self.disk.close()


def run(folder, seed, cuts, per_second=300, durability="fsync"):
    began = time.monotonic()
    bench = Bench(folder, seed, durability, per_second)
    try:
        bench.run(lambda bench: bench.disk.losses()["cuts"] >= cuts)
        summary = bench.judge()
        lost = bench.disk.losses()
        return {"seed": seed, "cuts": lost["cuts"], "writes_lost": lost["writes"], "sectors_lost": lost["sectors"],
                "names_lost": lost["names"], **summary, "recovery_ms_max": round(max(bench.recovery_ms), 1),
                "seconds": round(time.monotonic() - began, 1)}, bench.findings
    finally:
        bench.close()


def run_until_lost(folder, seed, cuts, per_second=300):
    """For the canary, with durability = "os": how many cuts it took to lose what was acknowledged; None: it did not."""
    bench = Bench(folder, seed, "os", per_second)
    try:
        for device in bench.devices:
            device.start()
        for cut in range(1, cuts + 1):
            bench.check(bench.cut_power())
            if bench.findings:
                return cut
        return None
    finally:
        bench.close()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="draws the cuts and the losses")
    options.add_argument("--cuts", type=int, default=200)
    options.add_argument("--rate", type=float, default=300, help="messages per second of each of three devices")
    options.add_argument("--keep", action="store_true", help="keep the folder")
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="perigee-powercut-"))
    try:
        summary, findings = run(folder, chosen.seed, chosen.cuts, chosen.rate)
    except CannotMount as why:
        print(f"powercut: skipped: no FUSE file system can be mounted: {why}", file=sys.stderr)
        return 0
    finally:
        if chosen.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for finding in findings[:50]:
        print(f"powercut: {finding}", file=sys.stderr)
    print(json.dumps(summary))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
