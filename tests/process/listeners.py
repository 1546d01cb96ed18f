"""Every kind of listener, with openssl, mosquitto's clients and plain sockets at the other end."""

import os
import signal
import socket
import ssl
import struct
import subprocess
import unittest

import mqtt
from authority import Authority
from processes import PATIENCE_S, SiteTest, wait_until

PROXY_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
HELLO = mqtt.connect_packet("device", version=4)


def proxy_header(source="10.0.0.7", command=0x21):
    addresses = socket.inet_aton(source) + socket.inet_aton("10.0.0.1") + struct.pack(">HH", 53120, 1883)
    return PROXY_SIGNATURE + bytes([command, 0x11]) + struct.pack(">H", len(addresses)) + addresses


def answer(connection, said=HELLO):
    """What a connection is sent back: a CONNACK, or nothing where it is closed."""
    with connection:
        connection.settimeout(PATIENCE_S)
        try:
            connection.sendall(said)
            return connection.recv(4)
        except (ConnectionError, ssl.SSLError):
            return b""


ACCEPTED = b"\x20\x02\0\0"


class Listeners(SiteTest):
    def listening(self, mqtt_section, more=""):
        """A node with this [[mqtt]] section beside a plain listener."""
        node = self.node("fog-1", more=f"{more}\n[[mqtt]]\n{mqtt_section}\n")
        return node.start()

    def port(self, node):
        """Of the listener that the test has added, which is the first."""
        return node.run_info()["mqtt"][0]["port"]

    def test_a_unix_socket(self):
        path = self.folder / "mqtt.sock"
        node = self.listening(f'transport = "unix"\npath = "{path}"\nmode = "0600"')
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        self.assertEqual(answer(connection), ACCEPTED)
        done = subprocess.run(["mosquitto_pub", "--unix", str(path), "-t", "a", "-m", "1", "-q", "1"],
                              capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        node.kill()
        self.assertTrue(path.exists(), "what a killed node leaves")
        node.start()
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        self.assertEqual(answer(connection), ACCEPTED)
        node.stop()
        self.assertFalse(path.exists())

    def test_ipv6_and_both(self):
        node = self.listening('address = "::1"\nport = 0')
        port = self.port(node)
        self.assertEqual(answer(socket.create_connection(("::1", port))), ACCEPTED)

    def test_the_proxy_protocol(self):
        node = self.listening('port = 0\nproxy_protocol = true\nproxy_from = ["127.0.0.0/8"]')
        port = self.port(node)
        connect = lambda: socket.create_connection(("127.0.0.1", port))
        self.assertEqual(answer(connect(), proxy_header("127.0.0.1") + HELLO), ACCEPTED)
        self.assertEqual(answer(connect(), proxy_header(command=0x20) + HELLO), ACCEPTED, "the proxy's own")
        refused = answer(connect(), proxy_header("10.0.0.7") + HELLO)
        self.assertNotEqual(refused, ACCEPTED, "not anonymous from afar")
        self.assertEqual(answer(connect(), HELLO), b"", "no header")
        self.assertEqual(answer(connect(), b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + HELLO), b"", "version 1")
        slow = connect()
        slow.sendall(proxy_header()[:10])
        self.assertEqual(answer(slow, b""), b"", "closed when its time is over")

    def test_a_listener_has_so_many_connections_and_no_more(self):
        node = self.listening("port = 0\nconnections_max = 2")
        port = self.port(node)
        with mqtt.Client(port, "a"), mqtt.Client(port, "b"):
            with self.assertRaises((mqtt.Closed, ConnectionError)):
                mqtt.Client(port, "c")
        wait_until("there is room", lambda: answer(socket.create_connection(("127.0.0.1", port))) == ACCEPTED)


class Tls(SiteTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder / "ca")
        self.device = self.authority.issue("device-1")

    def start(self, tls=""):
        own = self.authority.tls_section("fog-1")
        return self.node("fog-1", listeners=("tls",), authority=self.authority.certificate, more=own + tls).start()

    def context(self, identity=None, version=None, alpn=None):
        made = ssl.create_default_context(cafile=self.authority.certificate)
        if identity:
            made.load_cert_chain(identity.certificate, identity.key)
        if version:
            made.minimum_version = made.maximum_version = version
        if alpn:
            made.set_alpn_protocols(alpn)
        return made

    def connect(self, node, context, host="localhost"):
        plain = socket.create_connection(("127.0.0.1", node.ports["tls"]), timeout=PATIENCE_S)
        return context.wrap_socket(plain, server_hostname=host)

    def test_the_newest_version_and_the_older_one_where_it_is_allowed(self):
        node = self.start()
        self.assertEqual(answer(self.connect(node, self.context(self.device, ssl.TLSVersion.TLSv1_3))), ACCEPTED)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.connect(node, self.context(self.device, ssl.TLSVersion.TLSv1_2))
        node.stop()
        lenient = self.start(tls='min_version = "1.2"\n')
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            self.assertEqual(answer(self.connect(lenient, self.context(self.device, version))), ACCEPTED)

    def test_application_protocols(self):
        node = self.start()
        for offered, agreed in ((["mqtt"], "mqtt"), (["x-amzn-mqtt-ca"], "x-amzn-mqtt-ca"), (None, None)):
            with self.connect(node, self.context(self.device, alpn=offered)) as connection:
                self.assertEqual(connection.selected_alpn_protocol(), agreed)
        with self.assertRaisesRegex((ssl.SSLError, ConnectionError), "(?i)no.application.protocol|reset"):
            self.connect(node, self.context(self.device, alpn=["h2"]))

    def test_the_certificate_that_is_asked_for(self):
        other = self.authority.issue("plant-gw")
        node = self.start(tls=f'[[tls.certificate_for]]\ncertificate = "{other.certificate}"\n'
                              f'key = {{ file = "{other.key}" }}\nnames = ["*.plant"]\n')
        context = self.context(self.device)
        context.check_hostname = False
        for host, shown in (("gw.plant", "plant-gw"), ("localhost", "fog-1")):
            with self.connect(node, context, host) as connection:
                self.assertIn((("commonName", shown),), connection.getpeercert()["subject"])

    def test_a_session_is_resumed_and_its_client_known(self):
        node = self.start(tls='min_version = "1.2"\n')
        session = self.folder / "session"
        base = ["openssl", "s_client", "-connect", f"127.0.0.1:{node.ports['tls']}", "-CAfile",
                str(self.authority.certificate), "-cert", str(self.device.certificate), "-key", str(self.device.key),
                "-nocommands", "-ign_eof"]
        for version in ("-tls1_2", "-tls1_3"):
            goodbye = HELLO + mqtt.packet(mqtt.DISCONNECT, b"")
            first = subprocess.run([*base, version, "-sess_out", session], input=goodbye, capture_output=True,
                                   timeout=PATIENCE_S)
            self.assertIn(ACCEPTED, first.stdout, first.stderr)
            second = subprocess.run([*base, version, "-sess_in", session], input=goodbye, capture_output=True,
                                    timeout=PATIENCE_S)
            self.assertIn(b"Reused", second.stdout)
            self.assertIn(ACCEPTED, second.stdout, "known by the certificate of the first connection")

    def test_new_certificates_while_connections_last(self):
        node = self.start()
        own = self.authority.folder / "fog-1.crt"
        context = self.context(self.device)
        lasting = self.connect(node, context)
        lasting.sendall(HELLO)
        self.assertEqual(lasting.recv(4), ACCEPTED)
        before = lasting.getpeercert()["serialNumber"]

        own.write_text("not a certificate")
        os.kill(node.process.pid, signal.SIGHUP)
        node.wait_for_metric("perigee_tls_reload_refused", 1)
        self.assertIn("the certificates in use stay", node.log)
        with self.connect(node, context) as same:
            self.assertEqual(same.getpeercert()["serialNumber"], before)

        self.authority.issue("fog-1")
        os.kill(node.process.pid, signal.SIGHUP)
        node.wait_for_metric("perigee_tls_reloads_total", 1)
        with self.connect(node, context) as renewed:
            self.assertNotEqual(renewed.getpeercert()["serialNumber"], before)
        lasting.sendall(mqtt.packet(12, b""))
        self.assertEqual(lasting.recv(2), b"\xd0\0", "PINGRESP on the connection from before")
        lasting.close()


if __name__ == "__main__":
    unittest.main()
