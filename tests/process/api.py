"""The API of a real node, as a browser and as programs use it: docs/api.md, and openapi.json against the server."""

import gzip
import http.client
import json
import re
import subprocess
import time
import unittest
from urllib.parse import quote

import mqtt
from processes import PATIENCE_S, PERIGEE, SiteTest, wait_until

ALARM = '''/*
name = "hot"
[[action]]
alarm = "hot"
severity = "critical"
key = "topic(2)"
*/
SELECT value FROM 'site/+/t' WHERE value > 90
'''


class Browser:
    """Requests with a session's cookie and its csrf, as the page sends them."""

    def __init__(self, node):
        self.node, self.cookie, self.csrf = node, None, None

    def ask(self, method, path, body=None, headers=(), raw=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.api_port, timeout=PATIENCE_S)
        all_headers = dict(headers)
        if self.cookie:
            all_headers["Cookie"] = self.cookie
        if self.csrf and method != "GET":
            all_headers["X-Perigee-Csrf"] = self.csrf
        if body is not None:
            all_headers["Content-Type"] = "application/json"
            raw = json.dumps(body)
        try:
            connection.request(method, path, raw, all_headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, expect=200):
        status, _, got = self.ask(method, path, body)
        assert status == expect, f"{method} {path}: {status} {got!r}"
        return json.loads(got) if got else None

    def sign_in(self, token):
        status, headers, got = self.ask("POST", "/api/v1/session", {"token": token})
        if status == 201:
            self.cookie = headers["Set-Cookie"].split(";")[0]
            self.csrf = json.loads(got)["csrf"]
        return status, headers, json.loads(got)


class Live:
    """A stream of Server-Sent Events."""

    def __init__(self, node, query):
        self.connection = http.client.HTTPConnection("127.0.0.1", node.api_port, timeout=PATIENCE_S)
        self.connection.request("GET", f"/api/v1/live?{query}")
        self.answer = self.connection.getresponse()
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        self.seen = {"values": [], "alarms": [], "links": []}

    def close(self):
        self.connection.close()

    def read_event(self):
        lines = list(iter(lambda: self.answer.readline().decode().rstrip("\n"), ""))
        name, data = lines[0].removeprefix("event: "), lines[1].removeprefix("data: ")
        self.seen[name] += json.loads(data)[name]
        return name

    def wait_for(self, name, fits):
        while not any(fits(one) for one in self.seen[name]):
            self.read_event()
        return next(one for one in self.seen[name] if fits(one))

    def wait_for_event(self, name):
        while self.read_event() != name:
            pass


def problems_of(value, schema, at="$"):
    """What of the small part of JSON Schema that openapi.json uses does not hold."""
    if "anyOf" in schema:
        each = [problems_of(value, one, at) for one in schema["anyOf"]]
        return [] if any(not found for found in each) else each[0]
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
             "null": type(None)}
    kind = schema.get("type")
    if kind and (not isinstance(value, kinds[kind]) or (kind in ("integer", "number") and isinstance(value, bool))):
        return [f"{at}: {value!r} is no {kind}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is none of {schema['enum']}")
    if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        found.append(f"{at}: {value!r} is no time")
    if kind == "array":
        for i, one in enumerate(value):
            found += problems_of(one, schema["items"], f"{at}[{i}]")
    if kind == "object":
        known = schema.get("properties", {})
        found += [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, one in value.items():
            if name in known:
                found += problems_of(one, known[name], f"{at}.{name}")
            elif schema.get("additionalProperties", True) is False:
                found.append(f"{at}: {name} is not described")
            elif isinstance(schema.get("additionalProperties"), dict):
                found += problems_of(one, schema["additionalProperties"], f"{at}.{name}")
    return found


class Api(SiteTest):
    def setUp(self):
        super().setUp()
        (self.folder / "gw" / "rules").mkdir(parents=True)
        (self.folder / "gw" / "rules" / "hot.rule.sql").write_text(ALARM)
        self.gw = self.node("gw", more='[rules]\nfolder = "rules"\n').start()
        self.browser = Browser(self.gw)

    def token(self):
        made = json.loads(self.perigee("page", "--json", "--data", self.gw.data).stdout)
        return made["url"].split("#token=")[1]

    def publish(self, *values, device="m7"):
        with mqtt.Client(self.gw.port, device) as client:
            for value in values:
                payload = json.dumps({"value": value}).encode()
                assert client.publish_and_wait(f"site/{device}/t", payload) == mqtt.SUCCESS

    def latest(self):
        return self.browser.json("GET", "/api/v1/latest")["values"]

    def test_a_link_signs_in_once(self):
        token = self.token()
        self.assertEqual(self.browser.json("GET", "/api/v1/session", expect=401)["type"], "/problems/no-session")
        status, headers, got = self.browser.sign_in(token)
        self.assertEqual((status, got["user"]), (201, "local admin"))
        self.assertEqual(got["role"], "admin")
        for word in ("HttpOnly", "SameSite=Strict", "Path=/", "perigee_session_gw="):
            self.assertIn(word, headers["Set-Cookie"])
        self.assertEqual(self.browser.json("GET", "/api/v1/session"), got)
        for used in (token, "0" * 64, ""):
            status, _, refused = Browser(self.gw).sign_in(used)
            self.assertEqual((status, refused["type"]), (401, "/problems/token-used"))
        kept = self.gw.data / "state/sessions.json"
        wait_until("the session is written", lambda: kept.exists() and "digest" in kept.read_text())
        self.gw.kill()
        self.gw.start()
        self.assertEqual(self.browser.json("GET", "/api/v1/session"), got)
        self.assertEqual(self.browser.ask("DELETE", "/api/v1/session")[0], 204)
        self.assertEqual(self.browser.ask("GET", "/api/v1/session")[0], 401)

    def test_what_changes_something_needs_the_session_and_its_csrf(self):
        path = "/api/v1/alarms/999/acknowledge"
        self.assertEqual(self.browser.json("POST", path, {}, expect=401)["type"], "/problems/no-session")
        self.browser.sign_in(self.token())
        self.assertEqual(self.browser.json("POST", path, {}, expect=404)["type"], "/problems/not-found")
        self.browser.csrf = "0" * 64
        self.assertEqual(self.browser.json("POST", path, {}, expect=403)["type"], "/problems/csrf")
        self.assertEqual(self.browser.ask("GET", "/api/v1/audit")[0], 200)

    def test_an_alarm_is_raised_acknowledged_and_cleared(self):
        self.publish(20, 95)
        alarms = wait_until("the alarm is raised", lambda: self.browser.json("GET", "/api/v1/alarms")["alarms"])
        self.assertEqual([(a["name"], a["key"], a["severity"], a["state"], a["value"]) for a in alarms],
                         [("hot", "m7", 1, "unacknowledged", 95)])
        self.browser.sign_in(self.token())
        path = f"/api/v1/alarms/{alarms[0]['id']}"
        forged = self.browser.json("POST", path + "/acknowledge", {"as": "bob"}, expect=403)
        self.assertEqual(forged["type"], "/problems/name")
        seen = self.browser.json("POST", path + "/acknowledge", {"comment": "on my way"})
        self.assertEqual((seen["state"], seen["acknowledged"]["by"], seen["acknowledged"]["comment"]),
                         ("acknowledged", "local admin", "on my way"))
        self.browser.json("POST", path + "/acknowledge", {}, expect=409)
        self.assertEqual(self.audited()[:2], [("Acknowledge an alarm", "refused"), ("Acknowledge an alarm", "done")])
        self.gw.kill()  # what is answered is durable
        self.gw.start()
        wait_until("the board is read", lambda: self.browser.json("GET", "/api/v1/alarms")["alarms"] == [seen])
        self.assertEqual(self.browser.json("POST", path + "/clear")["state"], "normal")
        self.assertEqual(self.browser.json("GET", "/api/v1/alarms?state=raised")["alarms"], [])
        # The audit is written behind the answer: the refusal just before may be lost with the process.
        done = [each for each in self.audited() if each[1] == "done"]
        self.assertEqual(done[:2], [("Clear an alarm", "done"), ("Acknowledge an alarm", "done")])

    def audited(self):
        """The newest first."""
        return [(each["what"], each["outcome"]) for each in self.browser.json("GET", "/api/v1/audit")["entries"]]

    def test_values_and_history(self):
        begin = time.time()
        self.publish(*range(20))
        wait_until("the values are stored", lambda: [v["value"] for v in self.latest()] == [19])
        self.publish(1, device="m8")
        wait_until("both are there", lambda: len(self.latest()) == 2)
        value = self.browser.json("GET", "/api/v1/latest?device=site/m7/t")["values"][0]
        self.assertEqual((value["node"], value["metric"], value["quality"], value["stale"]),
                         ("gw", "value", "good", False))
        names = "node=gw&device=site/m7/t&metric=value"
        raw = self.browser.json("GET", f"/api/v1/history?{names}&as=raw&points=7")
        seen = [row[1] for row in raw["rows"]]
        while raw["next"]:
            raw = self.browser.json("GET", f"/api/v1/history?{names}&as=raw&points=7&after={raw['next']}")
            seen += [row[1] for row in raw["rows"]]
        self.assertEqual(seen, list(range(20)))
        since = int(begin * 1000) - 1000
        what = f"{names}&from={since}&step=1d&as=min&as=max&as=mean&as=last"
        stepped = self.browser.json("GET", f"/api/v1/history?{what}")
        self.assertEqual(stepped["columns"], ["time", "min", "max", "mean", "last"])
        self.assertEqual(stepped["rows"][0][1:], [0, 19, 9.5, 19])
        metrics = self.browser.json("GET", "/api/v1/metrics?q=m7")["metrics"]
        self.assertEqual([(m["device"], m["readings"]) for m in metrics], [("site/m7/t", 20)])
        first = self.browser.json("GET", "/api/v1/devices?limit=1")
        second = self.browser.json("GET", f"/api/v1/devices?limit=1&after={quote(first['next'])}")
        self.assertEqual([d["device"] for d in first["devices"] + second["devices"]], ["site/m7/t", "site/m8/t"])
        self.assertIsNone(second["next"])
        self.gw.kill()
        self.gw.start()
        wait_until("the newest values are back", lambda: [v["value"] for v in self.latest()] == [19, 1])

    def test_live_values_come_as_they_are_stored(self):
        self.publish(1)
        wait_until("the value is stored", self.latest)
        live = Live(self.gw, "device=site/m7/t")
        self.addCleanup(live.close)
        self.assertEqual(live.wait_for("values", lambda v: v["value"] == 1)["device"], "site/m7/t")
        self.publish(3, device="m8")
        self.publish(2, 95)
        live.wait_for("values", lambda v: v["value"] == 95)
        self.assertEqual(live.wait_for("alarms", lambda a: a["name"] == "hot")["state"], "unacknowledged")
        live.wait_for_event("links")
        self.assertEqual({v["device"] for v in live.seen["values"]}, {"site/m7/t"})

    def test_every_described_route_answers_as_described(self):
        self.publish(20, 95)
        wait_until("the alarm is raised", lambda: self.browser.json("GET", "/api/v1/alarms")["alarms"])
        self.browser.sign_in(self.token())
        described = self.browser.json("GET", "/api/v1/openapi.json")
        asked = 0
        for path, operations in described["paths"].items():
            for name in re.findall(r"{(\w+)}", path):
                for operation in operations.values():
                    self.assertIn((name, "path"), [(p["name"], p["in"]) for p in operation["parameters"]], path)
            if "get" not in operations or "{" in path:
                continue
            good = operations["get"]["responses"]["200"].get("content", {}).get("application/json")
            needed = [p["name"] for p in operations["get"]["parameters"] if p["required"]]
            if not good:
                continue
            given = {"node": "gw", "device": "site/m7/t", "metric": "value", "topic": "site/m7/t"}
            query = "&".join(f"{name}={given[name]}" for name in needed)
            answer = self.browser.json("GET", f"{path}?{query}" if query else path)
            self.assertEqual(problems_of(answer, good["schema"]), [], path)
            asked += 1
            status, _, wrong = self.browser.ask("GET", f"{path}?nonsense=1")
            self.assertEqual((status, json.loads(wrong)["field"]), (400, "nonsense"), path)
        self.assertGreater(asked, 15)

    def test_bodies_are_tagged_and_packed(self):
        status, headers, body = self.browser.ask("GET", "/api/v1/openapi.json")
        again = self.browser.ask("GET", "/api/v1/openapi.json", headers={"If-None-Match": headers["ETag"]})
        self.assertEqual((status, again[0], again[2]), (200, 304, b""))
        packed = self.browser.ask("GET", "/api/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
        self.assertEqual(packed[1]["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(packed[2]), body)
        self.assertNotIn("Access-Control-Allow-Origin", headers)

    def test_the_page_is_served_under_a_strict_policy(self):
        status, headers, body = self.browser.ask("GET", "/")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("text/html"))
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        for asset in re.findall(rb'(?:src|href)="(/assets/[^"]+)"', body):
            status, headers, _ = self.browser.ask("GET", asset.decode())
            self.assertEqual(status, 200, asset)
            self.assertIn("immutable", headers["Cache-Control"])

    def test_bad_requests_are_told_why(self):
        self.assertEqual(self.browser.ask("GET", "/api/v1/nodes", headers={"Host": "evil.example"})[0], 401)
        self.assertEqual(self.browser.ask("POST", "/api/v1/session", raw="{}")[0], 415)
        self.assertEqual(self.browser.ask("POST", "/api/v1/session", {})[0], 400)
        self.assertEqual(self.browser.ask("POST", "/api/v1/session", {"token": "x" * 70_000})[0], 413)
        self.assertEqual(self.browser.ask("PUT", "/api/v1/session", {})[0], 405)
        self.assertEqual(self.browser.ask("GET", "/api/v1/nothing")[0], 404)
        wrong = self.browser.json("GET", "/api/v1/latest?limit=0", expect=400)
        self.assertEqual((wrong["type"], wrong["field"], wrong["right"]),
                         ("/problems/parameter", "limit", "a whole number, 1 to 1000"))


class Passwords(SiteTest):
    def setUp(self):
        super().setUp()
        self.users = self.folder / "users.toml"
        self.users.touch(mode=0o600)
        self.user("add", "ann", "--groups", "operators", stdin="a secret\n")
        self.user("add", "press-4", stdin="another\n")
        self.gw = self.node("gw", more=f'[access]\nusers = "{self.users}"\n').start()

    def user(self, *arguments, stdin=""):
        done = subprocess.run([PERIGEE, "user", *arguments, "--users", self.users], input=stdin, capture_output=True,
                              text=True, timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def sign_in(self, user, password):
        status, headers, got = Browser(self.gw).ask("POST", "/api/v1/session", {"user": user, "password": password})
        return status, headers, json.loads(got)

    def test_an_operator_signs_in_and_others_do_not(self):
        for user, password in (("ann", "another"), ("nobody", "a secret")):
            self.assertEqual(self.sign_in(user, password)[2]["type"], "/problems/wrong-password")
        self.assertEqual(self.sign_in("press-4", "another")[2]["type"], "/problems/role")
        status, headers, got = self.sign_in("ann", "a secret")
        self.assertEqual((status, got["user"]), (201, "ann"))
        ann = Browser(self.gw)
        ann.cookie, ann.csrf = headers["Set-Cookie"].split(";")[0], got["csrf"]
        self.assertEqual(got["role"], "operator")
        who = [(e["who"], e["status"], e["reason"]) for e in ann.json("GET", "/api/v1/audit")["entries"]]
        self.assertEqual(who, [("ann", 201, None), ("nobody", 403, "role"), ("nobody", 401, "wrong-password")])
        self.user("disable", "ann")
        wait_until("who is disabled is signed out", lambda: ann.ask("GET", "/api/v1/session")[0] == 401)

    def test_who_guesses_is_slowed_down(self):
        wait_until("the address has to wait", lambda: self.sign_in("ann", "guess")[0] == 429)


if __name__ == "__main__":
    unittest.main()
