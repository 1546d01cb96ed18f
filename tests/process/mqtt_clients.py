"""Other people's MQTT clients against a node: mosquitto's and npm's, over every transport."""

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

import mqtt
from authority import Authority
from processes import PATIENCE_S, PERIGEE, SiteTest, wait_until

NPM_CLIENT = Path(__file__).parent / "npm_client.cjs"
NPM_FOLDER = Path(os.environ.get("PERIGEE_NPM", "build/npm")) / "node_modules"


class MosquittoTest(SiteTest):
    """`version` is what mosquitto's clients call the protocol."""

    version = "mqttv5"
    secure = ()  # what TLS needs on the command line

    def publish(self, node, topic, payload, *options, port=None):
        """Runs mosquitto_pub to its end."""
        return subprocess.run(["mosquitto_pub", "-V", self.version, "-p", str(port or node.port), *self.secure,
                               "-t", topic, "-m", payload, *map(str, options)],
                              capture_output=True, text=True, timeout=PATIENCE_S)

    def publish_well(self, *arguments, **options):
        done = self.publish(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def subscribe(self, node, name, *options, port=None):
        """Starts mosquitto_sub and waits until it is subscribed. It prints `topic payload` a line."""
        before = node.metric("perigee_mqtt_subscriptions")
        made = self.run_in_background(name, ["mosquitto_sub", "-V", self.version, "-p", port or node.port, *self.secure,
                                             "-F", "%t %p", *options])
        node.wait_for_metric("perigee_mqtt_subscriptions", before + 1)
        return made

    def wait_for_lines(self, process, *lines):
        """These, in this order, and no others."""
        wait_until(f"{process.out_file.name} has {len(lines)} lines", lambda: len(process.lines) >= len(lines))
        self.assertEqual(process.lines, list(lines))

    def leave(self, node, process):
        process.terminate()
        wait_until("nobody is connected", lambda: node.metric("perigee_mqtt_connections") == 0)


class Mosquitto5(MosquittoTest):
    persistent = ("-c", "-x", "3600")

    def test_messages_reach_those_whose_filter_matches(self):
        node = self.node("fog-1").start()
        everything = self.subscribe(node, "everything", "-t", "#", "-q", "1")
        one_level = self.subscribe(node, "one-level", "-t", "site/+/motor", "-q", "0")
        self.publish_well(node, "site/a/motor", "1", "-q", 1)
        self.publish_well(node, "site/a/b/motor", "2", "-q", 0)
        self.publish_well(node, "site/b/motor", "3", "-q", 0)
        self.wait_for_lines(everything, "site/a/motor 1", "site/a/b/motor 2", "site/b/motor 3")
        self.wait_for_lines(one_level, "site/a/motor 1", "site/b/motor 3")

    def test_a_retained_message_waits_for_newcomers_until_it_is_cleared(self):
        node = self.node("fog-1").start()
        self.publish_well(node, "site/state", "on", "-q", 1, "-r")
        node.kill()
        node.start()
        first = self.subscribe(node, "first", "-t", "site/#", "-q", "1")
        self.wait_for_lines(first, "site/state on")
        self.publish_well(node, "site/state", "", "-q", 1, "-r")
        second = self.subscribe(node, "second", "-t", "site/#", "-q", "1")
        self.publish_well(node, "site/end", "of test", "-q", 1)
        self.wait_for_lines(second, "site/end of test")

    def test_the_will_of_a_killed_client_is_done(self):
        node = self.node("fog-1").start()
        heir = self.subscribe(node, "heir", "-t", "will/#", "-q", "1")
        will = ("--will-topic", "will/device", "--will-payload", "gone", "--will-qos", "1")
        self.subscribe(node, "device", "-t", "cmd/device", *will).kill()
        self.wait_for_lines(heir, "will/device gone")

    def test_the_will_of_a_client_that_says_goodbye_is_forgotten(self):
        node = self.node("fog-1").start()
        heir = self.subscribe(node, "heir", "-t", "will/#", "-q", "1")
        will = ("--will-topic", "will/device", "--will-payload", "gone", "--will-qos", "1")
        self.publish_well(node, "will/not-yet", "1", "-q", 1, *will)
        wait_until("the device has left", lambda: node.metric("perigee_mqtt_connections") == 1)
        self.publish_well(node, "will/end", "of test", "-q", 1)
        self.wait_for_lines(heir, "will/not-yet 1", "will/end of test")

    def test_a_session_is_resumed_after_the_node_was_killed(self):
        node = self.node("fog-1").start()
        subscription = ("-i", "worker", *self.persistent, "-t", "jobs/#", "-q", "1")
        self.leave(node, self.subscribe(node, "before", *subscription))
        for job in ("a", "b", "c"):
            self.publish_well(node, f"jobs/{job}", job, "-q", 1)
        node.kill()
        node.start()
        self.publish_well(node, "jobs/d", "d", "-q", 1)
        after = self.run_in_background("after", ["mosquitto_sub", "-V", self.version, "-p", node.port, "-F", "%t %p",
                                                 *subscription])
        self.wait_for_lines(after, "jobs/a a", "jobs/b b", "jobs/c c", "jobs/d d")

    def test_a_clean_start_forgets_the_session(self):
        node = self.node("fog-1").start()
        self.leave(node, self.subscribe(node, "before", "-i", "worker", *self.persistent, "-t", "jobs/#", "-q", "1"))
        self.publish_well(node, "jobs/a", "a", "-q", 1)
        with mqtt.Client(node.port, "worker", version=4):
            wait_until("the session is new", lambda: node.metric("perigee_mqtt_subscriptions") == 0)
        after = self.subscribe(node, "after", "-i", "worker", "-t", "jobs/#", "-q", "1")
        self.publish_well(node, "jobs/b", "b", "-q", 1)
        self.wait_for_lines(after, "jobs/b b")

    def test_qos_2_is_taken_once(self):
        node = self.node("fog-1").start()
        everything = self.subscribe(node, "everything", "-t", "#", "-q", "1")
        self.publish_well(node, "site/a", "1", "-q", 2)
        self.publish_well(node, "site/a", "2", "-q", 2, *self.persistent, "-i", "exactly-once")
        self.wait_for_lines(everything, "site/a 1", "site/a 2")

    def test_tail_prints_what_comes(self):
        node = self.node("fog-1").start()
        tail = self.run_in_background("tail", [PERIGEE, "tail", "site/#", "--node", node.config, "--count", 2,
                                               "--json"])
        node.wait_for_metric("perigee_mqtt_subscriptions", 1)
        self.publish_well(node, "site/a", "one", "-q", 1)
        self.publish_well(node, "site/b", "two", "-q", 1)
        self.assertEqual(tail.wait(), 0, tail.err)
        said = [json.loads(line) for line in tail.lines]
        self.assertEqual([(m["topic"], m["payload"]) for m in said], [("site/a", "one"), ("site/b", "two")])


class Mosquitto311(Mosquitto5):
    version = "mqttv311"
    persistent = ("-c",)


class Tls(MosquittoTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder / "ca")
        self.fog = self.node("fog-1", listeners=("tls",), authority=self.authority.certificate,
                             more=self.authority.tls_section("fog-1")).start()
        self.port = self.fog.ports["tls"]

    def identified(self, as_whom):
        return tuple(map(str, ("--cafile", self.authority.certificate, "--cert", as_whom.certificate,
                               "--key", as_whom.key)))

    def test_a_client_with_a_certificate_is_let_in(self):
        self.secure = self.identified(self.authority.issue("device-1"))
        everything = self.subscribe(self.fog, "everything", "-t", "#", "-q", "1", port=self.port)
        self.publish_well(self.fog, "site/a", "1", "-q", 1, port=self.port)
        self.wait_for_lines(everything, "site/a 1")

    def test_a_client_without_one_is_not(self):
        self.secure = ("--cafile", str(self.authority.certificate))
        self.assertNotEqual(self.publish(self.fog, "site/a", "1", "-q", 1, port=self.port).returncode, 0)
        self.assertEqual(self.fog.metric("perigee_mqtt_received_total"), 0)

    def test_nor_one_of_another_authority(self):
        self.secure = self.identified(Authority(self.folder / "other").issue("device-1"))
        self.assertNotEqual(self.publish(self.fog, "site/a", "1", "-q", 1, port=self.port).returncode, 0)
        self.assertEqual(self.fog.metric("perigee_mqtt_received_total"), 0)


@unittest.skipUnless(shutil.which("node"), "Node.js is not installed")
@unittest.skipUnless(NPM_FOLDER.exists(), f"{NPM_FOLDER} is not there: `make test` installs it")
class Npm(MosquittoTest):
    """npm's mqtt over WebSockets, as a page in a browser connects."""

    def converse(self, node, *arguments):
        client = self.run_in_background("npm", ["node", NPM_CLIENT, *arguments],
                                        env={**os.environ, "NODE_PATH": str(NPM_FOLDER)})
        wait_until("the client hears itself", lambda: sorted(client.lines) == ["acked", "site/npm hello", "subscribed"])
        node.kill()
        node.start()
        wait_until("it is back", lambda: client.lines.count("subscribed") == 2)
        self.publish_well(node, "site/mosquitto", "welcome", "-q", 1)
        wait_until("it hears others again", lambda: "site/mosquitto welcome" in client.lines)

    def test_ws(self):
        node = self.node("fog-1", listeners=("tcp", "ws")).start()
        self.converse(node, f"ws://127.0.0.1:{node.ports['ws']}/mqtt")

    def test_wss(self):
        authority = Authority(self.folder / "ca")
        node = self.node("fog-1", listeners=("tcp", "wss"), authority=authority.certificate,
                         more=authority.tls_section("fog-1")).start()
        page = authority.issue("page-1")
        self.converse(node, f"wss://localhost:{node.ports['wss']}/mqtt", authority.certificate, page.certificate,
                      page.key)


if __name__ == "__main__":
    unittest.main()
