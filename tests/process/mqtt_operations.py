"""What an operator sees of a node's broker and does to it: `perigee mqtt ...`, its routes, and $SYS."""

import http.client
import json
import signal
import unittest
from urllib.parse import quote

import mqtt
from processes import PERIGEE, UNAVAILABLE, SiteTest, wait_until

FAILED, USAGE = 1, 64  # sysexits.h
ADMINISTRATIVE_ACTION = 0x98


class MqttOperations(SiteTest):
    def setUp(self):
        super().setUp()
        self.fog = self.node("fog-1").start()

    def client(self, client_id, **options):
        made = mqtt.Client(self.fog.port, client_id, **options)
        self.addCleanup(made.close)
        return made

    def mqtt(self, *arguments, code=0):
        """What `perigee mqtt ... --json` says, or on which complaint it fails."""
        done = self.perigee("mqtt", *arguments, "--data", self.fog.data, "--json")
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if code == 0 else done.stderr

    def say(self, *arguments):
        """What it says to a person."""
        done = self.perigee("mqtt", *arguments, "--data", self.fog.data)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def ask(self, path, method="GET", token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.fog.api_port, timeout=30)
        connection.request(method, path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def token(self):
        return json.loads((self.fog.data / "run.json").read_text())["token"]

    def test_clients_are_listed_and_shown_with_what_they_did(self):
        press = self.client("press/4 ü", expiry_s=60)
        press.subscribe("plant/#")
        self.assertEqual(press.publish_and_wait("press/4", b"12345"), mqtt.SUCCESS)
        self.assertEqual(self.client("old", version=4).publish_and_wait("plant/press", b"1234567"), mqtt.SUCCESS)
        self.assertEqual(press.read_message(), ("plant/press", b"1234567"))
        listed = {each["client_id"]: each for each in self.mqtt("clients")["clients"]}
        self.assertEqual(sorted(listed), ["old", "press/4 ü"])
        self.assertEqual((listed["old"]["version"], listed["old"]["transport"]), ("3.1.1", "tcp"))
        wait_until("the acknowledgement is in", lambda: self.mqtt("client", "press/4 ü")["in_flight"] == 0)
        shown = self.mqtt("client", "press/4 ü")
        self.assertEqual(shown["received"], {"messages": 1, "bytes": 5})
        self.assertEqual(shown["sent"], {"messages": 1, "bytes": 7})
        self.assertEqual((shown["connected"], shown["keep_alive_s"], shown["session_expiry_s"]), (True, 60, 60))
        self.assertEqual([(each["filter"], each["qos"]) for each in shown["filters"]], [("plant/#", 1)])
        self.assertIn("press/4 ü", self.say("clients"))
        self.assertIn("plant/#", self.say("client", "press/4 ü"))
        press.close()
        wait_until("it is away", lambda: not self.mqtt("client", "press/4 ü")["connected"])
        self.assertEqual(self.mqtt("client", "press/4 ü")["last_disconnect"]["what"], "the connection was lost")
        self.assertIn("away", self.say("clients"))
        self.assertIn("No client", self.mqtt("client", "nobody", code=FAILED))

    def test_a_list_is_whole_over_its_pages(self):
        clients = [self.client(f"c{number}") for number in range(5)]
        self.assertEqual(len(clients), 5)
        token, names, after = self.token(), [], ""
        while after is not None:
            status, body = self.ask(f"/api/v1/mqtt/clients?limit=2&after={quote(after)}", token=token)
            self.assertEqual(status, 200, body)
            page = json.loads(body)
            names += [each["client_id"] for each in page["clients"]]
            after = page["next"]
        self.assertEqual(names, [f"c{number}" for number in range(5)])
        self.assertEqual(len(self.mqtt("clients", "--limit", 3)["clients"]), 3)
        for limit in ("0", "1001", "x", "-1", ""):
            self.assertEqual(self.ask(f"/api/v1/mqtt/clients?limit={limit}", token=token)[0], 400, limit)
        self.assertIn("--limit", self.mqtt("clients", "--limit", "x", code=USAGE))

    def test_a_kicked_client_hears_why(self):
        bad = self.client("bad", expiry_s=60)
        self.assertEqual(self.mqtt("kick", "bad"), {"client_id": "bad", "was_connected": True, "has_session": True})
        self.assertEqual(bad.read_end(), ADMINISTRATIVE_ACTION)
        with self.client("bad", clean=False, expiry_s=60) as again:
            self.assertTrue(again.session_present)
            self.assertFalse(self.mqtt("kick", "bad", "--end-session")["has_session"])
        self.assertIn("No client", self.mqtt("kick", "bad", code=FAILED))

    def test_the_filters_that_cover_a_topic_are_found(self):
        self.client("a").subscribe("plant/+/temp")
        self.client("b").subscribe("plant/#", qos=0)
        self.client("c").subscribe("other/#")
        found = self.mqtt("subs", "plant/1/temp")["subscriptions"]
        self.assertEqual([(each["client_id"], each["filter"], each["qos"]) for each in found],
                         [("a", "plant/+/temp", 1), ("b", "plant/#", 0)])
        self.assertIn("no filter", self.say("subs", "nothing"))
        self.assertIn("TOPIC", self.mqtt("subs", "plant/#", code=USAGE))

    def test_what_is_retained_is_listed_with_its_payload_on_request(self):
        sender = self.client("sender")
        for topic, payload in (("a/1", b"on"), ("a/2", b"\x00\xff"), ("b/1", b"x" * 200_000)):
            sender.send(mqtt.publish_packet(topic, payload, 1, 7, retain=True))
            self.assertEqual(sender.read_puback(), (7, mqtt.SUCCESS))
        wait_until("all are retained", lambda: len(self.mqtt("retained")["retained"]) == 3)
        found = self.mqtt("retained", "a/+", "--payload")["retained"]
        self.assertEqual([(each["topic"], each["payload_bytes"]) for each in found], [("a/1", 2), ("a/2", 2)])
        self.assertEqual((found[0]["payload"], found[1]["payload_hex"]), ("on", "00ff"))
        self.assertNotIn("payload", self.mqtt("retained", "a/+")["retained"][0])
        large = self.mqtt("retained", "b/#", "--payload")["retained"][0]
        self.assertTrue(large["payload_cut"])
        self.assertLess(len(large["payload"]), 200_000)
        self.assertIn("a/1", self.say("retained"))
        self.assertIn("nothing is retained", self.say("retained", "c/#"))
        self.assertIn("FILTER", self.mqtt("retained", "a/#/b", code=USAGE))

    def trace(self, *arguments):
        """A trace that has begun."""
        made = self.run_in_background("trace", [PERIGEE, "mqtt", "trace", *arguments, "--data", self.fog.data])
        wait_until("it traces", lambda: "tracing" in made.err or not made.running())
        return made

    def test_every_packet_of_one_client_is_told(self):
        made = self.trace("press-4", "--json")
        self.client("other").subscribe("plant/#")
        press = self.client("press-4")
        self.assertEqual(press.publish_and_wait("plant/press", b"12345"), mqtt.SUCCESS)
        wait_until("four packets are told", lambda: len(made.lines) >= 4)
        told = [json.loads(line) for line in made.lines]
        self.assertEqual([(each["event"], each["packet"]) for each in told],
                         [("in", "CONNECT"), ("out", "CONNACK"), ("in", "PUBLISH"), ("out", "PUBACK")])
        message = told[2]
        self.assertEqual((message["topic"], message["qos"], message["id"], message["payload_bytes"]),
                         ("plant/press", 1, 1, 5))
        press.close()
        wait_until("its end is told", lambda: len(made.lines) == 5)
        self.assertEqual(json.loads(made.lines[4])["event"], "closed")
        made.popen.send_signal(signal.SIGINT)
        self.assertEqual(made.wait(), 0)

    def test_a_trace_ends_after_as_many_lines_as_wanted_and_with_the_node(self):
        press = self.client("press-4")
        made = self.trace("press-4", "--count", 2)
        self.assertEqual(press.publish_and_wait("plant/press", b"12345"), mqtt.SUCCESS)
        self.assertEqual(made.wait(), 0)
        self.assertEqual(len(made.lines), 2)
        self.assertRegex(made.lines[0], r"^\S+Z +in +PUBLISH +1  QoS 1  plant/press  \d+ bytes$")
        endless = self.trace("press-4")
        self.fog.stop()
        self.assertEqual(endless.wait(), UNAVAILABLE)

    def test_a_reader_that_does_not_read_misses_lines_and_is_told(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.fog.api_port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token()}"}
        connection.request("GET", "/api/v1/mqtt/clients/fast/trace", headers=headers)
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertEqual(json.loads(answer.readline())["event"], "started")
        with self.client("fast") as fast:
            block = mqtt.publish_packet("plant/" + "x" * 500, b"") * 1000
            for _ in range(40):  # some 30 MB of lines: more than the sockets and the node keep
                fast.send(block)
            self.assertEqual(fast.publish_and_wait("plant/end", b""), mqtt.SUCCESS)
        missed = next(event for event in map(json.loads, filter(bytes.strip, answer)) if event["event"] == "missed")
        self.assertGreater(missed["lines"], 0)
        answer.close()
        connection.close()

    def test_traces_are_bounded(self):
        token, held = self.token(), []
        for _ in range(16):
            connection = http.client.HTTPConnection("127.0.0.1", self.fog.api_port, timeout=30)
            self.addCleanup(connection.close)
            connection.request("GET", "/api/v1/mqtt/clients/x/trace", headers={"Authorization": f"Bearer {token}"})
            held.append(connection.getresponse())
            self.assertEqual(held[-1].status, 200)
        self.assertEqual(self.ask("/api/v1/mqtt/clients/x/trace", token=token)[0], 409)
        held.pop().close()
        wait_until("one has ended", lambda: b"traced" not in self.trace_head(token))

    def trace_head(self, token):
        """The body of a refusal, or nothing where the trace began."""
        connection = http.client.HTTPConnection("127.0.0.1", self.fog.api_port, timeout=30)
        connection.request("GET", "/api/v1/mqtt/clients/x/trace", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read() if answer.status != 200 else b""
        answer.close()
        connection.close()
        return body

    def test_nobody_without_the_token_is_told_anything(self):
        self.client("c")
        for path in ("clients", "clients/c", "clients/c/trace", "subscriptions?topic=a", "retained"):
            self.assertEqual(self.ask("/api/v1/mqtt/" + path)[0], 401, path)
            self.assertEqual(self.ask("/api/v1/mqtt/" + path, token="0" * 64)[0], 401, path)
        self.assertEqual(self.ask("/api/v1/mqtt/clients/c", "DELETE")[0], 401)
        token = self.token()
        for path in ("clients/%zz", "subscriptions", "subscriptions?topic=a/%23", "retained?filter=%23/a",
                     "retained?payload=1"):
            self.assertEqual(self.ask("/api/v1/mqtt/" + path, token=token)[0], 400, path)
        self.assertEqual(self.ask("/api/v1/mqtt/clients/c?session=x", "DELETE", token)[0], 400)
        self.assertEqual(len(self.mqtt("clients")["clients"]), 1)

    def test_the_broker_speaks_of_itself_under_sys(self):
        with self.client("viewer") as viewer:
            viewer.subscribe("$SYS/broker/clients/connected", qos=0)
            self.assertEqual(viewer.read_message()[0], "$SYS/broker/clients/connected")
            viewer.publish("$SYS/broker/version", b"mine", 1, 9)
            self.assertEqual(viewer.read_puback(), (9, 0x87))
        with self.client("everything") as everything:
            everything.subscribe("#", qos=0)
            everything.publish("a", b"1")
            self.assertEqual(everything.read_message(), ("a", b"1"))


class WithoutSys(SiteTest):
    def test_an_interval_of_zero_turns_sys_off(self):
        fog = self.node("fog-1", more='[mqtt_sys]\ninterval = "0s"').start()
        with mqtt.Client(fog.port, "viewer") as viewer:
            viewer.subscribe("$SYS/#", qos=0)
            viewer.subscribe("a", qos=0)
            viewer.publish("a", b"1")
            self.assertEqual(viewer.read_message(), ("a", b"1"))

    def test_a_moments_interval_is_refused(self):
        fog = self.node("fog-1", more='[mqtt_sys]\ninterval = "10ms"')
        fog.config.write_text(fog.toml())
        done = self.perigee("validate", fog.config)
        self.assertEqual(done.returncode, 78)
        self.assertIn("P0105", done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main()
