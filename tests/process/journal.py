"""`perigee journal` on the folder of a real node: beside it while it runs, and after damage."""

import json
import unittest

import mqtt
from processes import UNAVAILABLE, SiteTest

USAGE, FAILED = 64, 1  # sysexits.h, and the program's own


class Journal(SiteTest):
    count = 50

    def setUp(self):
        super().setUp()
        self.fog = self.node("fog-1").start()
        with mqtt.Client(self.fog.port, "press") as client:
            for number in range(self.count):
                self.assertEqual(client.publish_and_wait("plant/press", f"value {number}".encode()), mqtt.SUCCESS)

    def journal(self, command, *arguments):
        return self.perigee("journal", command, self.fog.config, *arguments)

    def rows(self, *arguments):
        """The records of a dump, by offset."""
        ran = self.journal("dump", "--json", *arguments)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def damage_in(self, text):
        segment = next((self.fog.data / "journal" / "bulk").glob("*.seg"))
        found = segment.read_bytes().index(text)
        with open(segment, "r+b") as file:
            file.seek(found)
            file.write(bytes([text[0] ^ 1]))

    def test_it_looks_on_beside_a_running_node(self):
        listed = json.loads(self.journal("ls", "--json").stdout)
        bulk = next(lane for lane in listed["lanes"] if lane["lane"] == "bulk")
        self.assertEqual((listed["node"], bulk["start"], bulk["end"]), ("fog-1", 0, self.count))
        rows = self.rows()
        self.assertEqual([row["offset"] for row in rows], list(range(self.count)))
        self.assertEqual((rows[7]["topic"], rows[7]["payload"], rows[7]["source"]), ("plant/press", "value 7", "press"))
        self.assertEqual([row["offset"] for row in self.rows("--from", 10, "--to", 12)], [10, 11, 12])
        self.assertEqual(len(self.rows("--limit", 3)), 3)
        verified = self.journal("verify")
        self.assertEqual(verified.returncode, 0, verified.stdout)
        refused = self.journal("repair", "--write")
        self.assertEqual(refused.returncode, UNAVAILABLE)
        self.assertIn("stop it first", refused.stderr)
        with mqtt.Client(self.fog.port, "press") as client:
            self.assertEqual(client.publish_and_wait("plant/press", b"still here"), mqtt.SUCCESS)

    def test_it_finds_and_mends_damage(self):
        self.fog.stop()
        self.damage_in(b"value 20")
        found = self.journal("verify", "--json")
        self.assertEqual(found.returncode, FAILED)
        first, *_, total = [json.loads(line) for line in found.stdout.splitlines()]
        self.assertEqual((first["kind"], first["first"], first["last"]), ("damaged records", 20, 20))
        self.assertFalse(total["good"])
        self.assertIn("--write", self.journal("repair").stdout)
        self.assertEqual(self.journal("verify").returncode, FAILED, "nothing was changed")
        mended = self.journal("repair", "--write")
        self.assertEqual(mended.returncode, 0, mended.stdout + mended.stderr)
        self.assertEqual(self.journal("verify").returncode, 0)
        rows = self.rows()
        self.assertEqual([row["offset"] for row in rows if row["kind"] == "message"],
                         [n for n in range(self.count) if n != 20])
        self.assertEqual([(row["first"], row["last"]) for row in rows if row["kind"] == "missing"], [(20, 20)])
        self.fog.start()
        self.assertIn("journal", self.journal("ls").stdout)

    def test_it_says_what_is_wrong_with_a_call(self):
        for arguments in (["journal"], ["journal", "ls"], ["journal", "dump", self.fog.config, "--lane", "slow"],
                          ["journal", "dump", self.fog.config, "--from", "ten"],
                          ["journal", "verify", "--data", self.folder]):
            ran = self.perigee(*arguments)
            self.assertEqual(ran.returncode, USAGE, arguments)
            self.assertEqual(ran.stdout, "")
            self.assertIn("perigee journal:", ran.stderr)


if __name__ == "__main__":
    unittest.main()
