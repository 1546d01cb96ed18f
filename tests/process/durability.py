"""What was acknowledged is there after SIGKILL, once (promises P1 and P2), and once at a subscriber of QoS 2."""

import itertools
import threading
import unittest

import mqtt
from counted_site import CountedSite
from processes import SiteTest, wait_until


class Publisher(threading.Thread):
    """Publishes 0, 1, 2 ... with QoS 1, a window of them unacknowledged, until the node is gone."""

    window = 100

    def __init__(self, port, topic):
        super().__init__()
        self.topic, self.acked = topic, 0
        self.client = mqtt.Client(port, "publisher")

    def run(self):
        try:
            for number in itertools.count():
                if number >= self.window:
                    self._take_ack()
                self.client.publish(self.topic, str(number).encode(), 1, number % 0xFFFF + 1)
        except mqtt.Closed:
            self.client.close()

    def _take_ack(self):
        answer = self.client.read_puback()
        assert answer == (self.acked % 0xFFFF + 1, mqtt.SUCCESS), answer  # MQTT5 4.6: in order
        self.acked += 1


class KilledNode(SiteTest):
    def test_every_acked_message_is_delivered_after_a_kill_and_none_twice(self):
        node = self.node("fog-1").start()
        for turn in range(3):
            acked, received = self.publish_and_kill(node, f"numbers/{turn}")
            self.assertEqual(received, list(range(len(received))), "in order, without a hole or a double")
            self.assertGreaterEqual(len(received), acked)

    def test_the_same_shows_what_a_disk_forgot(self):
        """A canary: the check above must find it when the disk has lost the end of what it said was synced."""
        node = self.node("fog-1").start()
        acked, received = self.publish_and_kill(node, "numbers", forget=self.halve_newest_segment)
        self.assertLess(len(received), acked)

    @staticmethod
    def halve_newest_segment(node):
        newest = max((node.data / "journal" / "bulk").glob("*.seg"))
        with open(newest, "r+b") as segment:
            segment.truncate(len(segment.read().rstrip(b"\0")) // 2)  # behind the records there are zeros

    def publish_and_kill(self, node, topic, forget=lambda node: None):
        """How many of the messages 0, 1, 2 ... were acknowledged, and which there are after a restart."""
        node.subscribe_for_later(topic)
        acked = self.publish_until_killed(node, topic)
        forget(node)
        node.start()
        return acked, list(map(int, node.receive_kept(topic)))

    @staticmethod
    def publish_until_killed(node, topic):
        publisher = Publisher(node.port, topic)
        publisher.start()
        wait_until("hundreds are acknowledged", lambda: publisher.acked > 500)
        node.kill()
        publisher.join()
        return publisher.acked


class ExactlyOnce:
    """Publishes 0, 1, 2 ... with QoS 2 and without any stamp, and goes on where it was after every lost connection."""

    window, count = 50, 2000

    def __init__(self, node, topic):
        self.node, self.topic = node, topic
        self.next, self.completed = 0, 0
        self.received = {}  # by packet id, each a number: False until its PUBREC

    def run(self, kill_at):
        for number in (*kill_at, self.count):
            self.go_on(until=number)
            if number != self.count:
                self.node.kill()
                self.node.start()

    def go_on(self, until):
        with mqtt.Client(self.node.port, "exactly once", clean=False, expiry_s=3600) as client:
            for number, received in self.received.items():
                self.release(client, number) if received else self.publish(client, number)
            while self.completed < until:
                while self.next < self.count and len(self.received) < self.window:
                    self.received[self.next] = False
                    self.publish(client, self.next)
                    self.next += 1
                self.take_answer(client)

    def publish(self, client, number):
        client.publish(self.topic, str(number).encode(), 2, number + 1)

    @staticmethod
    def release(client, number):
        client.release(number + 1)

    def take_answer(self, client):
        kind, packet_id, code = client.read_answer()
        number = packet_id - 1
        if kind == mqtt.PUBREC:
            assert code == mqtt.SUCCESS, code
            self.received[number] = True
            self.release(client, number)
        else:
            assert kind == mqtt.PUBCOMP and code in (mqtt.SUCCESS, mqtt.PACKET_IDENTIFIER_NOT_FOUND), (kind, code)
            del self.received[number]
            self.completed += 1


class KilledInTheMiddleOfQos2(SiteTest):
    def test_every_message_is_there_once(self):
        node = self.node("fog-1").start()
        node.subscribe_for_later("numbers")
        ExactlyOnce(node, "numbers").run(kill_at=(3, 400, 401, 900, 1500))
        received = list(map(int, node.receive_kept("numbers")))
        self.assertEqual(sorted(received), list(range(ExactlyOnce.count)))


class OnceReceiver:
    """Subscribes with QoS 2, keeps the packet identifiers that are not released (MQTT5 4.3.3), and goes on with its
    session after every lost connection."""

    def __init__(self, node, topic):
        self.node, self.topic = node, topic
        self.held, self.numbers = set(), []

    def go_on(self, until):
        with mqtt.Client(self.node.port, "once receiver", clean=False, expiry_s=3600) as client:
            if not client.session_present:
                client.subscribe(self.topic, 2)
            while len(self.numbers) < until:
                self.take(*client.read(), client)

    def take(self, kind, flags, body, client):
        if kind == mqtt.PUBREL:
            self.held.discard(body[:2])
            return client.send(mqtt.packet(mqtt.PUBCOMP, body[:2]))
        assert kind == mqtt.PUBLISH and flags & 0x06 == 0x04, (kind, flags)
        at = 2 + int.from_bytes(body[:2])
        packet_id, payload = body[at:at + 2], body[at + 3 + body[at + 2]:]
        if packet_id not in self.held:
            self.held.add(packet_id)
            self.numbers.append(int(payload))
        client.send(mqtt.packet(mqtt.PUBREC, packet_id))


class KilledWhileItSendsQos2(SiteTest):
    def test_the_subscriber_gets_every_message_once(self):
        node = self.node("fog-1").start()
        publisher, receiver = ExactlyOnce(node, "numbers"), OnceReceiver(node, "numbers")
        receiver.go_on(until=0)
        for until in (1, 300, 301, 950, 1500, ExactlyOnce.count):
            publishing = threading.Thread(target=publisher.go_on, args=(until,))
            publishing.start()
            receiver.go_on(until)
            publishing.join()
            node.kill()
            node.start()
        self.assertEqual(sorted(receiver.numbers), list(range(ExactlyOnce.count)))


class KilledSite(CountedSite):
    """edge → fog → cloud."""

    levels = ("fog-1",)

    def test_killed_parents_cost_nothing(self):
        fog, = self.between
        self.kill_in_turns(fog, self.cloud, fog)
        self.assertEqual(self.readings_stored_well(), self.readings_in_ledger())

    def test_a_killed_edge_keeps_what_its_sensors_were_acked_for(self):
        """A commit that the kill kept from being told to the sensor is in the cloud too: it is not in the ledger."""
        fog, = self.between
        self.kill_in_turns(self.edge, fog, self.edge)
        self.assertGreaterEqual(self.readings_stored_well(), self.readings_in_ledger())


if __name__ == "__main__":
    unittest.main()
