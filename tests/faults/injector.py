"""Draws faults from a seed, lets each last for a while, and counts them."""

import collections
import heapq
import itertools
import random
import time

from fault_proxy import Trouble

TICK_S = 0.02
CLOCK_JUMP_S = 12 * 3600


class Injector:
    """Runs on the caller's thread: `run_until` returns when `enough` says so."""

    kill_share = 0.6  # of all faults

    def __init__(self, site, seed, pace_s):
        self.site, self.pace_s = site, pace_s
        self.random = random.Random(seed)
        self.counts = collections.Counter()
        self._ends = []  # of faults that last: when, and what ends them
        self._order = itertools.count()
        self._busy = set()
        self._others = [self._stop, self._trouble_a_link, self._trouble_a_link]
        if site.has_disks:
            self._others.append(self._fill_disk)
        if all(node.has_clock for node in site.nodes.values()):
            self._others.append(self._jump_clock)

    def run_until(self, enough):
        next_fault = time.monotonic()
        while not enough(self):
            now = time.monotonic()
            while self._ends and self._ends[0][0] <= now:
                heapq.heappop(self._ends)[2]()
            if now >= next_fault:
                self._draw()
                next_fault = now + self.random.expovariate(1 / self.pace_s)
            self.site.watch()
            time.sleep(TICK_S)
        self._end_everything()

    def _end_everything(self):
        while self._ends:
            heapq.heappop(self._ends)[2]()

    def _draw(self):
        fault = self._kill if self.random.random() < self.kill_share else self.random.choice(self._others)
        fault()

    def _last(self, thing, seconds, end):
        """`thing` has trouble that `end` ends; meanwhile it gets no other of that kind."""
        self._busy.add(thing)

        def finish():
            self._busy.discard(thing)
            end()

        heapq.heappush(self._ends, (time.monotonic() + seconds, next(self._order), finish))

    def _pick(self, things, kind):
        """One that is not busy already, with the name under which it then is; None where all are."""
        free = [(key, thing) for key, thing in sorted(things.items()) if (kind, key) not in self._busy]
        return self.random.choice(free) if free else None

    def _kill(self):
        picked = self._pick(self.site.nodes, "kill")
        if not picked:
            return
        key, node = picked
        node.kill()
        self.counts["kills"] += 1
        self._last(("kill", key), self.random.choice((0, 0.05, 0.3, 0.8)), node.launch)

    def _stop(self):
        picked = self._pick(self.site.nodes, "stop")
        if not picked or picked[1].killed:
            return
        key, node = picked
        node.pause()
        self.counts["stops"] += 1
        self._last(("stop", key), self.random.uniform(0.05, 1.5), node.resume)

    def _trouble_a_link(self):
        picked = self._pick(self.site.links, "link")
        if not picked:
            return
        key, link = picked
        draw = self.random
        kind, trouble = draw.choice((
            ("cuts", Trouble(cut=True)),
            ("half_open", Trouble(deaf=draw.choice((("up",), ("down",), ("up", "down"))))),
            ("slow", Trouble(delay_s=draw.uniform(0.01, 0.3))),
            ("narrow", Trouble(bytes_per_s=draw.choice((2_000, 20_000, 200_000)))),
            ("resets", Trouble(reset_after_bytes=draw.randrange(1, 4096))),
        ))
        link.set(trouble)
        self.counts[kind] += 1
        self._last(("link", key), draw.uniform(0.1, 2.5), link.heal)

    def _fill_disk(self):
        picked = self._pick(self.site.nodes, "disk")
        if not picked:
            return
        key, node = picked
        node.fill_disk()
        self.counts["full_disk"] += 1
        self._last(("disk", key), self.random.uniform(0.1, 2), node.free_disk)

    def _jump_clock(self):
        node = self.random.choice(sorted(self.site.nodes.values(), key=lambda node: node.name))
        node.set_clock(self.random.uniform(-CLOCK_JUMP_S, CLOCK_JUMP_S))
        self.counts["clock_jumps"] += 1
