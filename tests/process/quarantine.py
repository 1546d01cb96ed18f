"""What the history cannot read is set aside, once, and a person decides (promises P7 and P3)."""

import http.client
import json
import unittest

import mqtt
from processes import SiteTest, wait_until

USAGE, FAILED = 64, 1  # sysexits.h
POISON = b"no reading \xff"


class Quarantine(SiteTest):
    def setUp(self):
        super().setUp()
        self.fog = self.node("fog-1").start()

    def publish(self, *payloads):
        with mqtt.Client(self.fog.port, "press-4") as press:
            for payload in payloads:
                self.assertEqual(press.publish_and_wait("plant/press-4", payload), mqtt.SUCCESS)

    def quarantine(self, *arguments, code=0):
        """What `perigee quarantine ... --json` says, or on which complaint it fails."""
        done = self.perigee("quarantine", *arguments, "--data", self.fog.data, "--json")
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if code == 0 else done.stderr

    def records(self):
        return self.quarantine("ls")["records"]

    def wait_for_records(self, count):
        return wait_until(f"{count} records are set aside", lambda: len(found := self.records()) == count and found)

    def change(self, method, path, token):
        connection = http.client.HTTPConnection("127.0.0.1", self.fog.api_port, timeout=30)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def test_a_record_is_set_aside_shown_tried_again_and_dropped(self):
        self.publish(POISON, b'{"t": 1}')
        record = self.wait_for_records(1)[0]
        self.assertEqual((record["reader"], record["topic"], record["retries"]), ("history", "plant/press-4", 0))
        wait_until("the reader goes on", lambda: self.fog.status()["history"]["readings"] == 1)
        number = record["number"]
        shown = self.quarantine("show", number)
        self.assertEqual(bytes.fromhex(shown["payload_hex"]), POISON)
        self.assertIn("neither a JSON object nor a number", self.quarantine("retry", number, code=FAILED))
        self.assertEqual(self.records()[0]["retries"], 1)
        self.assertEqual(self.fog.status()["quarantined"], 1)
        self.quarantine("drop", number)
        self.assertEqual(self.records(), [])
        wait_until("the gap is counted", lambda: self.fog.status()["history"]["gaps"] == 1)
        self.assertIn("No record", self.quarantine("drop", number, code=FAILED))
        self.quarantine("show", "x", code=USAGE)

    def test_kills_neither_lose_nor_double_what_is_set_aside_nor_its_gap(self):
        self.publish(*[POISON] * 20)
        dropped = 0
        for turn in range(3):
            before = [record["number"] for record in self.wait_for_records(20 - dropped)]
            self.fog.kill()
            self.fog.start()
            self.assertEqual([record["number"] for record in self.records()], before)
            self.quarantine("drop", before[turn])
            dropped += 1
            self.fog.kill()  # the gap record may be durable, or not yet
            self.fog.start()
        self.assertEqual(len(self.wait_for_records(20 - dropped)), 17)
        wait_until("every gap is counted", lambda: self.fog.status()["history"]["gaps"] >= dropped)
        self.assertEqual(self.fog.status()["history"]["gaps"], dropped)

    def test_nobody_changes_anything_without_the_token(self):
        self.publish(POISON)
        path = f"/api/v1/quarantine/{self.wait_for_records(1)[0]['number']}"
        for token in (None, "", "0" * 64):
            self.assertEqual(self.change("DELETE", path, token), 401)
            self.assertEqual(self.change("POST", path + "/retry", token), 401)
        token = json.loads((self.fog.data / "run.json").read_text())["token"]
        self.assertEqual((self.fog.data / "run.json").stat().st_mode & 0o077, 0)
        self.assertEqual(self.change("PUT", path, token), 405)
        self.assertEqual(self.change("DELETE", path + "9", token), 404)
        self.assertEqual(len(self.records()), 1)
        self.assertEqual(self.change("DELETE", path, token), 200)
        self.assertEqual(self.records(), [])


if __name__ == "__main__":
    unittest.main()
