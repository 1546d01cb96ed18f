#!/usr/bin/env python3
"""A site under load and mild faults for hours: what it keeps in memory, file descriptors and on disk stays flat.

Samples every node every ten seconds. After a warm-up, a line is fitted through the samples, and how much it rises is
bounded. Prints one line of JSON; exits with 1 where something grows, or a stamped reading is lost or doubled.
"""

import argparse
import collections
import json
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import faults
from injector import Injector
from publishers import Publisher
from site_under_faults import LANES, Site

SAMPLE_S = 10
FAULT_PACE_S = 10
WARM_UP_SHARE = 0.4  # of the run: caches, lanes and the history's retention fill up
RETENTION_SHARE = 0.2  # of the run
LANE_BYTES = 4 << 20
# How much more at the end than after the warm-up, by the fitted line.
GROWTH_MAX = {"rss_bytes": 8 << 20, "fds": 8, "journal_bytes": 6 << 20, "history_bytes": 8 << 20}


class MildInjector(Injector):
    """Nobody is killed: a process that lives long is what is looked at."""

    kill_share = 0

    def __init__(self, site, seed):
        super().__init__(site, seed, FAULT_PACE_S)
        self._others = [self._stop, self._trouble_a_link, self._trouble_a_link]


def config(seconds):
    """Bounds that are reached during the warm-up, so that what is constant can be told from what grows."""
    lanes = "".join(f'[journal.lane.{lane}]\nbytes_max = {LANE_BYTES}\nwhen_full = "drop_oldest"\n' for lane in LANES)
    rules = "".join(f'[[lane]]\nfilter = "{lane}/#"\nlane = "{lane}"\n' for lane in LANES)
    retention = f'[history]\nretention = "{max(60, int(seconds * RETENTION_SHARE))}s"\n'
    return f'\n[journal]\nsegment = "1MiB"\n{lanes}{rules}{retention}'


def bytes_of(files):
    return sum(file.stat().st_size for file in files)


def sample(node):
    """What a node holds now; None while a file goes away under our hands."""
    try:
        status = Path(f"/proc/{node.process.pid}/status").read_text()
        rss_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        return {"rss_bytes": rss_kib << 10, "fds": len(list(Path(f"/proc/{node.process.pid}/fd").iterdir())),
                "journal_bytes": bytes_of((node.data / "journal").rglob("*.seg")),
                "history_bytes": bytes_of(node.data.glob("history.db*"))}
    except OSError:
        return None


class Sampler(threading.Thread):
    """Per node: when, and what it held."""

    def __init__(self, site):
        super().__init__(daemon=True)
        self.site, self.samples = site, collections.defaultdict(list)
        self._began, self._ended = time.monotonic(), threading.Event()

    def run(self):
        while not self._ended.wait(SAMPLE_S):
            for node in self.site.nodes.values():
                if taken := sample(node):
                    self.samples[node.name].append((time.monotonic() - self._began, taken))

    def end(self):
        self._ended.set()
        self.join()


def growth(points):
    """How much the fitted line rises from the first point to the last."""
    times, values = zip(*points)
    return statistics.linear_regression(times, values).slope * (times[-1] - times[0])


def judge_growth(samples, seconds):
    """Per node and kind: the last value, and the fitted rise after the warm-up; with sentences where it is too much."""
    report, findings = {}, []
    for name, taken in samples.items():
        settled = [(at, values) for at, values in taken if at > seconds * WARM_UP_SHARE]
        for kind, most in GROWTH_MAX.items():
            rise = round(growth([(at, values[kind]) for at, values in settled]))
            report[f"{name}_{kind}"] = [taken[-1][1][kind], rise]
            if rise > most:
                findings.append(f"{name}: {kind} grew by {rise}, more than {most}")
    return report, findings


def soak(folder, seed, seconds, per_second):
    site = Site(folder, config=config(seconds))
    try:
        devices = [Publisher(f"stamped-{lane}", site.device_port("edge"), [f"{lane}/edge"], per_second, stamped=True)
                   for lane in LANES]
        devices.append(Publisher("stamped-fog", site.device_port("fog"), ["bulk/fog"], per_second, stamped=True))
        injector = MildInjector(site, seed)
        sampler = Sampler(site)
        sampler.start()
        faults.publish_under_faults(site, devices, injector, faults.until(0, seconds), before_healing=sampler.end)
        report, findings = judge_growth(sampler.samples, seconds)
        history = site.cloud.status()["history"]
        findings += [f"history counts {history[key]} {key}" for key in ("missing", "doubled", "gaps") if history[key]]
        published = sum(device.published for device in devices)
        trouble = sum(injector.counts.values())
        return {"seed": seed, "seconds": seconds, "published": published, "faults": trouble, **report}, findings
    finally:
        site.close()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="draws the faults")
    options.add_argument("--hours", type=float, default=1)
    options.add_argument("--rate", type=float, default=200, help="messages per second of each of four devices")
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="perigee-soak-"))
    try:
        summary, findings = soak(folder, chosen.seed, chosen.hours * 3600, chosen.rate)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for finding in findings:
        print(f"soak: {finding}", file=sys.stderr)
    print(json.dumps(summary))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
