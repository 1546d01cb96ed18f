"""The rows of bench/run about the rule engine alone: what a message costs, on one core."""
import json
import subprocess
from typing import Iterator

from harness import BUILD, Kind, NotMeasured, Options, Result, load, pairs, perigee, perigee_files, started
from rows import row, thousands

RULES_BYTES_MAX = 5 * 1024
INTERLOCK_RATE, INTERLOCK_US_MAX = 10_000, 1000
STOP = """/*
interlock = %s
[[action]]
publish = "cmd/m"
payload = '{"n":${n}}'
*/
SELECT n FROM 'plant/m' WHERE pressure > 8
"""


def rule_apply(subject: str) -> dict:
    program = BUILD / "bench" / "rule_apply"
    if not program.exists():
        raise NotMeasured(f"{program} is not there")
    run = subprocess.run([program, subject], capture_output=True, text=True, timeout=600)
    if run.returncode != 0:
        raise NotMeasured(run.stderr.strip())
    return json.loads(run.stdout)


@row("rules")
def rules_over_json(options: Options) -> Iterator[Result]:
    """The peer is the same filter written by hand over simdjson: what rules cost that can be written without it."""
    if rule_apply("filter")["actions"] != rule_apply("hand")["actions"]:
        raise NotMeasured("the rule and the code by hand decide differently")
    hand = lambda: rule_apply("hand")["per_second"]  # noqa: E731
    for subject, what, wanted in (("filter", "one filter rule over JSON", "1 M/s"),
                                  ("tumbling", "a tumbling window of 1,000 groups", "600 k/s"),
                                  ("hop", "a hopping window of 60 parts, 1,000 groups", "300 k/s"),
                                  ("many", "10,000 rules, 10 of them for each message", "200 k/s")):
        ours, peer, ratio = pairs(options.pairs, lambda: rule_apply(subject)["per_second"], hand)
        yield Result(f"{what}, per CPU-second", thousands(ours), f"{thousands(peer)} a filter by hand", f"{ratio:.2f}x",
                     wanted)
    taken = rule_apply("many")["bytes_per_rule"]
    yield Result("memory of a rule, of 10,000", f"{taken:,.0f} B", "", "", f"under {RULES_BYTES_MAX:,} B")


def decided_by(interlock: str) -> Kind:
    return Kind("Perigee", perigee.command, lambda folder, port: {
        "ingest.toml": perigee_files(folder, port)["ingest.toml"] + '[rules]\nfolder = "."\n',
        "stop.rule.sql": STOP % interlock})


@row("interlock")
def sensor_to_command(options: Options) -> Iterator[Result]:
    """Over MQTT, with fsync; the load spins on one of the cores. The peer is the same rule without `interlock`."""
    measured = {}
    for interlock in ("true", "false"):
        with started(decided_by(interlock)) as server:
            measured[interlock] = load("interlock_latency", server, rate=INTERLOCK_RATE, seconds=5 * options.seconds)
    ours, other = measured["true"], measured["false"]
    if ours["commands"] != (ours["messages"] + 9) // 10:
        raise NotMeasured(f"{ours['commands']} commands of {ours['messages']} messages")
    yield Result(f"sensor to command at {INTERLOCK_RATE:,} messages/s, p99", f"{ours['p99_us']:,.0f} us",
                 f"{other['p99_us']:,.0f} us on what is durable", f"{ours['p99_us'] / other['p99_us']:.2f}x",
                 f"under {INTERLOCK_US_MAX:,} us")
    yield Result("the same, p50", f"{ours['p50_us']:,.0f} us", f"{other['p50_us']:,.0f} us", "", "")
