#!/usr/bin/env python3
"""Eclipse's interoperability suites (paho.mqtt.testing) against a node, or against a peer for comparison.

The suites stay outside the repository: `make conformance PAHO=folder` names where they are. Each test is a process with
a time limit, for one of them waits for ever where a broker does not end its connection, and the tests share client
identifiers: whatever one left behind must not decide the next.
"""

import argparse
import ast
import subprocess
import sys
from pathlib import Path

from brokers import KINDS, Running

LIMIT_S = 90  # the longest takes 40 s, all of it asleep
SUITES = {"3.1.1": "client_test", "5": "client_test5"}


def tests_of(file):
    """The names of the suite's tests, without running it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ClassDef) and node.name == "Test":
            functions = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
            return [each for each in functions if each.startswith("test")]
    raise SystemExit(f"{file} has no tests")


def run_one(folder, suite, test, port, log):
    command = [sys.executable, str(Path(__file__).with_name("paho_one.py")), str(folder), suite, test, str(port)]
    with open(log, "wb") as out:
        try:
            done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                  timeout=LIMIT_S, cwd=folder)
        except subprocess.TimeoutExpired:
            return f"still running after {LIMIT_S} s"
    return None if done.returncode == 0 else "failed"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paho", type=Path, help="the folder of paho.mqtt.testing")
    parser.add_argument("--peer", choices=KINDS, default="perigee", help="the broker under test (perigee)")
    parser.add_argument("--suite", choices=SUITES, help="one version's suite (both)")
    parser.add_argument("--only", default="", metavar="TEXT", help="tests whose name contains it")
    parser.add_argument("--logs", type=Path, default=Path("build/conformance"), help="what each test said")
    options = parser.parse_args()
    folder = (options.paho / "interoperability").resolve()
    if not (folder / "client_test5.py").is_file():
        print(f"paho: {options.paho} is not Eclipse's paho.mqtt.testing", file=sys.stderr)
        return 64
    options.logs.mkdir(parents=True, exist_ok=True)
    failures = 0
    with Running(options.peer) as broker:
        for version, suite in SUITES.items():
            if options.suite not in (None, version):
                continue
            tests = [each for each in tests_of(folder / f"{suite}.py") if options.only in each]
            passed = 0
            for test in tests:
                log = options.logs.resolve() / f"{options.peer}-{suite}-{test}.log"
                problem = run_one(folder, suite, test, broker.port, log)
                passed += problem is None
                if problem:
                    print(f"MQTT {version}: {test}: {problem}; see {log}", flush=True)
            print(f"MQTT {version}: {broker.name} passes {passed} of {len(tests)}", flush=True)
            failures += len(tests) - passed
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
