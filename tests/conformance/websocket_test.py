"""MQTT over WebSocket (MQTT5 6.0), frame by frame."""

import base64
import os
import socket
import unittest

import brokers  # noqa: F401  the process tests' folder is on the path from here on
import mqtt
from processes import PATIENCE_S, SiteTest

TEXT, BINARY, CLOSE = 1, 2, 8


class WebSocket:
    """As much of RFC 6455 as a test of borders needs: frames shorter than 126 bytes."""

    def __init__(self, port, protocol):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        key = base64.b64encode(os.urandom(16)).decode()
        offer = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        self.socket.sendall(f"GET /mqtt HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{offer}\r\n".encode())
        self.received = b""
        while b"\r\n\r\n" not in self.received and self._more():
            pass
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        self.head = head.decode().lower()

    def _more(self):
        try:
            more = self.socket.recv(1 << 16)
        except ConnectionError:
            return False
        self.received += more
        return bool(more)

    def send(self, payload, opcode=BINARY):
        mask = b"\1\2\3\4"
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.socket.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked)

    def read(self, size):
        """That many bytes of MQTT, whatever frames they come in; fewer at the end."""
        out = b""
        while len(out) < size:
            while len(self.received) < 2 or len(self.received) < 2 + self.received[1]:
                if not self._more():
                    return out
            opcode, end = self.received[0] & 0x0F, 2 + self.received[1]
            if opcode == CLOSE:
                return out
            out, self.received = out + self.received[2:end], self.received[end:]
        return out

    def close(self):
        self.socket.close()


class OverWebSocket(SiteTest):
    def setUp(self):
        super().setUp()
        self.at = self.node("n", listeners=("ws",)).start()

    def open(self, protocol="mqtt"):
        made = WebSocket(self.at.ports["ws"], protocol)
        self.addCleanup(made.close)
        return made

    def test_packets_and_frames_have_different_borders(self):
        peer = self.open()
        self.assertIn("sec-websocket-protocol: mqtt", peer.head)
        ping = mqtt.packet(12, b"")
        both = mqtt.connect_packet("w", version=4) + ping + ping
        for byte in both[:-3]:
            peer.send(bytes([byte]))
        peer.send(both[-3:])
        self.assertEqual(peer.read(8), bytes.fromhex("20020000 d000 d000"))

    def test_a_text_frame_ends_the_connection(self):
        peer = self.open()
        peer.send(mqtt.connect_packet("w", version=4), opcode=TEXT)
        self.assertEqual(peer.read(4), b"")

    def test_a_client_that_does_not_offer_mqtt_is_refused(self):
        for protocol in ("chat", ""):
            self.assertNotIn("101 switching", self.open(protocol).head, protocol)


if __name__ == "__main__":
    unittest.main()
