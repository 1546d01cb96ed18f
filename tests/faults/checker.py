"""Compares what was acknowledged to the devices with what the cloud has: in its journal, and in its history."""

import collections
import json
import sqlite3
import subprocess

from processes import PERIGEE


class Stored:
    """How often each device's each number is in the cloud's journal."""

    def __init__(self, messages):
        self.copies = collections.defaultdict(collections.Counter)
        self.strange = []  # what nobody sent
        self.add(messages)

    def add(self, messages):
        for topic, payload in messages:
            try:
                message = json.loads(payload)
                self.copies[message["by"]][message["n"]] += 1
            except (ValueError, TypeError, KeyError):
                self.strange.append((topic, payload))

    def total(self):
        return sum(counter.total() for counter in self.copies.values())

    def remove_one(self, name):
        """For the canary: a record that was acknowledged and is gone."""
        number, _ = self.copies[name].popitem()
        return number

    def add_one(self, name, number):
        """For the canary: a record that came twice."""
        self.copies[name][number] += 1


def judge_device(device, copies):
    """Numbers that were lost, and that are there more often than can be explained."""
    lost = sorted(number for number in device.acked if copies[number] == 0)
    doubled = sorted(number for number, times in copies.items() if times > device.copies_allowed(number))
    return lost, doubled


def judge(devices, stored):
    """A summary to print, and sentences about everything that is wrong."""
    findings = [f"the cloud has what nobody sent: {topic} {payload[:80]!r}" for topic, payload in stored.strange[:5]]
    lost_count = doubled_count = 0
    for device in devices:
        lost, doubled = judge_device(device, stored.copies[device.name])
        lost_count, doubled_count = lost_count + len(lost), doubled_count + len(doubled)
        if lost:
            findings.append(f"{device.name}: {len(lost)} acknowledged numbers are lost, such as {lost[:5]}")
        if doubled:
            findings.append(f"{device.name}: {len(doubled)} numbers are doubled, such as {doubled[:5]}")
    summary = {
        "published": sum(device.published for device in devices),
        "acked": sum(len(device.acked) for device in devices),
        "sent_again": sum(len(device.sends) for device in devices),
        "refused": sum(device.refusals for device in devices),
        "stored": stored.total(),
        "lost": lost_count,
        "doubled": doubled_count,
    }
    return summary, findings


def judge_node(node, stored):
    """Of a node whose journal has what is `stored`: its history, its own counts, and every byte of its journal."""
    status = node.status()
    history = status["history"]
    findings = [f"history counts {history[key]} {key}" for key in ("missing", "doubled", "gaps") if history[key]]
    if status["quarantined"]:
        findings.append(f"readers set {status['quarantined']} records aside")
    findings += judge_history(node.data / "history.db", stored)
    verified = subprocess.run([PERIGEE, "journal", "verify", "--data", node.data], capture_output=True, text=True)
    if verified.returncode:
        findings.append(f"the journal is damaged: {verified.stdout}{verified.stderr}")
    return [f"{node.name}: {finding}" for finding in findings]


def judge_history(path, stored):
    """Each message in the journal is one reading of `n` in history.db (docs/formats/history.md)."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as history:
        rows = history.execute("SELECT sum(count), sum(chunk.sum) FROM chunk JOIN series ON series.id = chunk.series"
                               " WHERE metric = 'n'").fetchone()
    total = sum(number * times for counter in stored.copies.values() for number, times in counter.items())
    if rows == (stored.total(), total):
        return []
    return [f"history has {rows[0]} readings that add up to {rows[1]}; the journal has {stored.total()}: {total}"]
