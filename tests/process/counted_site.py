"""A site whose readings are counted at both ends: what its sensors were acked for, and what the cloud has stored."""

import struct

from processes import SiteTest, wait_until

LEDGER_HEADER_BYTES, LEDGER_ENTRY = 16, struct.Struct("<QQqII")  # docs/formats/ledger.md

MACHINE = """
[[machine]]
name = "{name}"
topic = "site/{node}/{name}"
command_topic = "cmd/{name}"
rate_hz = 200.0
seed = 7
"""


class CountedSite(SiteTest):
    """edge-1 → ... → cloud, with the levels between as the test says, from the lowest up."""

    levels = ()

    def setUp(self):
        super().setUp()
        self.cloud = self.node("cloud").start()
        self.between, parent = [], self.cloud
        for name in reversed(self.levels):
            parent = self.node(name, more=self.uplink_to(parent)).start()
            self.between.insert(0, parent)
        self.edge = self.node("edge-1", more='ledger = "ledger"\n' + self.uplink_to(parent) + self.machines())
        self.edge.start()

    @staticmethod
    def uplink_to(parent):
        return f'[uplink]\nurl = "mqtt://127.0.0.1:{parent.port}"\nlinger = "50ms"\n'

    @staticmethod
    def machines():
        return "".join(MACHINE.format(node="edge-1", name=name) for name in ("motor-1", "motor-2"))

    @property
    def edges_parent(self):
        return self.between[0] if self.between else self.cloud

    def stored(self):
        return self.cloud.status()["history"]["readings"]

    def wait_for_more(self):
        before = self.stored()
        wait_until("the cloud stores more", lambda: self.stored() > before)

    def kill_in_turns(self, *victims):
        for victim in victims:
            self.wait_for_more()
            victim.kill()
            victim.start()
        self.wait_for_more()
        self.drain()

    def readings_stored_well(self):
        history = self.cloud.status()["history"]
        self.assertEqual((history["missing"], history["doubled"], history["gaps"]), (0, 0, 0), history)
        return history["readings"]

    def drain(self):
        """The edge stops, so that nothing new comes, and starts again without its sensors."""
        self.edge.stop()
        self.edge.more = self.uplink_to(self.edges_parent)
        self.edge.start()
        for node in (self.edge, *self.between):
            wait_until(f"{node.name} has nothing to send", lambda node=node: self.is_drained(node))
        wait_until("the cloud has stored it", lambda: self.cloud.status()["history"]["behind_records"] == 0)
        self.cloud.stop()  # it counts once a second, and when it starts
        self.cloud.start()
        wait_until("the cloud has counted", self.stored)

    @staticmethod
    def is_drained(node):
        link = node.status()["link"]
        return link["connected"] and link["records_waiting"] == 0

    def readings_in_ledger(self):
        files = sorted((self.edge.folder / "ledger").glob("*.readings"))
        self.assertEqual([file.stem for file in files], ["motor-1", "motor-2"])
        entries = [entry for file in files for entry in LEDGER_ENTRY.iter_unpack(self.entries_of(file))]
        return sum(readings for _, _, _, readings, _ in entries)

    @staticmethod
    def entries_of(file):
        raw = file.read_bytes()[LEDGER_HEADER_BYTES:]
        return raw[:len(raw) // LEDGER_ENTRY.size * LEDGER_ENTRY.size]
