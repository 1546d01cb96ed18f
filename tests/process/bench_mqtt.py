"""`perigee bench mqtt` against a node: what it counts, and what it refuses."""

import json
import unittest

from processes import UNAVAILABLE, SiteTest

USAGE = 64  # sysexits.h


class BenchMqtt(SiteTest):
    def bench(self, *words, code=0):
        done = self.perigee("bench", "mqtt", *words)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def measured(self, fog, *words):
        return json.loads(self.bench(words[0], f"mqtt://127.0.0.1:{fog.port}", "--json", *words[1:]))

    def test_every_pattern_counts_what_went_through(self):
        fog = self.node("fog-1").start()
        quick = ("--for", "1s", "--warm-up", "100ms")
        for qos in ("0", "1", "2"):
            for words, receivers in ((("p2p", "--connections", "2"), 1), (("fan-in", "--connections", "3"), 1),
                                     (("fan-out", "--connections", "4"), 4)):
                with self.subTest(words=words, qos=qos):
                    seen = self.measured(fog, *words, "--qos", qos, "--batch", "2", "--window", "8", *quick)
                    self.assertGreater(seen["in"], 0)
                    self.assertEqual(seen["lost"], 0)
                    # What was on its way when the measurement began or ended.
                    slack = 8 * receivers * 4
                    self.assertLessEqual(abs(seen["out"] - receivers * seen["in"]), slack)
                    latency = seen["latency_us"]
                    self.assertLessEqual(latency["p50"], latency["p99"])
                    self.assertLessEqual(latency["p99"], latency["max"])

    def test_a_rate_is_kept_and_connections_are_held(self):
        fog = self.node("fog-1").start()
        pid = str(fog.process.pid)
        seen = self.measured(fog, "p2p", "--rate", "200", "--for", "1s", "--pid", pid)
        self.assertLessEqual(seen["in"], 210)
        self.assertIn("cpu_seconds", seen)
        seen = self.measured(fog, "connect", "--connections", "200", "--hold", "10ms", "--pid", pid)
        self.assertEqual(seen["connected"], 200)
        self.assertIn("messages", self.bench("p2p", f"mqtt://127.0.0.1:{fog.port}", "--for", "10ms"))

    def test_wrong_calls_are_explained(self):
        for words, said in ((("p2p", "http://x"), "not a broker's address"), (("p2p", "--qos", "3"), "from 0 to 2"),
                            (("p2p", "--batch", "4", "--window", "2"), "--window must be at least --batch"),
                            (("p2p", "--rate", "-1"), "--rate"), (("p2p", "--for", "soon"), "a duration"),
                            (("connect", "--pid", "2147483647"), "no process"),
                            (("p2p", "mqtts://127.0.0.1:1"), "--ca"), ((), "which?")):
            with self.subTest(words=words):
                self.assertIn(said, self.bench(*words, code=USAGE))
        refused = self.bench("p2p", "mqtt://127.0.0.1:9", code=UNAVAILABLE)
        self.assertIn("bench-", refused)


if __name__ == "__main__":
    unittest.main()
