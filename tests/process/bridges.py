"""Bridges to other brokers: a real Mosquitto, whose outages and ours lose nothing, and another node."""

import json
import shutil
import socket
import subprocess
import threading
import unittest

import mqtt
from authority import Authority
from processes import BAD_CONFIG, PATIENCE_S, SiteTest, wait_until

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def free_port():
    """Mosquitto takes no port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """A broker that keeps its sessions over a restart."""

    def __init__(self, test, name="mosquitto", more=""):
        self.test, self.name, self.port = test, name, free_port()
        self.folder = test.folder / name
        self.folder.mkdir()
        self.folder.chmod(0o777)  # it gives up root, and forgets its sessions where it cannot write
        test.folder.chmod(0o755)
        self.config = self.folder / "mosquitto.conf"
        self.config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
                               f"persistence_location {self.folder}/\nmax_queued_messages 0\n{more}\n")
        self.process = None

    def start(self):
        self.process = self.test.run_in_background(f"{self.name}-run", [MOSQUITTO, "-c", self.config])
        wait_until("Mosquitto listens", self._listens)
        return self

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()


class BridgeTest(SiteTest):
    version = "5"

    def bridge(self, port, topics, more=""):
        """What stands in a node's configuration; `topics`: the lines of each [[bridge.topic]]."""
        maps = "".join(f"[[bridge.topic]]\n{each}\n" for each in topics)
        return (f'[[bridge]]\nname = "hub"\nhost = "127.0.0.1"\nport = {port}\nversion = "{self.version}"\n'
                f'retry_min = "50ms"\nretry_max = "200ms"\n'
                + (more or 'transport = "tcp"\n') + maps)

    def collect(self, broker, qos):
        """A session at Mosquitto that prints what comes, a line each, whoever is away meanwhile."""
        made = self.run_in_background("collector", [
            "mosquitto_sub", "-p", broker.port, "-i", "collector", "-c", "-q", qos, "-t", "#", "-F", "%t %p"])
        self.wait_for_subscriber(broker)
        return made

    @staticmethod
    def wait_for_subscriber(broker):
        """A retained message comes back to nobody before its SUBSCRIBE is done; so ask for the count itself."""
        def subscriptions():
            done = subprocess.run(["mosquitto_sub", "-p", str(broker.port), "-t", "$SYS/broker/subscriptions/count",
                                   "-C", "1", "-W", "5"], capture_output=True, text=True, timeout=PATIENCE_S)
            return done.stdout.strip().isdigit()
        wait_until("Mosquitto answers", subscriptions)

    def is_up(self, node):
        return lambda: any(each["connected"] for each in node.status()["bridges"])

    def is_ready(self, node):
        """Up, and what it asks for is granted: its state says so."""
        state = node.data / "state" / "bridge-hub"
        asks = 'direction = "out"' not in node.more
        is_up = self.is_up(node)
        return lambda: is_up() and (not asks or (state.exists() and b"\x01#" in state.read_bytes()))

    def stored(self, node, source=None, topic=None):
        """The payloads of the messages in a node's journal, by a reader of our own: the node may run or not.

        Records without a topic say that a message of QoS 2 was let go of.
        """
        done = self.perigee("journal", "dump", node.config, "--json", "--limit", 100_000)
        self.assertEqual(done.returncode, 0, done.stderr)
        records = [json.loads(line) for line in done.stdout.splitlines()]
        return [each["payload"] for each in records
                if each["kind"] == "message" and each["topic"] and source in (None, each["source"])
                and topic in (None, each["topic"])]


class Publisher(threading.Thread):
    """A device that sends numbers and goes on where it was not acknowledged, until told to stop.

    Without stamps nothing but QoS 2 keeps its messages from being doubled behind the node.
    """

    def __init__(self, node, topic, qos=1, stamps=True):
        super().__init__()
        self.node, self.topic, self.qos, self.stamps, self.stopping = node, topic, qos, stamps, threading.Event()
        self.sent = self.acknowledged = 0

    def run(self):
        while not self.stopping.is_set():
            try:
                with mqtt.Client(self.node.port, "device") as device:
                    while not self.stopping.is_set():
                        self._send(device)
            except (mqtt.Closed, OSError):
                continue

    def _send(self, device):
        self.sent = self.acknowledged + 1
        body = str(self.sent)
        stamp = mqtt.user_property("epoch", "7") + mqtt.user_property("seq", body) if self.stamps else b""
        device.send(mqtt.publish_packet(self.topic, body.encode(), self.qos, 1, properties=stamp))
        if device.read_answer()[2] != mqtt.SUCCESS:
            return
        if self.qos == 2:
            device.release(1)
            device.read_answer()
        self.acknowledged += 1

    def stop(self):
        self.stopping.set()
        self.join()
        return self.acknowledged


class OutToMosquitto(BridgeTest):
    def send_over_outages(self, qos):
        """The lines that came, and how many messages the node stored."""
        broker = Mosquitto(self).start()
        node = self.node("fog-1", more=self.bridge(broker.port, [
            f'filter = "plant/#"\nqos = {qos}\nremote_prefix = "site/"'])).start()
        collector = self.collect(broker, qos)
        device = Publisher(node, "plant/press")
        device.start()
        wait_until("something came", lambda: len(collector.lines) > 20)
        for _ in range(3):
            node.kill()
            node.start()
            more = len(collector.lines) + 20
            wait_until("more came after a kill", lambda: len(collector.lines) > more)
        broker.stop()
        until = device.acknowledged + 50
        wait_until("a backlog waits", lambda: device.acknowledged > until)
        node.kill()
        broker.start()
        node.start()
        device.stop()
        wait_until("nothing waits", lambda: node.status()["bridges"][0]["records_waiting"] == 0)
        # The last may be stored and not acknowledged: a kill was between.
        sent = self.stored(node, "device")[-1]
        self.assertIn(int(sent), (device.acknowledged, device.sent))
        last = f"site/plant/press {sent}"
        wait_until("the last one came", lambda: last in collector.lines)
        return collector.lines, int(sent)

    def test_qos_1_loses_nothing(self):
        lines, sent = self.send_over_outages(1)
        self.assertLessEqual({f"site/plant/press {n}" for n in range(1, sent + 1)}, set(lines))

    def test_qos_2_loses_and_doubles_nothing(self):
        lines, sent = self.send_over_outages(2)
        self.assertEqual(lines, [f"site/plant/press {n}" for n in range(1, sent + 1)])


class OutToMosquitto311(OutToMosquitto):
    version = "3.1.1"


class InFromMosquitto(BridgeTest):
    def receive_over_kills(self, qos):
        """The payloads that were stored of the `count` that went, and those."""
        broker = Mosquitto(self).start()
        node = self.node("fog-1", more=self.bridge(broker.port, [
            f'filter = "down/#"\ndirection = "in"\nqos = {qos}\nlocal_prefix = "hub/"'])).start()
        wait_until("the bridge is up", self.is_up(node))
        wait_until("it is subscribed", lambda: (node.data / "state" / "bridge-hub").exists() and
                   b"down/#" in (node.data / "state" / "bridge-hub").read_bytes())
        numbers = [str(n) for n in range(3000)]
        publisher = threading.Thread(target=subprocess.run, args=(
            ["mosquitto_pub", "-p", str(broker.port), "-q", str(qos), "-t", "down/a", "-l"],),
            kwargs={"input": "\n".join(numbers) + "\n", "text": True, "timeout": PATIENCE_S * 4})
        publisher.start()
        for reached in (100, 1000, 2000):
            wait_until(f"{reached} came", lambda: node.status()["lanes"]["bulk"] >= reached)
            node.kill()
            node.start()
        publisher.join()
        wait_until("all came", lambda: numbers[-1] in self.stored(node)[-1:])
        return self.stored(node, "bridge/hub"), numbers

    def test_qos_1_loses_nothing(self):
        stored, sent = self.receive_over_kills(1)
        self.assertEqual(set(stored), set(sent))

    def test_qos_2_loses_and_doubles_nothing(self):
        stored, sent = self.receive_over_kills(2)
        self.assertEqual(stored, sent)


class OverTransports(BridgeTest):
    def carry_both_ways(self, port, publish_there, more):
        """A message each way; `publish_there` sends "there" to x/in on the other side."""
        node = self.node("fog-1", more=self.bridge(port, [
            'filter = "x/out"\nqos = 2', 'filter = "x/in"\ndirection = "in"\nqos = 2'], more=more)).start()
        state = node.data / "state" / "bridge-hub"
        wait_until("the bridge is subscribed", lambda: self.is_up(node)() and state.exists()
                   and b"x/in" in state.read_bytes())
        with mqtt.Client(node.port, "device") as device:
            self.assertEqual(device.publish_and_wait("x/out", b"here"), mqtt.SUCCESS)
        wait_until("it was acknowledged", lambda: node.status()["bridges"][0]["records_sent"] == 1)
        publish_there()
        wait_until("it came", lambda: "there" in self.stored(node, "bridge/hub"))

    def mosquitto(self, more):
        """One with a plain listener for its tools and another as `more` has it, and the other's port."""
        port = free_port()
        broker = Mosquitto(self, more=f"listener {port} 127.0.0.1\n{more}").start()
        publish = ["mosquitto_pub", "-p", str(broker.port), "-q", "2", "-t", "x/in", "-m", "there"]
        return port, lambda: subprocess.run(publish, check=True, timeout=PATIENCE_S)

    def certificates(self):
        """What Mosquitto wants of both sides, and how the bridge shows its own."""
        authority = Authority(self.folder / "certificates")
        server, client = authority.issue("hub"), authority.issue("fog-1")
        server.key.chmod(0o644)
        return (f"cafile {authority.certificate}\ncertfile {server.certificate}\nkeyfile {server.key}\n"
                "require_certificate true\n",
                f'server_name = "localhost"\nauthority = "{authority.certificate}"\n'
                f'certificate = "{client.certificate}"\nkey = {{ file = "{client.key}" }}\n')

    def test_tls_with_certificates_of_both_sides(self):
        theirs, ours = self.certificates()
        self.carry_both_ways(*self.mosquitto(theirs), f'transport = "tls"\n{ours}')

    def test_websocket(self):
        self.carry_both_ways(*self.mosquitto("protocol websockets\n"), 'transport = "ws"\n')

    def test_secure_websocket(self):
        theirs, ours = self.certificates()
        self.carry_both_ways(*self.mosquitto(f"protocol websockets\n{theirs}"), f'transport = "wss"\n{ours}')

    def test_websocket_to_a_node(self):
        hub = self.node("hub", listeners=("tcp", "ws")).start()

        def publish_there():
            with mqtt.Client(hub.port, "hub-device") as device:
                device.publish("x/in", b"there", 2, 1)
                self.assertEqual(device.read_answer()[2], mqtt.SUCCESS)
                device.release(1)
                device.read_answer()
        self.carry_both_ways(hub.ports["ws"], publish_there, 'transport = "ws"\n')


class NodeToNode(BridgeTest):
    def between(self, east_direction, west_direction):
        """How often each of four messages, published at the two in turn, is stored in (east, west)."""
        east, west = self.node("east").start(), self.node("west").start()
        east.stop()
        west.stop()
        bridged = [(node, other, direction) for node, other, direction in
                   ((east, west, east_direction), (west, east, west_direction)) if direction]
        for node, other, direction in bridged:
            node.more = self.bridge(other.port, [f'filter = "#"\ndirection = "{direction}"'])
        east.start()
        west.start()
        for node, _, _ in bridged:
            wait_until("the bridge is up and subscribed", self.is_ready(node))
        # Each message comes behind whatever the one before it might have set going.
        for n, (at, there) in enumerate([(east, west), (west, east)] * 2):
            with mqtt.Client(at.port, "device") as device:
                self.assertEqual(device.publish_and_wait("a", str(n).encode()), mqtt.SUCCESS)
            wait_until(f"{n} is there", lambda: str(n) in self.stored(there))
        return [[self.stored(node).count(str(n)) for n in range(4)] for node in (east, west)]

    def test_one_bridge_both_ways_carries_each_message_once(self):
        self.assertEqual(self.between("both", None), [[1] * 4, [1] * 4])

    def test_two_bridges_that_send_carry_each_message_once(self):
        self.assertEqual(self.between("out", "out"), [[1] * 4, [1] * 4])

    def test_two_bridges_that_ask_carry_each_message_once(self):
        self.assertEqual(self.between("in", "in"), [[1] * 4, [1] * 4])

    def test_two_bridges_both_ways_bring_nothing_back(self):
        """Two ways there carry a message twice, and no way carries it back."""
        east, west = self.between("both", "both")
        self.assertEqual((east[0], east[2], west[1], west[3]), (1, 1, 1, 1))
        self.assertLessEqual(max(east + west), 2)

    def test_qos_2_holds_over_kills_of_both(self):
        west = self.node("west").start()
        east = self.node("east", more=self.bridge(west.port, [
            'filter = "up/a"\nqos = 2', 'filter = "down/a"\ndirection = "in"\nqos = 2'])).start()
        wait_until("the bridge is subscribed", lambda: (east.data / "state" / "bridge-hub").exists() and
                   b"down/a" in (east.data / "state" / "bridge-hub").read_bytes())
        ways = [(Publisher(east, "up/a", qos=2, stamps=False), west),
                (Publisher(west, "down/a", qos=2, stamps=False), east)]
        for device, _ in ways:
            device.start()
        for victim in (east, west) * 3:
            until = [device.acknowledged + 20 for device, _ in ways]
            wait_until("more was sent", lambda: all(device.acknowledged > n for (device, _), n in zip(ways, until)))
            victim.kill()
            victim.start()
        for device, there in ways:
            device.stop()
            sent = self.stored(device.node, topic=device.topic)
            wait_until("the last one came", lambda: self.stored(there, topic=device.topic)[-1:] == sent[-1:])
            self.assertEqual(self.stored(there, topic=device.topic), sent)


class BadConfiguration(BridgeTest):
    def sentence(self, bridge):
        config = self.folder / "bad.toml"
        config.write_text(f'[node]\nid = "fog-1"\ndata = "data"\n{bridge}')
        done = self.perigee("validate", config)
        self.assertEqual(done.returncode, BAD_CONFIG, done.stdout)
        return done.stderr

    def test_each_mistake_has_its_sentence(self):
        start = '[[bridge]]\nname = "hub"\nhost = "hub.example"\n'
        topic = '[[bridge.topic]]\nfilter = "a/#"\n'
        for bad, expected in (
                (start, "passes nothing"),
                ('[[bridge]]\nname = "Hub"\nhost = "h"\n' + topic, "small letters"),
                (start + 'transport = "tcp"\n' + topic, "in the clear"),
                (start + 'version = "4"\n' + topic, "did you mean '5'"),
                (start + 'password = "secret"\n' + topic, "P0108"),
                (start + topic + start + topic, "a second bridge called 'hub'"),
                (start + topic + 'local_prefix = "x"\nfilter2 = "y"\n', "unknown"),
                (start + '[[bridge.topic]]\nfilter = "+/a"\nlocal_prefix = "site"\n', "no topic filter"),
                (start + '[[bridge.topic]]\nfilter = "a"\nlocal_prefix = "$SYS/"\n', "start with '$'"),
                (start + 'version = "3.1.1"\n' + topic + 'direction = "both"\n', "sends back"),
                (start + 'keep_alive = "20h"\n' + topic, "keep_alive"),
                (start + 'persistent = false\n' + topic + 'qos = 2\n', "outlives the connection"),
                (start + topic + 'qos = 3\n', "qos")):
            with self.subTest(expected):
                self.assertIn(expected, self.sentence(bad))


if __name__ == "__main__":
    unittest.main()
