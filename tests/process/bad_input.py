"""What a node answers to what is wrong: a sentence that helps, and nothing else harmed (promise P11)."""

import contextlib
import os
import re
import socket
import subprocess
import unittest

import mqtt
from processes import BAD_CONFIG, UNAVAILABLE, SiteTest, wait_until

BAD_CONFIGURATION = """\
[node]
id = "fog 1"
data = "data"
teer = "fog"

[journal]
segment = "16 parsecs"

[[mqtt]]
port = 70000
transport = "carrier-pigeon"

[uplink]
url = "http://127.0.0.1:1883"

[rules]
folder = "no-such-folder"
"""

BAD_RULE = """\
/*
name = "hot"
[[action]]
alarm = "hot"
severity = "critical"
*/
SELECT squareroot(value) AS t
FROM 'site/#'
WHERE level(value) > 1
"""

BAD_CSV = """\
time,value
2026-01-01T00:00:00Z,1.5
yesterday,2.5
2026-01-01T00:00:02Z,3.5
"""


class WrongFiles(SiteTest):
    def write(self, name, text):
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file

    def places(self, text):
        """The `file:line:column` that errors start with, without the folder."""
        return re.findall(r"([\w.-]+:\d+:\d+)", text)

    def refused(self, *arguments):
        done = self.perigee(*arguments)
        self.assertEqual((done.returncode, done.stdout), (BAD_CONFIG, ""), done.stderr)
        return done.stderr

    def test_every_error_of_a_configuration_at_once(self):
        file = self.write("fog.toml", BAD_CONFIGURATION)
        said = self.refused("run", file)
        lines = [int(place.split(":")[1]) for place in self.places(said) if place.startswith("fog.toml")]
        self.assertEqual(sorted(set(lines)), [2, 4, 7, 10, 11, 14, 17], said)
        self.assertIn("did you mean 'tier'", said)
        self.assertIn("^", said)
        self.assertFalse((self.folder / "data").exists(), "nothing is started")
        self.assertEqual(self.refused("validate", file), said)

    def test_a_rule_with_two_errors(self):
        self.write("rules/hot.rule.sql", BAD_RULE)
        file = self.write("fog.toml", '[node]\nid = "fog-1"\ndata = "data"\n[rules]\nfolder = "rules"\n')
        said = self.refused("run", file)
        self.assertEqual(self.places(said), ["hot.rule.sql:7:8", "hot.rule.sql:9:7"], said)

    def test_a_csv_that_is_not_what_it_says(self):
        self.write("press.csv", BAD_CSV)
        file = self.write("fog.toml", '[node]\nid = "fog-1"\ndata = "data"\n[[replay]]\nname = "press"\n'
                                      'file = "press.csv"\ntopic = "site/press"\n')
        self.assertIn("press.csv:3:1", self.places(self.refused("run", file)))

    def test_a_file_that_is_not_there(self):
        self.assertIn("nowhere.toml", self.refused("run", self.folder / "nowhere.toml"))


class WrongPlaces(SiteTest):
    def refused(self, node):
        process = node.launch()
        self.assertEqual(process.wait(), UNAVAILABLE, process.err)
        return process.err

    def test_a_port_in_use(self):
        node = self.node("fog-1")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            node.ports["tcp"] = taken.getsockname()[1]
            said = self.refused(node)
            self.assertIn(f"127.0.0.1:{node.ports['tcp']}", said)
            self.assertIn("in use", said)

    def test_a_data_folder_that_is_in_use(self):
        first = self.node("fog-1").start()
        second = self.node("fog-2")
        second.data.symlink_to(first.data)
        second.name = "fog-1"
        self.assertIn("another process", self.refused(second))

    def test_a_data_folder_of_another_node(self):
        first = self.node("fog-1").start()
        first.stop()
        first.name = "fog-2"
        said = self.refused(first)
        self.assertIn("another node", said)
        self.assertIn("'fog-1'", said)

    def test_a_data_folder_of_a_newer_version(self):
        node = self.node("fog-1").start()
        node.stop()
        identity = node.data / "journal" / "journal.id"
        raw = bytearray(identity.read_bytes())
        raw[8] += 1  # docs/formats/journal.md: the version
        identity.write_bytes(raw)
        self.assertIn("newer version", self.refused(node))


MALFORMED = {
    "not MQTT": b"GET / HTTP/1.1\r\nHost: fog-1.example\r\nAccept: text/html\r\nUser-Agent: a browser\r\n\r\n",
    "a packet before CONNECT": mqtt.publish_packet("site/a", b"1"),
    "an endless length": b"\x10\xff\xff\xff\xff\xff",
    "a reserved packet type": mqtt.connect_packet("bad") + b"\x00\x00",
    "a topic with a wildcard": mqtt.connect_packet("bad") + mqtt.publish_packet("site/#", b"1"),
    "a topic that is not UTF-8": mqtt.connect_packet("bad") + mqtt.packet(mqtt.PUBLISH, b"\0\2\xc3\x28\0payload"),
    "a text longer than its packet": mqtt.connect_packet("bad") + mqtt.packet(mqtt.PUBLISH, b"\xff\xffshort"),
    "QoS 3": mqtt.connect_packet("bad") + mqtt.packet(mqtt.PUBLISH, b"\0\1a\0\1\0", flags=6),
    "a second CONNECT": mqtt.connect_packet("bad") * 2,
}


class MalformedPackets(SiteTest):
    def test_the_connection_closes_and_is_counted_and_others_go_on(self):
        node = self.node("fog-1").start()
        with mqtt.Client(node.port, "bystander") as bystander:
            for what, raw in MALFORMED.items():
                with self.subTest(what):
                    before = node.metric("perigee_mqtt_malformed_total")
                    self.send_and_see_it_closed(node, raw)
                    node.wait_for_metric("perigee_mqtt_malformed_total", before + 1)
                    self.assertEqual(bystander.publish_and_wait("site/a", b"1"), mqtt.SUCCESS)
        self.assertGreaterEqual(node.log.count("127.0.0.1"), len(MALFORMED), "each is logged with its address")

    @staticmethod
    def send_and_see_it_closed(node, raw):
        with socket.create_connection(("127.0.0.1", node.port), timeout=30) as peer:
            peer.sendall(raw)
            try:
                while peer.recv(4096):
                    pass
            except ConnectionResetError:
                pass


class DamagedSegments(SiteTest):
    """A session that is away keeps its place, so what it gets afterwards is what the journal could read."""

    messages = 50

    def setUp(self):
        super().setUp()
        self.fog = self.node("fog-1").start()
        self.fog.subscribe_for_later("numbers")
        with mqtt.Client(self.fog.port, "publisher") as publisher:
            for number in range(self.messages):
                self.assertEqual(publisher.publish_and_wait("numbers", self.payload(number)), mqtt.SUCCESS)

    @staticmethod
    def payload(number):
        return b"the number %03d" % number

    def segment(self):
        """The only one with records in it."""
        segments = sorted((self.fog.data / "journal" / "bulk").glob("*.seg"))
        return next(each for each in segments if self.payload(0) in each.read_bytes())

    def test_a_flipped_byte_costs_its_record_and_is_reported(self):
        self.fog.stop()
        segment = self.segment()
        raw = bytearray(segment.read_bytes())
        raw[raw.index(self.payload(20))] ^= 1
        segment.write_bytes(raw)
        self.fog.start()
        self.assertEqual(self.fog.receive_kept("numbers"), [self.payload(n) for n in range(self.messages) if n != 20])
        self.assertIn("damaged", self.fog.log)

    def test_a_torn_tail_is_cut_and_reported(self):
        self.fog.kill()
        with open(self.segment(), "ab") as tail:
            tail.write(os.urandom(300))
        self.fog.start()
        self.assertEqual(self.fog.receive_kept("numbers"), [self.payload(n) for n in range(self.messages)])
        self.assertIn("torn", self.fog.log)


@unittest.skipUnless(os.geteuid() == 0, "only root can mount a small disk")
class FullDisk(SiteTest):
    disk_bytes = 64 << 20

    def setUp(self):
        super().setUp()
        self.fog = self.node("fog-1", more='[journal.lane.bulk]\nwhen_full = "refuse"\n')
        self.fog.data.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.disk_bytes}", "perigee", self.fog.data],
                                 capture_output=True, text=True)
        if mounted.returncode:
            self.skipTest(f"no small disk can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.fog.data], check=True)
        self.addCleanup(self.end_everything)  # before that
        self.fog.start()
        self.fog.subscribe_for_later("numbers")

    def fill(self):
        """With a file of the test's own, to the last byte."""
        self.ballast = self.fog.data / "ballast"
        with open(self.ballast, "wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(1 << 16))

    def test_publishers_hear_of_it_and_nothing_acked_is_lost(self):
        with mqtt.Client(self.fog.port, "early") as early, mqtt.Client(self.fog.port, "late") as late:
            self.assertEqual(early.publish_and_wait("numbers", b"first"), mqtt.SUCCESS)
            self.fill()
            early.publish("numbers", b"written or waiting", 1, 1)
            wait_until("the node sees it", lambda: "free on the disk" in self.fog.log)
            self.assertEqual(late.publish_and_wait("numbers", b"refused"), mqtt.QUOTA_EXCEEDED)
            with mqtt.Client(self.fog.port, "old", version=4) as old:
                old.publish("numbers", b"refused", 1, 1)
                self.assertIsNone(old.read_end())
            self.ballast.unlink()
            wait_until("there is room", lambda: late.publish_and_wait("numbers", b"again") == mqtt.SUCCESS)
            self.assertEqual(early.read_puback(), (1, mqtt.SUCCESS))
        self.fog.kill()
        self.fog.start()
        self.assertEqual(self.fog.receive_kept("numbers"), [b"first", b"written or waiting", b"again"])


if __name__ == "__main__":
    unittest.main()
