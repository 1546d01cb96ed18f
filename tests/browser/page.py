"""The operator's page as an operator uses it: a real node behind it, a real browser before it."""

import http.client
import json
import os
import time
import unittest

from browser import SIZES, Browser, one_time_link
from processes import PATIENCE_S, SiteTest, wait_until

import mqtt

RULE = """\
/*
name = "overheat"
[[action]]
alarm = "overheat"
severity = "critical"
key = "machine"
group = "presses"
*/
SELECT value AS value, topic(2) AS machine
FROM 'plant/+/temperature'
WHERE value > 85.0
"""
CONFIG = """
[rules]
folder = "rules"

[[machine]]
name = "motor-1"
topic = "site/gw-1/motor-1"
command_topic = "cmd/motor-1"
rate_hz = 10.0
"""
VIEWS = {
    "now": ".value-row[data-condition=good]",
    "trends": ".picker input",
    "alarms": "h1",
    "links": "h1",
    "devices": "tbody th",
    "rules": ".rule",
    "system": ".system .panel",
}


BROWSER = None  # one for all tests: a tab of each is a fresh profile


def setUpModule():
    global BROWSER
    BROWSER = Browser("page")
    unittest.addModuleCleanup(BROWSER.close)


class PageTest(SiteTest):
    LISTENERS = ("tcp", "ws")

    def configuration(self):
        return CONFIG

    def setUp(self):
        super().setUp()
        self.browser = BROWSER
        self.browser.name = self.id().rsplit(".", 1)[1]
        self.gateway = self.node("gw-1", listeners=self.LISTENERS, more=self.configuration())
        (self.gateway.folder / "rules").mkdir()
        (self.gateway.folder / "rules" / "overheat.rule.sql").write_text(RULE)
        self.gateway.start()

    def home(self, rest=""):
        return f"http://127.0.0.1:{self.gateway.api_port}/{rest}"

    def one_time_link(self):
        return one_time_link(self.gateway.run_info())

    def sign_in(self, **options):
        self.browser.open(self.one_time_link(), **options)
        self.browser.see(".connection", "Live")

    def publish_temperature(self, value, machine="press-1"):
        with mqtt.Client(self.gateway.port, machine) as press:
            self.assertEqual(press.publish_and_wait(f"plant/{machine}/temperature", str(value).encode()), mqtt.SUCCESS)

    def value_of(self, metric):
        return self.browser.evaluate(f"""
            [...document.querySelectorAll('.value-row')]
              .find((row) => row.querySelector('.metric').textContent === '{metric}')
              ?.querySelector('.value').textContent ?? ''""")

    def look_at(self, view, size, theme):
        self.browser.resize(size, theme)
        self.browser.shot(f"{view}-{size}-{theme}")
        self.assertEqual(self.browser.do("axe"), [], (view, size, theme))
        self.assertEqual(self.browser.evaluate(TOO_SMALL), [], (view, size, theme))
        self.assertLessEqual(self.browser.evaluate(TOO_WIDE), 0, (view, size))

    def tearDown(self):
        complaints = self.browser.do("complaints")
        self.assertEqual(complaints, [])
        super().tearDown()


class EveryView(PageTest):
    def test_shows_its_data_to_everybody_on_every_screen(self):
        self.publish_temperature(91)
        self.sign_in()
        for view, sign in VIEWS.items():
            with self.subTest(view=view):
                self.show(view, sign)
                for size in SIZES:
                    for theme in ("light", "dark"):
                        self.look_at(view, size, theme)

    def show(self, view, sign):
        self.browser.view(view)
        self.browser.see(sign)
        if view == "trends":
            self.browser.fill(".picker input", "temperature")
            self.browser.click(".offered button")
            self.browser.see(".chart canvas")


TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"
# What a finger cannot hit: less than 44 px either way. The skip link is off the screen until the keyboard comes to it.
TOO_SMALL = """
[...document.querySelectorAll('button, a, input, select')]
  .map((each) => [each.outerHTML.slice(0, 120), each.getBoundingClientRect(), each.classList.contains('skip')])
  .filter(([, box, skip]) => box.width > 0 && !skip && (box.width < 43.9 || box.height < 43.9))
  .map(([html]) => html)
"""


class Values(PageTest):
    def test_move_while_one_looks(self):
        self.sign_in()
        before = wait_until("a value is there", lambda: self.value_of("temperature"))
        wait_until("it moves", lambda: self.value_of("temperature") != before)
        wait_until("its trend is drawn", lambda: self.browser.evaluate(INKED_TRENDS))

    def test_that_no_longer_come_are_shown_as_stale(self):
        self.publish_temperature(33.25)
        self.sign_in()
        self.browser.view("now?q=press-1")
        self.browser.see(".value-row .value", "33.25")
        self.browser.see(".value-row[data-condition=stale] .quality", "stale")
        self.browser.see(".panel.device .abnormal")

    def test_are_shown_on_a_wall_without_a_session(self):
        self.browser.open(self.home("?kiosk"))
        self.browser.see(".kiosk .value-row[data-condition=good]")
        self.assertEqual(self.browser.texts("nav, button"), [])
        self.browser.shot("kiosk-desk-light")

    def test_can_be_had_as_the_broker_sends_them(self):
        self.sign_in()
        self.browser.view("devices")
        address = f"ws://127.0.0.1:{self.gateway.ports['ws']}/mqtt"
        wait_until("the address is known",
                   lambda: self.browser.evaluate("document.querySelector('.topics [name=address]').value") == address)
        self.browser.fill(".topics input[name=filter]", "plant/#")
        self.browser.click(".topics button", "Watch")
        self.browser.see(".topics .note", "Nothing has come yet")
        wait_until("a message is shown", self.one_more_is_shown)
        self.browser.shot("topics-desk-light")

    def one_more_is_shown(self):
        """The subscription may still be on its way."""
        self.publish_temperature(21.5)
        return "21.5" in self.browser.texts(".topics pre")


# Canvases of rows that somebody has drawn into.
INKED_TRENDS = """
[...document.querySelectorAll('.value-row canvas')].filter((canvas) => canvas.width > 0 &&
  canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((each) => each > 0)).length
"""


class Alarms(PageTest):
    def alarm(self):
        status, answer = self.gateway.get("/api/v1/alarms?state=all")
        self.assertEqual(status, 200, answer)
        return next(each for each in json.loads(answer)["alarms"] if each["key"] == "press-1")

    def test_are_acknowledged_with_a_comment_and_cleared(self):
        self.sign_in()
        self.publish_temperature(91)
        self.browser.click(".alarm-line button", "Acknowledge")
        self.browser.fill("dialog textarea", "Fan replaced")
        self.browser.shot("acknowledge-desk-light")
        self.assertEqual(self.browser.do("axe"), [])
        self.browser.click("dialog button[type=submit]")
        # "Not acknowledged" has the word in it too, and a browser's search does not look at capitals.
        done = wait_until("it is acknowledged", lambda: self.alarm()["acknowledged"])
        self.browser.see(".alarm-line .alarm-state", "Acknowledged")
        self.assertEqual((done["by"], done["comment"]), ("local admin", "Fan replaced"))
        self.browser.view("alarms")
        self.browser.see(".alarms .comment", "Fan replaced")
        self.browser.click(".alarms .row-buttons button", "Details")
        self.browser.see(".alarm-details .history", "acknowledged")
        for size in SIZES:
            for theme in ("light", "dark"):
                self.look_at("alarm-details", size, theme)
        self.browser.resize("desk", "light")
        self.browser.click(".alarm-details .row-buttons button", "Clear")
        self.browser.click("dialog button[type=submit]")
        self.browser.see(".alarm-details .history", "cleared")
        self.browser.click(".alarm-details button", "Close")
        self.browser.gone(".alarms .comment")
        self.assertEqual(self.alarm()["state"], "normal")
        self.browser.click(".choice button", "Normal")
        self.browser.see(".alarms tr.over", "Fan replaced")
        self.browser.view("system")
        self.browser.see(".system td", "acknowledge")

    def test_are_put_aside_and_come_back(self):
        self.publish_temperature(91)
        self.sign_in()
        self.browser.view("alarms")
        self.browser.click(".alarms .row-buttons button", "Shelve")
        self.browser.see("dialog select")
        self.browser.fill("dialog textarea", "Being repaired")
        self.browser.shot("shelve-desk-light")
        self.assertEqual(self.browser.do("axe"), [])
        self.browser.click("dialog button[type=submit]")
        self.browser.gone(".alarms .severity-cell")
        self.assertEqual(self.alarm()["state"], "shelved")
        self.browser.click(".choice button", "Put aside")
        self.browser.see(".alarms tr.over", "left")
        self.browser.see(".alarms .comment", "Being repaired")
        for size in SIZES:
            for theme in ("light", "dark"):
                self.look_at("alarms-aside", size, theme)
        self.browser.resize("desk", "light")
        self.browser.click(".alarms .row-buttons button", "Unshelve")
        self.browser.click("dialog button[type=submit]")
        self.browser.click(".choice button", "Standing")
        self.browser.see(".alarms tr", "Not acknowledged")

    def test_of_a_group_are_suppressed_as_one_and_the_first_is_named(self):
        for machine in ("press-1", "press-2"):
            self.publish_temperature(91, machine)
        self.sign_in()
        self.browser.view("alarms")
        self.browser.see(".alarms .tag", "First of its group")
        self.assertEqual(len(self.browser.texts(".alarms .tag")), 1)
        self.browser.click(".alarm-groups button", "Suppress")
        self.browser.fill("dialog textarea", "The line is cleaned")
        self.browser.click("dialog button[type=submit]")
        self.browser.gone(".alarms .severity-cell")
        self.browser.click(".choice button", "Put aside")
        self.browser.see(".alarms tr.over", "with its group")
        for size in SIZES:
            self.look_at("alarm-groups", size, "light")
        self.browser.resize("desk", "light")
        self.browser.click(".alarm-groups button", "Unsuppress")
        self.browser.click("dialog button[type=submit]")
        self.browser.click(".choice button", "Standing")
        self.browser.see(".alarms .tag", "First of its group")

    def test_of_a_flood_are_said_on_every_view(self):
        for number in range(11):
            self.publish_temperature(91, f"press-{number}")
        self.sign_in()
        self.browser.see(".banner.flood", "11 alarms in the last ten minutes")
        self.browser.view("alarms")
        self.browser.see(".alarm-rate", "11")
        # On a phone the bar at the bottom cuts one of the eleven, wherever one has scrolled to.
        for size in (each for each in SIZES if each != "phone"):
            for theme in ("light", "dark"):
                self.look_at("alarm-flood", size, theme)

    def test_are_handled_with_the_keyboard_alone(self):
        self.publish_temperature(91)
        self.sign_in()
        self.browser.see(".alarm-line button")
        self.browser.do("press", key="Tab")
        self.assertEqual(self.browser.evaluate("document.activeElement.className"), "skip")
        self.browser.do("press", key="Enter")
        self.assertEqual(self.browser.evaluate("document.activeElement.id"), "content")
        wait_until("the button is reached", lambda: self.tabbed_to("Acknowledge"))
        self.browser.do("press", key="Enter")
        self.browser.see("dialog[open]")
        self.browser.do("press", key="Escape")
        self.browser.gone("dialog")
        self.browser.see(".alarm-line .alarm-state", "Not acknowledged")

    def tabbed_to(self, text):
        self.browser.do("press", key="Tab")
        return self.browser.evaluate("document.activeElement.textContent") == text


class Trends(PageTest):
    def open_trend(self):
        self.sign_in()
        self.browser.click(".value-row", "temperature")
        self.browser.see(".chart canvas")
        self.browser.click(".choice button", "5 min")
        wait_until("a value is drawn", lambda: self.browser.text(".legend output")[:1].isdigit())

    def first_and_last(self):
        """What the address says is shown; nothing while it follows."""
        return self.browser.evaluate(
            "(([, q]) => ['from', 'to'].map((n) => Number(new URLSearchParams(q).get(n))))(location.hash.split('?'))")

    def test_are_zoomed_moved_and_followed_again(self):
        self.open_trend()
        self.browser.do("drag", selector=".chart .u-over", **{"from": 0.25, "to": 0.75})
        wait_until("the address has the stretch", lambda: all(self.first_and_last()))
        from_, to = self.first_and_last()
        self.assertAlmostEqual(to - from_, 150_000, delta=15_000)
        self.browser.click("button[aria-label=Earlier]")
        wait_until("it is moved", lambda: self.first_and_last()[0] < from_)
        self.browser.click("button", "Follow")
        wait_until("it follows", lambda: not any(self.first_and_last()))

    def test_show_a_time_without_readings_as_a_gap(self):
        now = time.time()
        with mqtt.Client(self.gateway.port, "tank-1") as tank:
            for age in (*range(240, 150, -5), *range(60, 0, -5)):
                reading = json.dumps({"level": 50 + age % 20, "ts": now - age}).encode()
                self.assertEqual(tank.publish_and_wait("plant/tank-1", reading), mqtt.SUCCESS)
        self.sign_in()
        self.browser.view("trends?m=gw-1/plant%252Ftank-1/level&r=5m")
        wait_until("its newest value is drawn", lambda: self.browser.text(".legend output").startswith("55"))
        self.browser.shot("gap-chart-desk-light")
        self.browser.click(".choice button", "Table")
        self.browser.see(".trend-table tr.gap", "no readings came")
        self.assertEqual(len(self.browser.texts(".trend-table tr.gap")), 1)
        self.browser.shot("gap-table-desk-light")

    def test_mark_the_alarms_of_their_devices(self):
        self.publish_temperature(91)
        self.sign_in()
        self.browser.view("trends?m=gw-1/plant%252Fpress-1/temperature&r=5m")
        self.browser.see(".alarms-in-range", "overheat")
        self.browser.shot("alarm-mark-desk-light")


class Sessions(PageTest):
    def test_go_on_when_the_node_starts_again(self):
        self.sign_in()
        self.browser.see(".value-row[data-condition=good]")
        self.gateway.kill()
        self.browser.see(".banner", "No connection")
        self.browser.shot("lost-desk-light")
        self.gateway.start()
        self.browser.see(".connection", "Live")
        self.browser.gone(".banner")
        before = self.value_of("temperature")
        wait_until("values move again", lambda: self.value_of("temperature") != before)

    def test_begin_once_with_a_token(self):
        link = self.one_time_link()
        self.browser.open(link)
        self.browser.see(".connection", "Live")
        self.assertNotIn("token", self.browser.evaluate("location.href"))
        self.browser.open(link)
        self.browser.see("form .trouble", "used already")
        self.browser.shot("token-used-desk-light")
        self.assertEqual(self.browser.do("axe"), [])

    def test_that_ended_lead_to_the_sign_in_and_back_to_where_one_was(self):
        self.sign_in()
        self.browser.view("rules")
        self.browser.see(".rule")
        self.browser.evaluate(END_SESSION)
        self.browser.see("dialog .trouble", "session has ended")
        self.browser.do("goto", url=self.one_time_link())
        self.browser.gone("dialog")
        self.browser.see(".connection", "Live")
        self.browser.see(".rule")

    def test_that_expired_keep_what_was_typed_for_the_next_sign_in(self):
        self.gateway.stop()
        self.gateway.offer_clock(CLOCK_SHIM)
        self.gateway.start()
        self.publish_temperature(91)
        self.sign_in()
        self.browser.click(".alarm-line button", "Acknowledge")
        self.browser.fill("dialog textarea", "Bearing greased")
        self.gateway.set_clock(SESSION_S)
        self.browser.see("dialog.again .trouble", "session has ended")
        self.browser.shot("session-expired-desk-light")
        self.browser.resize("phone", "dark")
        self.browser.shot("session-expired-phone-dark")
        self.assertEqual(self.browser.do("axe"), [])
        self.browser.resize("desk", "light")
        self.browser.do("goto", url=self.one_time_link())
        self.browser.gone("dialog.again")
        self.assertEqual(self.browser.evaluate("document.querySelector('dialog textarea').value"), "Bearing greased")
        self.browser.click("dialog button[type=submit]")
        self.browser.see(".alarm-line .alarm-state", "Acknowledged")

    def test_end_when_one_signs_out(self):
        self.sign_in()
        self.browser.click("button[aria-label='Sign out']")
        self.browser.see("form input[name=password]")
        self.assertEqual(self.browser.evaluate("fetch('/api/v1/session').then((answer) => answer.status)"), 401)


class Visitors(PageTest):
    """People of the user file, each with a role."""

    LISTENERS = ()  # one of its own, below

    def configuration(self):
        users = self.folder / "users.toml"
        users.touch(mode=0o600)
        return CONFIG + f'[access]\nusers = "{users}"\n\n[[mqtt]]\nport = 0\nanonymous = true\n'

    def ask(self, method, path, body=None):
        info = self.gateway.run_info()
        connection = http.client.HTTPConnection("127.0.0.1", info["api"]["port"], timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {info['token']}", "Content-Type": "application/json"}
        connection.request(method, f"/api/v1{path}", json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        said = json.loads(answer.read() or "null")
        connection.close()
        self.assertLess(answer.status, 300, said)
        return said

    def invite(self, name, group):
        self.ask("POST", "/users", {"name": name, "groups": [group]})
        return self.home(f"#token={self.ask('POST', f'/users/{name}/link')['token']}")

    def choose(self, password, again=None):
        self.browser.fill("input[name=password]", password)
        self.browser.fill("input[name=again]", password if again is None else again)
        self.browser.click("form button[type=submit]")

    def come_in(self, name, group):
        self.browser.open(self.invite(name, group))
        self.choose("rusty kettle 9")
        self.browser.see(".connection", "Live")

    def test_choose_a_password_when_they_come_first(self):
        self.browser.open(self.invite("ann", "operators"))
        self.browser.see("h1", "Choose a password")
        self.assertNotIn("token", self.browser.evaluate("location.href"))
        self.assertEqual(self.browser.evaluate("document.querySelector('input[name=user]').value"), "ann")
        for size in SIZES:
            for theme in ("light", "dark"):
                self.look_at("first-login", size, theme)
        self.browser.resize("desk", "light")
        self.choose("rusty kettle 9", "rusty kettle 8")
        self.browser.see(".trouble", "not the same")
        self.choose("short")
        self.browser.see(".trouble", "12 characters")
        self.assertEqual(self.browser.do("axe"), [])
        self.choose("rusty kettle 9")
        self.browser.see(".connection", "Live")
        self.browser.see(".who", "ann")
        self.browser.see(".who", "operator")
        self.browser.click("button[aria-label='Sign out']")
        self.browser.fill("input[name=user]", "ann")
        self.browser.fill("input[name=password]", "rusty kettle 9")
        self.browser.click("form button[type=submit]")
        self.browser.see(".connection", "Live")

    def raise_an_alarm(self):
        with mqtt.Client(self.gateway.run_info()["mqtt"][0]["port"], "press-1") as press:
            self.assertEqual(press.publish_and_wait("plant/press-1/temperature", b"91"), mqtt.SUCCESS)

    def test_who_may_only_look_find_nothing_to_press(self):
        self.raise_an_alarm()
        self.come_in("eve", "viewers")
        self.browser.see(".who", "viewer")
        self.browser.see(".alarm-line", "Not acknowledged")
        self.assertEqual(self.browser.texts(".alarm-line button"), [])
        for size in SIZES:
            for theme in ("light", "dark"):
                self.look_at("viewer-now", size, theme)
        self.browser.resize("desk", "light")
        self.browser.view("alarms")
        self.browser.see("tbody", "overheat")
        self.assertEqual(self.browser.texts("tbody button"), ["Details"])
        self.ask("PATCH", "/users/eve", {"groups": ["operators"]})
        self.browser.see("tbody button", "Acknowledge")
        self.browser.see(".who", "operator")


CLOCK_SHIM = os.environ.get("PERIGEE_CLOCK_SHIM", "build/release/tests/faults/libclock_shim.so")
SESSION_S = 12 * 3600

# As an operator does who signs out in another tab.
END_SESSION = """
fetch('/api/v1/session').then((answer) => answer.json()).then(({ csrf }) =>
  fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-Perigee-Csrf': csrf } })).then(() => null)
"""


if __name__ == "__main__":
    unittest.main()
