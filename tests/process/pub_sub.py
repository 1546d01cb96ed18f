"""`perigee pub` and `perigee sub` against a node, over every transport, and what they refuse."""

import json
import os
import signal
import socket
import subprocess
import threading
import unittest

import mqtt
from authority import Authority
from processes import PATIENCE_S, PERIGEE, UNAVAILABLE, SiteTest, wait_until

FAILED, USAGE, BAD_FILE = 1, 64, 78  # sysexits.h


class PubSub(SiteTest):
    def pub(self, *arguments, code=0, stdin=None, env=None):
        done = subprocess.run([PERIGEE, "pub", *map(str, arguments)], capture_output=True, timeout=PATIENCE_S,
                              input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL, cwd=self.folder,
                              env=env)
        self.assertEqual(done.returncode, code, done.stderr.decode())
        if code == 0:
            self.assertEqual(done.stderr, b"")
        return done.stdout.decode() if code == 0 else done.stderr.decode()

    def sub(self, node, name, *arguments):
        """A `perigee sub` that is subscribed."""
        before = node.metric("perigee_mqtt_subscriptions")
        made = self.run_in_background(name, [PERIGEE, "sub", *arguments])
        node.wait_for_metric("perigee_mqtt_subscriptions", before + 1)
        return made

    def wait_for_lines(self, process, *lines):
        """These, in this order, and no others."""
        wait_until(f"{process.out_file.name} has {len(lines)} lines", lambda: len(process.lines) >= len(lines))
        self.assertEqual(process.lines, list(lines))


class OverTcp(PubSub):
    def setUp(self):
        super().setUp()
        self.fog = self.node("fog-1").start()
        self.at = ("--data", self.fog.data)

    def test_what_one_publishes_the_other_prints(self):
        plain = self.sub(self.fog, "plain", "site/#", "--qos", 2, *self.at)
        named = self.sub(self.fog, "named", "site/+", "--verbose", "--qos", 1,
                         "--url", f"mqtt://127.0.0.1:{self.fog.port}")
        old = self.sub(self.fog, "old", "site/#", "--format", "%q %t=%p %l%%", "--mqtt-version", "3.1.1", "--qos", 1,
                       "--port", self.fog.port)
        for qos in (0, 1, 2):
            self.pub("site/a", f"message {qos}", "--qos", qos, *self.at)
        self.wait_for_lines(plain, "message 0", "message 1", "message 2")
        self.wait_for_lines(named, "site/a message 0", "site/a message 1", "site/a message 2")
        self.wait_for_lines(old, "0 site/a=message 0 9%", "1 site/a=message 1 9%", "1 site/a=message 2 9%")
        plain.popen.send_signal(signal.SIGINT)
        self.assertEqual(plain.wait(), 0)
        self.fog.stop()
        self.assertEqual(named.wait(), UNAVAILABLE)

    def test_payloads_come_from_files_and_standard_input(self):
        heard = self.sub(self.fog, "heard", "site/#", "--json", "--qos", 1, *self.at)
        (self.folder / "payload").write_bytes(b"\x00\xff")
        self.pub("site/file", "--file", "payload", "--qos", 1, *self.at)
        self.pub("site/stdin", "--stdin", "--qos", 1, *self.at, stdin=b"two\nlines\n")
        self.pub("site/lines", "--lines", "--qos", 1, *self.at, stdin=b"one\n\nthree")
        self.pub("site/empty", "--empty", "--qos", 1, *self.at)
        wait_until("all came", lambda: len(heard.lines) == 6)
        said = [json.loads(line) for line in heard.lines]
        self.assertEqual([(each["topic"], each.get("payload", each.get("payload_hex"))) for each in said],
                         [("site/file", "00ff"), ("site/stdin", "two\nlines\n"), ("site/lines", "one"),
                          ("site/lines", ""), ("site/lines", "three"), ("site/empty", "")])

    def test_lines_go_out_as_they_come(self):
        heard = self.sub(self.fog, "heard", "site/#", *self.at)
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb", buffering=0) as pipe, os.fdopen(reading, "rb") as other_end:
            sender = self.run_in_background("sender", [PERIGEE, "pub", "site/a", "--lines", "--qos", 2, *self.at],
                                            stdin=other_end)
            for number in range(3):
                pipe.write(b"line %d\n" % number)
                wait_until("it came", lambda: len(heard.lines) == number + 1)
            self.assertTrue(sender.running())
        self.assertEqual(sender.wait(), 0)
        self.assertEqual(heard.lines, ["line 0", "line 1", "line 2"])

    def test_many_messages_all_arrive(self):
        heard = self.sub(self.fog, "heard", "site/#", "--qos", 1, "--count", 20_000, *self.at)
        self.pub("site/a", "--lines", "--qos", 1, *self.at, stdin=b"".join(b"%d\n" % n for n in range(20_000)))
        self.assertEqual(heard.wait(), 0)
        self.assertEqual(heard.lines, [str(n) for n in range(20_000)])

    def test_properties_go_with_a_message(self):
        heard = self.sub(self.fog, "heard", "site/#", "--json", *self.at)
        self.pub("site/a", "1", "--content-type", "text/plain", "--response-topic", "back", "--correlation", "c-1",
                 "--expiry", "60s", "--user-property", "unit=Cel", "--user-property", "x=y=z", *self.at)
        wait_until("it came", lambda: len(heard.lines) == 1)
        self.assertEqual(json.loads(heard.lines[0])["properties"],
                         {"expiry_s": 60, "content_type": "text/plain", "response_topic": "back", "correlation": "c-1",
                          "user": [["unit", "Cel"], ["x", "y=z"]]})

    def test_retained_messages_come_first_and_can_be_taken_away(self):
        self.pub("site/a", "kept", "--retain", "--qos", 1, *self.at)
        wait_until("it is kept", lambda: self.retained() == ["site/a"])
        first = self.perigee("sub", "site/#", "--count", 1, "--format", "%r %p", *self.at)
        self.assertEqual((first.returncode, first.stdout), (0, "1 kept\n"))
        late = self.perigee("sub", "site/#", "--count", 1, "--no-retained", "--timeout", "300ms", *self.at)
        self.assertEqual((late.returncode, late.stdout), (FAILED, ""))
        self.pub("site/a", "--empty", "--retain", "--qos", 1, *self.at)
        wait_until("it is gone", lambda: self.retained() == [])
        self.assertEqual(self.perigee("sub", "site/#", "--timeout", "100ms", *self.at).returncode, 0)

    def retained(self):
        said = self.perigee("mqtt", "retained", "--json", *self.at)
        return [each["topic"] for each in json.loads(said.stdout)["retained"]]

    def test_a_reply_is_waited_for(self):
        asked = self.sub(self.fog, "asked", "ask", "--json", "--count", 1, *self.at)
        asker = self.run_in_background("asker", [PERIGEE, "pub", "ask", "how much?", "--wait-reply", "30s", *self.at])
        self.assertEqual(asked.wait(), 0)
        back = json.loads(asked.lines[0])["properties"]["response_topic"]
        self.pub(back, "42", "--qos", 1, *self.at)
        self.assertEqual(asker.wait(), 0, asker.err)
        self.assertEqual(asker.lines, ["42"])
        self.assertIn("no reply", self.pub("ask", "again?", "--wait-reply", "100ms", *self.at, code=FAILED))

    def test_what_the_broker_refuses_fails(self):
        self.assertIn("not authorized", self.pub("$SYS/broker/version", "x", "--qos", 1, *self.at, code=FAILED))
        refused = self.perigee("sub", "$perigee/#", *self.at)
        self.assertEqual(refused.returncode, FAILED)
        self.assertIn("refuses a filter", refused.stderr)

    def test_wrong_calls_are_said(self):
        for wrong in (("site/#", "x"), ("site/a",), ("site/a", "x", "--empty"), ("site/a", "x", "--qos", "3"),
                      ("site/a", "x", "--qos", "one"), ("site/a", "x", "--user-property", "x"),
                      ("site/a", "x", "--expiry", "60"), ("site/a", "x", "--expiry", "1ms"),
                      ("site/a", "x", "--url", "http://broker"), ("site/a", "x", "--port", "0"),
                      ("site/a", "x", "--mqtt-version", "4"), ("site/a", "x", "--url", "mqtt://a", "--host", "b"),
                      ("site/a", "x", "--mqtt-version", "3.1.1", "--content-type", "a"),
                      ("site/a", "x", "--host", "a", "--key", "x"), ("site/a", "x", "--wait-reply", "soon")):
            self.pub(*wrong, code=USAGE)
        for wrong in (("site/#/a",), ("a", "--qos", "3"), ("a", "--count", "x"), ("a", "--format", "%z"),
                      ("a", "--timeout", "10"), ("a", "--password", "x"), ()):
            self.assertEqual(self.perigee("sub", *wrong).returncode, USAGE, wrong)
        self.assertIn("missing", self.pub("site/a", "--file", "missing", *self.at, code=FAILED))
        self.pub("site/a", "x", "--password-file", "missing", "--port", self.fog.port, code=BAD_FILE)

    def test_a_broker_that_is_not_there_is_unavailable(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # and does not listen
            self.pub("site/a", "x", "--port", taken.getsockname()[1], code=UNAVAILABLE)
            self.assertEqual(self.perigee("sub", "a", "--port", taken.getsockname()[1]).returncode, UNAVAILABLE)


class WithUser(PubSub):
    """A broker that looks at CONNECT and refuses it."""

    def setUp(self):
        super().setUp()
        self.heard = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.thread = threading.Thread(target=self.refuse_one)
        self.thread.start()
        self.addCleanup(self.thread.join)

    def refuse_one(self):
        connection, _ = self.listener.accept()
        with connection:
            self.heard = connection.recv(4096)
            connection.sendall(mqtt.packet(mqtt.CONNACK, b"\0\x86\0"))
            connection.recv(1)

    def refused(self, *arguments, env=None):
        port = self.listener.getsockname()[1]
        said = self.pub("a", "x", "--port", port, "--user", "me", *arguments, code=FAILED, env=env)
        self.assertIn("bad user name or password", said)
        self.assertIn(mqtt.text("me") + mqtt.text("s3cret"), self.heard)

    def test_the_password_comes_from_a_file(self):
        (self.folder / "password").write_text("s3cret\n")
        self.refused("--password-file", "password")

    def test_the_password_comes_from_the_environment(self):
        self.refused(env={**os.environ, "PERIGEE_MQTT_PASSWORD": "s3cret"})


class OverOtherTransports(PubSub):
    def round_trip(self, node, *at):
        heard = self.sub(node, f"heard-{at[1][:3]}", "site/#", "--count", 1, *at)
        self.pub("site/a", "one", "--qos", 2, *at)
        self.assertEqual(heard.wait(), 0, heard.err)
        self.assertEqual(heard.lines, ["one"])

    def test_websocket(self):
        fog = self.node("fog-1", listeners=("ws",)).start()
        self.round_trip(fog, "--url", f"ws://127.0.0.1:{fog.ports['ws']}/mqtt")

    def test_tls_with_a_certificate(self):
        authority = Authority(self.folder / "ca")
        fog = self.node("fog-1", listeners=("tls", "wss"), more=authority.tls_section("fog-1"),
                        authority=authority.certificate).start()
        press = authority.issue("press-4")
        ours = ("--cafile", authority.certificate, "--cert", press.certificate, "--key", press.key)
        self.round_trip(fog, "--url", f"mqtts://127.0.0.1:{fog.ports['tls']}", *ours)
        self.round_trip(fog, "--url", f"wss://127.0.0.1:{fog.ports['wss']}", *ours)
        self.pub("site/a", "x", "--url", f"mqtts://127.0.0.1:{fog.ports['tls']}", code=UNAVAILABLE)


if __name__ == "__main__":
    unittest.main()
