"""A node under each attack: its other clients get every message in order, it stays alive, and its memory in bounds."""

import threading
import time
import unittest

import attacks
import mqtt
from processes import SiteTest

ATTACK_S = 2.0
MESSAGES = 30  # one after the other; behind the slowest attack each takes most of a second with sanitizers
GROWTH_MAX_KB = 400 << 10  # with sanitizers, which keep freed memory for a while: it is a bound and no figure


class Hostile(SiteTest):
    def setUp(self):
        super().setUp()
        self.victim = self.node("fog-1", more="[log]\nlevel = \"error\"\n").start()

    def rss_kb(self):
        with open(f"/proc/{self.victim.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def attack(self, how, over):
        """Until `over`, and for a while at least."""
        end = time.monotonic() + ATTACK_S
        attacks.carry_on(how, self.victim.port, lambda: over.is_set() and time.monotonic() >= end)

    def converse(self, publisher, subscriber):
        """A message at a time, there and back."""
        for n in range(MESSAGES):
            payload = str(n).encode()
            self.assertEqual(publisher.publish_and_wait("plant/reading", payload, n + 1), mqtt.SUCCESS)
            self.assertEqual(subscriber.read_message(), ("plant/reading", payload))

    def withstand(self, how):
        before = self.rss_kb()
        over = threading.Event()
        attacker = threading.Thread(target=self.attack, args=(how, over))
        port = self.victim.port
        with mqtt.Client(port, "reader") as subscriber, mqtt.Client(port, "device") as publisher:
            subscriber.subscribe("plant/#")
            attacker.start()
            try:
                self.converse(publisher, subscriber)
            finally:
                over.set()
                attacker.join()
        self.assertTrue(self.victim.process.running())
        self.assertLess(self.rss_kb() - before, GROWTH_MAX_KB)


for each in attacks.ATTACKS:
    setattr(Hostile, f"test_{each.__name__}", lambda self, how=each: self.withstand(how))


if __name__ == "__main__":
    unittest.main()
