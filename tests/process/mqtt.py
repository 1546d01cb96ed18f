"""An MQTT client that shows every packet and may misbehave, as mosquitto's does not. Blocking, one packet at a time."""

import socket
import struct

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK = range(1, 10)
DISCONNECT = 14
SUCCESS, PACKET_IDENTIFIER_NOT_FOUND, QUOTA_EXCEEDED = 0x00, 0x92, 0x97


def text(value):
    raw = value.encode()
    return struct.pack(">H", len(raw)) + raw


def packet(kind, body, flags=0):
    """A control packet: its first byte, its length as a variable byte integer, its body (MQTT5 2.1)."""
    length, size = b"", len(body)
    while True:
        size, digit = size >> 7, size & 0x7F
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return bytes([kind << 4 | flags]) + length + body


def connect_packet(client_id, version=5, clean=True, expiry_s=0):
    properties = struct.pack(">BBI", 5, 0x11, expiry_s) if version == 5 else b""
    return packet(CONNECT, text("MQTT") + bytes([version, 2 if clean else 0, 0, 60]) + properties + text(client_id))


def user_property(name, value):
    return b"\x26" + text(name) + text(value)


def publish_packet(topic, payload, qos=0, packet_id=0, version=5, properties=b"", retain=False):
    """`properties` are shorter than 128 bytes."""
    identifier = struct.pack(">H", packet_id) if qos else b""
    block = bytes([len(properties)]) + properties if version == 5 else b""
    return packet(PUBLISH, text(topic) + identifier + block + payload, flags=qos << 1 | retain)


class Closed(Exception):
    """The other side ended the connection."""


class Refused(AssertionError):
    """The answer to CONNECT was no: its reason code."""


class Client:
    """With `tls` (an ssl.SSLContext) over TLS, to the host `localhost`."""

    def __init__(self, port, client_id, version=5, clean=True, expiry_s=0, patience=30, tls=None):
        self.version = version
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        try:
            self.session_present = self._connect(connect_packet(client_id, version, clean, expiry_s))
        except BaseException:
            self.close()
            raise

    def _connect(self, hello):
        """Whether the session goes on."""
        self.send(hello)
        kind, _, body = self.read()
        assert kind == CONNACK, (kind, body)
        if body[1] != 0:
            raise Refused(body[1])
        return bool(body[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, raw):
        try:
            self.socket.sendall(raw)
        except (ConnectionError, BrokenPipeError) as gone:
            raise Closed from gone

    def publish(self, topic, payload, qos=0, packet_id=0):
        self.send(publish_packet(topic, payload, qos, packet_id, self.version))

    def publish_and_wait(self, topic, payload, packet_id=1):
        """QoS 1. The reason code of the answer."""
        self.publish(topic, payload, 1, packet_id)
        return self.read_puback()[1]

    def release(self, packet_id):
        """QoS 2: PUBREL."""
        self.send(packet(PUBREL, struct.pack(">H", packet_id), flags=2))

    def subscribe(self, filter_, qos=1):
        properties = b"\0" if self.version == 5 else b""
        self.send(packet(SUBSCRIBE, b"\0\1" + properties + text(filter_) + bytes([qos]), flags=2))
        kind, _, body = self.read()
        assert kind == SUBACK and body[-1] == qos, (kind, body)

    def read(self):
        """The next packet: its kind, its flags, its body."""
        first, size, shift = self._take(1)[0], 0, 0
        while True:
            digit = self._take(1)[0]
            size |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                return first >> 4, first & 0x0F, self._take(size)

    def read_puback(self):
        """Packet identifier and reason code."""
        kind, *answer = self.read_answer()
        assert kind == PUBACK, (kind, answer)
        return tuple(answer)

    def read_answer(self):
        """PUBACK, PUBREC or PUBCOMP, packet identifier and reason code; 3.1.1 has no codes, 5 leaves success out."""
        kind, _, body = self.read()
        assert kind in (PUBACK, PUBREC, PUBCOMP), (kind, body)
        return kind, struct.unpack(">H", body[:2])[0], body[2] if len(body) > 2 else SUCCESS

    def read_message(self):
        """Topic and payload of the next message, which is acknowledged."""
        kind, flags, body = self.read()
        assert kind == PUBLISH, (kind, body)
        at = 2 + struct.unpack(">H", body[:2])[0]
        topic = body[2:at].decode()
        if flags & 0x06:
            self.send(packet(PUBACK, body[at:at + 2]))
            at += 2
        if self.version == 5:
            at += 1 + body[at]  # properties here are shorter than 128 bytes
        return topic, body[at:]

    def read_end(self):
        """The reason code of the DISCONNECT that comes first, or None where the connection just ends."""
        try:
            while True:
                kind, _, body = self.read()
                if kind == DISCONNECT:
                    return body[0] if body else SUCCESS
        except Closed:
            return None

    def _take(self, size):
        while len(self.received) < size:
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionError as gone:
                raise Closed from gone
            if not more:
                raise Closed
            self.received += more
        taken, self.received = self.received[:size], self.received[size:]
        return taken
