"""The demo's site through the page of its gateway: the link is cut and healed, and nothing is lost or doubled."""

import json
import unittest

from browser import Browser, one_time_link
from processes import PERIGEE, SiteTest, wait_until

import mqtt

READINGS_THAT_SHOW_A_CUT = 200


class Demo(SiteTest):
    def setUp(self):
        super().setUp()
        self.browser = Browser("demo")
        self.addCleanup(self.browser.close)
        self.place = self.folder / "site"
        self.demo = self.run_in_background("demo", [PERIGEE, "demo", "--data", self.place])

    def run_info(self, name):
        for file in self.place.rglob("run.json"):
            try:
                said = json.loads(file.read_text())
            except (FileNotFoundError, json.JSONDecodeError):
                continue
            if said["id"] == name:
                return said
        return None

    def figure(self, panel, name):
        """As the page shows it, a number without what groups its digits."""
        shown = self.browser.evaluate(f"""
            [...document.querySelectorAll('{panel} .figures > div')]
              .find((each) => each.querySelector('dt').textContent === '{name}')
              ?.querySelector('dd').textContent ?? ''""")
        return int("".join(filter(str.isdigit, shown)) or -1)

    def is_drained(self):
        return 0 <= self.figure(".demo", "On the way") < READINGS_THAT_SHOW_A_CUT

    def watch_a_topic(self, node):
        """The messages of the broker come to the page by WebSocket, at the address that the page knows by itself."""
        port = next(each["port"] for each in node["mqtt"] if each["transport"] == "tcp")
        self.browser.view("devices")
        wait_until("the address is known",
                   lambda: self.browser.evaluate("document.querySelector('.topics [name=address]').value"))
        self.browser.fill(".topics input[name=filter]", "note/#")
        self.browser.click(".topics button", "Watch")

        def one_more_is_shown():  # the subscription may still be on its way
            with mqtt.Client(port, "notes") as notes:
                notes.publish_and_wait("note/shift", b"all is well")
            return "all is well" in self.browser.texts(".topics pre")

        wait_until("a message is shown", one_more_is_shown)

    def test_cutting_and_healing_the_link_loses_and_doubles_nothing(self):
        fog = wait_until("the gateway runs", lambda: self.demo.running() and self.run_info("fog"))
        self.browser.open(one_time_link(fog))
        self.browser.see(".value-row[data-condition=good]")
        self.watch_a_topic(fog)
        self.browser.view("links")
        self.browser.see(".link .state", "Up")
        wait_until("readings arrive", lambda: self.figure(".demo", "Arrived") > 0)

        self.browser.click(".demo button", "Cut fog")
        self.browser.see(".demo .state-bad", "fog: cut")
        wait_until("the backlog rises", lambda: self.figure(".link", "Backlog, records") > 0)
        wait_until("readings wait", lambda: self.figure(".demo", "On the way") > READINGS_THAT_SHOW_A_CUT)
        self.browser.see(".link .state", "Down")
        self.browser.shot("demo-cut-desk-light")
        decided = self.figure(".demo", "Sent")
        wait_until("the machines go on", lambda: self.figure(".demo", "Sent") > decided)

        self.browser.click(".demo button", "Heal fog")
        self.browser.see(".demo .state-ok", "fog: whole")
        self.browser.see(".link .state", "Up")
        wait_until("it drains", self.is_drained)
        self.assertEqual([self.figure(".demo", name) for name in ("Lost", "Doubled")], [0, 0])
        self.browser.shot("demo-healed-desk-light")
        self.assertEqual(self.demo.terminate(), 0, self.demo.err)


if __name__ == "__main__":
    unittest.main()
