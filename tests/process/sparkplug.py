"""An edge node of npm's sparkplug-client against a node: births kept where an aware server keeps them, and payloads
decoded to readings."""

import os
import shutil
import sqlite3
import unittest
from pathlib import Path

from processes import SiteTest, wait_until

CLIENT = Path(__file__).parent / "sparkplug_client.cjs"
NPM_FOLDER = Path(os.environ.get("PERIGEE_NPM", "build/npm")) / "node_modules"


@unittest.skipUnless(shutil.which("node"), "Node.js is not installed")
@unittest.skipUnless((NPM_FOLDER / "sparkplug-client").exists(), "sparkplug-client is missing: `make test` installs it")
class Sparkplug(SiteTest):
    def setUp(self):
        super().setUp()
        self.fog = self.node("fog-1").start()

    def be_born(self):
        client = self.run_in_background("press", ["node", CLIENT, f"tcp://127.0.0.1:{self.fog.port}"],
                                        env={**os.environ, "NODE_PATH": str(NPM_FOLDER)})
        wait_until("the edge node is born", lambda: "born" in client.lines)
        return client

    def certificates(self, name):
        """Topics of the retained birth certificates that somebody who comes now is given."""
        heard = self.run_in_background(name, ["mosquitto_sub", "-V", "mqttv5", "-p", self.fog.port, "-t",
                                              "$sparkplug/certificates/#", "-F", "%r %t", "-C", "2"])
        self.assertEqual(heard.wait(), 0, heard.err)
        return sorted(heard.lines)

    def readings(self):
        """How many readings of each series are stored."""
        with sqlite3.connect(f"file:{self.fog.data / 'history.db'}?mode=ro", uri=True) as db:
            return dict(db.execute("SELECT device || ':' || metric, sum(count) FROM series JOIN chunk"
                                   " ON series.id = chunk.series GROUP BY 1"))

    def test_births_are_kept_as_retained_certificates_over_a_restart(self):
        expected = ["1 $sparkplug/certificates/spBv1.0/plant/DBIRTH/press/pump",
                    "1 $sparkplug/certificates/spBv1.0/plant/NBIRTH/press"]
        self.be_born()
        wait_until("the births are in the journal", lambda: len(self.readings()) == 3)
        self.assertEqual(self.certificates("first"), expected)
        self.fog.kill()
        self.fog.start()
        self.assertEqual(self.certificates("second"), expected)

    def test_payloads_are_readings_and_a_death_is_their_end(self):
        client = self.be_born()
        born = {"plant/press:rpm": 2, "plant/press/pump:flow": 2, "plant/press/pump:on": 1}
        wait_until("the readings are stored", lambda: self.readings() == born)
        client.kill()
        dead = {"plant/press:rpm": 3, "plant/press/pump:flow": 3, "plant/press/pump:on": 2}
        wait_until("the death is stored", lambda: self.readings() == dead)


if __name__ == "__main__":
    unittest.main()
