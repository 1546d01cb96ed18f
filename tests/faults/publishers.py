"""Devices that are no part of what is tested: each knows what it sent, how often, and what was acknowledged to it."""

import collections
import json
import random
import select
import threading
import time

import mqtt

ANSWER_PATIENCE_S = 2.0  # then a connection is taken for dead, and a device tries another
RETRY_S = 0.05
SESSION_EXPIRY_S = 6 * 24 * 3600  # beyond any jump of a clock


class Publisher(threading.Thread):
    """Counts 1, 2, 3 ... and publishes each with QoS 1 until it is acknowledged, over as many connections as it takes.

    A stamped one tells its epoch and the number, so that the first journal knows what it has; a plain one does not.
    """

    window = 100
    qos = 1

    def __init__(self, name, port, topics, per_second, stamped):
        super().__init__(daemon=True, name=name)
        self.port, self.topics, self.per_second = port, topics, per_second
        self.epoch = random.Random(name).getrandbits(63) | 1 if stamped else None
        self.published = 0  # the numbers 1 to this were sent at least once
        self.sends = collections.Counter()  # only of what was sent more than once: how often
        self.acked = set()
        self.refusals = 0
        self._waiting = collections.OrderedDict()  # sent, and not acknowledged
        self._ending = threading.Event()
        self._began = time.monotonic()

    @property
    def stamped(self):
        return self.epoch is not None

    def times_sent(self, number):
        return self.sends[number] or 1

    def copies_allowed(self, number):
        return 1 if self.stamped else self.times_sent(number)

    def finish(self):
        """Nothing new from now on; the thread ends when everything is acknowledged."""
        self._ending.set()

    def run(self):
        while not (self._ending.is_set() and not self._waiting):
            try:
                client = self._connect()
            except (mqtt.Closed, OSError, AssertionError):
                time.sleep(RETRY_S)
                continue
            try:
                self._serve(client)
            except (mqtt.Closed, OSError, AssertionError):
                pass  # gone, silent, or it said DISCONNECT: another connection
            finally:
                client.close()

    def _connect(self):
        return mqtt.Client(self.port, self.name, patience=ANSWER_PATIENCE_S)

    def _serve(self, client):
        """One connection: first again what was not acknowledged on those before, then what is new."""
        in_flight = {}
        self._resume(client, in_flight)
        heard = time.monotonic()
        while not (self._ending.is_set() and not self._waiting):
            if self._may_send_new():
                self.published += 1
                self._waiting[self.published] = True
                self._send(client, self.published, in_flight, new=True)
                continue
            if client.received or select.select([client.socket], [], [], 0.02)[0]:
                if not self._take_ack(client, in_flight):
                    time.sleep(RETRY_S)
                    return  # in order again, on a new connection
                heard = time.monotonic()
            elif in_flight and time.monotonic() - heard > ANSWER_PATIENCE_S:
                return

    def _resume(self, client, in_flight):
        for number in self._waiting:
            self._send(client, number, in_flight)

    def _may_send_new(self):
        due = (time.monotonic() - self._began) * self.per_second
        return not self._ending.is_set() and len(self._waiting) < self.window and self.published < due

    def _send(self, client, number, in_flight, new=False):
        if not new:
            self.sends[number] = self.times_sent(number) + 1
        packet_id = number % 0xFFFF + 1
        in_flight[packet_id] = number
        stamp = b""
        if self.stamped:
            stamp = mqtt.user_property("epoch", str(self.epoch)) + mqtt.user_property("seq", str(number))
        topic = self.topics[number % len(self.topics)]
        payload = json.dumps({"n": number, "by": self.name}).encode()
        client.send(mqtt.publish_packet(topic, payload, self.qos, packet_id, properties=stamp))

    def _take_ack(self, client, in_flight):
        """False where the node refuses."""
        packet_id, code = client.read_puback()
        number = in_flight.pop(packet_id)
        if code >= 0x80:
            self.refusals += 1
            return False
        self._waiting.pop(number)
        self.acked.add(number)
        return True


class ExactlyOncePublisher(Publisher):
    """The same with QoS 2, in a session that goes on: PUBREC acknowledges, and PUBCOMP frees the packet identifier."""

    qos = 2

    def __init__(self, name, port, topics, per_second):
        super().__init__(name, port, topics, per_second, stamped=False)
        self._received = set()  # PUBREC came, PUBCOMP did not

    def _connect(self):
        return mqtt.Client(self.port, self.name, clean=False, expiry_s=SESSION_EXPIRY_S, patience=ANSWER_PATIENCE_S)

    def _resume(self, client, in_flight):
        """MQTT5 4.4. Where the session is gone, what had no PUBREC is sent anew and may be there twice."""
        if not client.session_present:
            for number in self._received:
                self._waiting.pop(number)
            self._received.clear()
        for number in self._waiting:
            if number in self._received:
                self._release(client, number, in_flight)
            else:
                self._send(client, number, in_flight, new=client.session_present)

    @staticmethod
    def _release(client, number, in_flight):
        packet_id = number % 0xFFFF + 1
        in_flight[packet_id] = number
        client.release(packet_id)

    def _take_ack(self, client, in_flight):
        kind, packet_id, code = client.read_answer()
        number = in_flight.pop(packet_id)
        if kind == mqtt.PUBCOMP:
            self._received.remove(number)
            self._waiting.pop(number)
            return True
        if code >= 0x80:
            self.refusals += 1
            return False
        self.acked.add(number)
        self._received.add(number)
        self._release(client, number, in_flight)
        return True
