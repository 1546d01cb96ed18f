#!/usr/bin/env python3
"""Real processes under random faults: edge → fog → cloud, killed, paused, cut off, with full disks and wrong clocks,
while independent devices publish. Then the cloud is compared with what was acknowledged to the devices.

Prints one line of JSON. Exits with 1 where an acknowledged reading is lost, or one is there twice.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent / "process")]

import checker
from injector import Injector
from processes import wait_until
from publishers import ExactlyOncePublisher, Publisher
from site_under_faults import DRAIN_PATIENCE_S, Site

FAULT_KINDS = ("kills", "stops", "cuts", "half_open", "slow", "narrow", "resets", "full_disk", "clock_jumps")
SHIM = os.environ.get("PERIGEE_CLOCK_SHIM", "build/release/tests/faults/libclock_shim.so")


def make_devices(site, per_second):
    """Of QoS 2, stamped and plain ones, at the edge and at the gateway, in every lane."""
    edge, fog = site.device_port("edge"), site.device_port("fog")
    kinds = (("stamped-1", edge, ["line/1"], True),
             ("stamped-2", edge, ["line/2", "event/line/2", "alarm/line/2"], True),
             ("plain-1", edge, ["line/3"], False),
             ("plain-2", edge, ["event/line/4", "alarm/line/4"], False),
             ("stamped-3", fog, ["hall/1"], True),
             ("plain-3", fog, ["alarm/hall/2", "hall/2"], False))
    once = [ExactlyOncePublisher("once-1", edge, ["line/5"], per_second),
            ExactlyOncePublisher("once-2", fog, ["event/hall/3"], per_second)]
    return once + [Publisher(name, port, topics, per_second, stamped) for name, port, topics, stamped in kinds]


def until(kills, seconds):
    """Both have to be reached where both are given."""
    began = time.monotonic()
    return lambda injector: injector.counts["kills"] >= kills and time.monotonic() - began >= seconds


def publish_under_faults(site, devices, injector, enough, before_healing=lambda: None):
    for device in devices:
        device.start()
    injector.run_until(enough)
    before_healing()
    site.heal()
    for device in devices:
        device.finish()
    wait_until("every device has its acknowledgements", lambda: not any(device.is_alive() for device in devices),
               DRAIN_PATIENCE_S)
    site.drain()


def judge_site(site, devices, stored):
    summary, findings = checker.judge(devices, stored)
    return summary, findings + checker.judge_node(site.cloud, stored) + site.surprises


def run(folder, seed, kills, seconds, pace_s, per_second, disk_megabytes, change=lambda stored: None):
    """One run in `folder`: the summary to print and what is wrong. `change` spoils the evidence, for the canary."""
    began = time.monotonic()
    shim = Path(SHIM).resolve()
    site = Site(folder, shim if shim.exists() else None, disk_megabytes)
    try:
        site.keep_everything()
        injector = Injector(site, seed, pace_s)
        devices = make_devices(site, per_second)
        publish_under_faults(site, devices, injector, until(kills, seconds))
        stored = checker.Stored(site.collect())
        change(stored)
        summary, findings = judge_site(site, devices, stored)
        recovery_ms = [ms for node in site.nodes.values() for ms in node.recovery_ms]
        counts = {kind: injector.counts[kind] for kind in FAULT_KINDS}
        skipped = [] if site.has_disks else ["full_disk: this user may not mount a tmpfs"]
        skipped += [] if site.cloud.has_clock else [f"clock_jumps: {SHIM} is not built"]
        return {"seed": seed, **counts, **summary, "starts": len(recovery_ms),
                "recovery_ms_max": round(max(recovery_ms), 1), "seconds": round(time.monotonic() - began, 1),
                "skipped": skipped}, findings
    finally:
        site.close()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="draws the faults")
    options.add_argument("--kills", type=int, default=300, help="at least this many")
    options.add_argument("--seconds", type=float, default=0, help="at least this long")
    options.add_argument("--pace", type=float, default=0.8, help="mean seconds from fault to fault")
    options.add_argument("--rate", type=float, default=100, help="messages per second of each of eight devices")
    options.add_argument("--disk", type=int, default=512, help="MiB of each node's disk, where one can be mounted")
    options.add_argument("--keep", action="store_true", help="keep the folder")
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="perigee-faults-"))
    try:
        summary, findings = run(folder, chosen.seed, chosen.kills, chosen.seconds, chosen.pace, chosen.rate,
                                chosen.disk)
    finally:
        if chosen.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for finding in findings:
        print(f"faults: {finding}", file=sys.stderr)
    if findings:
        print(f"faults: again with: make faults ARGS='--seed {chosen.seed}'", file=sys.stderr)
    print(json.dumps(summary))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
