#!/usr/bin/env python3
"""What it costs to leave the operator's page open: 200 metrics that change ten times a second, watched for an hour.

Measures how long the first chart takes, what share of a core the browser needs, and what the page holds after each
round through Now and Trends once all garbage is collected. Prints one line of JSON; exits with 1 where a bound is
passed.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from browser import Browser, one_time_link, what_is_missing
from processes import Node

RATE_HZ = 10
METRICS = 200
METRICS_OF_A_MACHINE = 6
MACHINES = -(-METRICS // METRICS_OF_A_MACHINE)
FIRST_CHARTS = 5
FIRST_CHART_MS_MAX = 1_000
CPU_S = 60
CPU_SHARE_MAX = 0.25
ROUND_S = {"now": 40, "trends": 20}
WARM_UP_SHARE = 0.25  # small trends fill up for five minutes, code is compiled as it gets hot
# How much more at the end than after the warm-up, by a fitted line.
GROWTH_MAX = {"heap_bytes": 1 << 20, "dom_nodes": 200, "listeners": 50}


def config():
    return "".join(f'\n[[machine]]\nname = "motor-{i}"\ntopic = "site/gw-1/motor-{i}"\n'
                   f'command_topic = "cmd/motor-{i}"\nrate_hz = {RATE_HZ}.0\nseed = {i}\n' for i in range(MACHINES))


def trends_of(machines):
    metrics = "&".join(f"m=gw-1/site%252Fgw-1%252Fmotor-{i}/temperature" for i in range(machines))
    return f"trends?{metrics}&r=5m"


def first_charts(browser, node):
    """In milliseconds: of a browser that never saw the page, by a one-time link."""
    taken = []
    for _ in range(FIRST_CHARTS):
        browser.open("about:blank")
        taken.append(round(browser.do("firstChart", url=one_time_link(node.run_info()))))
    return taken


def cpu_share(browser):
    """Of a core, over a minute: the page's own process, and the whole browser, which paints without a graphics card."""
    before, began = browser.do("cpu"), time.monotonic()
    time.sleep(CPU_S)
    after, seconds = browser.do("cpu"), time.monotonic() - began
    return {kind: round((after[kind] - before[kind]) / seconds, 3) for kind in before}


def samples(browser, seconds):
    """When, and what the page held then, always in the same view."""
    taken, began = [], time.monotonic()
    while time.monotonic() - began < seconds:
        browser.view(trends_of(3))
        browser.see(".chart canvas")
        time.sleep(ROUND_S["trends"])
        browser.view("now")
        browser.see(".value-row[data-condition=good]")
        time.sleep(ROUND_S["now"])
        taken.append((time.monotonic() - began, browser.do("held")))
        print(f"{taken[-1][0]:.0f} s: {json.dumps(taken[-1][1])}", file=sys.stderr, flush=True)
    return taken


def growth(taken, kind, seconds):
    """By a line through the samples behind the warm-up."""
    times, values = zip(*((at, held[kind]) for at, held in taken if at >= seconds * WARM_UP_SHARE))
    return round(statistics.linear_regression(times, values).slope * (times[-1] - times[0]))


def soak(folder, seconds):
    node = Node(folder / "gw-1", "gw-1", more=config()).start()
    browser = Browser("soak")
    try:
        charts = first_charts(browser, node)
        browser.open(one_time_link(node.run_info()))
        browser.see(".connection", "Live")
        browser.see(".value-row[data-condition=good]")
        rows = browser.evaluate("document.querySelectorAll('.value-row').length")
        share = cpu_share(browser)
        taken = samples(browser, seconds)
        complaints = browser.do("complaints")
    finally:
        browser.close()
        node.stop()
    grown = {kind: growth(taken, kind, seconds) for kind in GROWTH_MAX}
    report = {"seconds": seconds, "metrics": rows, "rate_hz": RATE_HZ, "first_chart_ms": charts, "cpu": share,
              "held": taken[-1][1], "grown": grown}
    return report, judge(report) + complaints


def judge(report):
    findings = [f"{kind} grew by {by}, more than {GROWTH_MAX[kind]}" for kind, by in report["grown"].items()
                if by > GROWTH_MAX[kind]]
    if statistics.median(report["first_chart_ms"]) > FIRST_CHART_MS_MAX:
        findings.append(f"the first chart took {report['first_chart_ms']} ms")
    if report["cpu"]["page"] > CPU_SHARE_MAX:
        findings.append(f"the page takes {report['cpu']['page']} of a core")
    if report["metrics"] < METRICS:
        findings.append(f"there were {report['metrics']} metrics, not {METRICS}")
    return findings


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--hours", type=float, default=1)
    chosen = options.parse_args()
    if missing := what_is_missing():
        print(f"soak: {missing}", file=sys.stderr)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="perigee-soak-"))
    try:
        report, findings = soak(folder, chosen.hours * 3600)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for finding in findings:
        print(f"soak: {finding}", file=sys.stderr)
    print(json.dumps(report))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
