"""Attacks on the API of a real node: each is refused with the right status and reason, and is told of in the log or the
audit."""

import json
import re
import socket
import threading
import time
import unittest

from api import Browser
from people import GOOD_PASSWORD, USERS, Bearer
from processes import PATIENCE_S, SiteTest, wait_until

HOST = "Host: 127.0.0.1\r\n"
FOLLOWED_BY = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SESSION = "/api/v1/session"

# Behind the request line and Host of a POST, and its body. Others on the way might take it for something else.
AMBIGUOUS = {
    "both framings": ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    "both framings, turned round": ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
    "two lengths": ("Content-Length: 0\r\nContent-Length: 5\r\n", ""),
    "twice the same length": ("Content-Length: 0\r\nContent-Length: 0\r\n", ""),
    "a list of lengths": ("Content-Length: 0, 0\r\n", ""),
    "a length with a sign": ("Content-Length: +0\r\n", ""),
    "a negative length": ("Content-Length: -1\r\n", ""),
    "a hexadecimal length": ("Content-Length: 0x0\r\n", ""),
    "a length with a space": ("Content-Length: 1 0\r\n", ""),
    "a length past all bounds": ("Content-Length: 99999999999999999999999\r\n", ""),
    "an unknown coding": ("Transfer-Encoding: xchunked\r\n", ""),
    "no coding by name": ("Transfer-Encoding: identity\r\n", ""),
    "a coding behind chunked": ("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
    "chunked twice": ("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
    "two codings": ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
    "a folded header": ("X: 1\r\n 2\r\n", ""),
    "a folded coding": ("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
    "a space before the colon": ("Content-Length : 0\r\n", ""),
    "a bare line feed": ("X: 1\nContent-Length: 0\r\n", ""),
    "a bare carriage return": ("X: 1\rContent-Length: 0\r\n", ""),
    "a zero byte": ("X: a\0b\r\n", ""),
    "a line that is no header": ("abc\r\n", ""),
    "two hosts": ("Host: evil.example\r\n", ""),
    "a chunk past all bounds": ("Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"),
    "a chunk that wraps round": ("Transfer-Encoding: chunked\r\n", "10000000000000003\r\nabc\r\n0\r\n\r\n"),
    "a negative chunk": ("Transfer-Encoding: chunked\r\n", "-3\r\nabc\r\n0\r\n\r\n"),
    "a chunk with 0x": ("Transfer-Encoding: chunked\r\n", "0x3\r\nabc\r\n0\r\n\r\n"),
    "a chunk that goes on": ("Transfer-Encoding: chunked\r\n", "3\r\nabcXX0\r\n\r\n"),
    "chunks with line feeds": ("Transfer-Encoding: chunked\r\n", "3\nabc\n0\n\n"),
}
NO_REQUEST = {
    "HTTP/0.9": "GET /\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": "GET /livez HTTP/9.9\r\nHost: a\r\n\r\n",
    "bare line feeds": "GET /livez HTTP/1.1\nHost: 127.0.0.1\n\n",
    "no host": "GET /livez HTTP/1.1\r\n\r\n",
    "a host that is none": "GET /livez HTTP/1.1\r\nHost: 127.0.0.1/x\r\n\r\n",
    "two spaces": "GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header before the first": "GET /livez HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n",
    "a coding of HTTP/1.0": "POST /livez HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on, which is no line of HTTP\r\n\r\n",
}
CHUNKED = f"POST {SESSION} HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n"
TOO_LARGE = {
    "a header": (431, f"GET /livez HTTP/1.1\r\n{HOST}X: {'x' * 9000}\r\n\r\n"),
    "many headers": (431, f"GET /livez HTTP/1.1\r\n{HOST}" + "a:b\r\n" * 3000 + "\r\n"),
    "a target": (431, f"GET /{'x' * 9000} HTTP/1.1\r\n{HOST}\r\n"),
    "a body": (413, f"POST {SESSION} HTTP/1.1\r\n{HOST}Content-Length: 65537\r\n\r\n"),
    "a chunk's extension": (431, f"{CHUNKED}2;a={'b' * 20000}"),
    "chunks together": (413, CHUNKED + f"8000\r\n{'x' * 0x8000}\r\n" * 3),
}


class Attacks(SiteTest):
    def setUp(self):
        super().setUp()
        self.users = self.folder / "users.toml"
        self.users.touch(mode=0o600)
        self.gw = self.node("gw", more=f'[access]\nusers = "{self.users}"\n').start()
        self.root = Bearer(self.gw, self.gw.run_info()["token"])

    def connect(self, address="127.0.0.1"):
        made = socket.socket()
        self.addCleanup(made.close)
        made.settimeout(PATIENCE_S)
        made.bind((address, 0))
        made.connect(("127.0.0.1", self.gw.api_port))
        return made

    @staticmethod
    def read_all(connection):
        """What comes until the node closes the connection."""
        got = b""
        try:
            while piece := connection.recv(65536):
                got += piece
        except ConnectionResetError:
            pass  # it had not read all of what it refuses
        return got

    def statuses(self, text):
        """Of all answers until the node closes the connection."""
        connection = self.connect()
        connection.sendall(text.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.read_all(connection))]

    def ask_from(self, address, method, path, body=None, headers=""):
        """One request from an address of this machine."""
        text = json.dumps(body) if body is not None else ""
        kind = "Content-Type: application/json\r\n" if body is not None else ""
        connection = self.connect(address)
        connection.sendall((f"{method} {path} HTTP/1.1\r\n{HOST}Connection: close\r\n{kind}{headers}"
                            f"Content-Length: {len(text)}\r\n\r\n{text}").encode())
        head, _, got = self.read_all(connection).partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(got) if got else None

    def person(self, name, *groups):
        """A new user, signed in."""
        self.root.json("POST", USERS, {"name": name, "groups": list(groups)}, expect=201)
        token = self.root.json("POST", f"{USERS}/{name}/link", expect=201)["token"]
        browser = Browser(self.gw)
        status, headers, got = browser.ask("POST", SESSION, {"token": token, "password": GOOD_PASSWORD})
        self.assertEqual(status, 201, got)
        browser.cookie, browser.csrf = headers["Set-Cookie"].split(";")[0], json.loads(got)["csrf"]
        return browser

    def audit(self):
        return self.root.json("GET", "/api/v1/audit?limit=1000")["entries"]

    def assert_told(self, status, reason, in_audit):
        """The reason is in the log, and where something would have changed in the audit."""
        wait_until(f"the log has {reason}", lambda: f"refused with {status} ({reason})" in self.gw.log)
        if in_audit:
            self.assertIn((status, reason), [(e["status"], e["reason"]) for e in self.audit()])

    # Guessing

    def guess_until_unheard(self, address, ask):
        """How often it took, until the address is not heard any more."""
        for n in range(1, 20):
            status, _ = ask(address)
            if status == 429:
                return n
            self.assertEqual(status, 401)
        self.fail("it is heard for ever")

    def test_guessing_passwords_is_slowed_down_for_the_address_that_does(self):
        self.person("ann", "viewers")
        guess = {"user": "ann", "password": "a guess"}
        good = {"user": "ann", "password": GOOD_PASSWORD}
        self.assertEqual(self.guess_until_unheard("127.0.0.2", lambda a: self.ask_from(a, "POST", SESSION, guess)), 6)
        self.assertEqual(self.ask_from("127.0.0.2", "POST", SESSION, good)[0], 429)
        self.assertEqual(self.ask_from("127.0.0.3", "POST", SESSION, good)[0], 201)
        self.assert_told(401, "wrong-password", True)
        self.assert_told(429, "too-often", True)
        told = [e for e in self.audit() if e["reason"] == "wrong-password"]
        self.assertEqual(len(told), 1, "the like is told once a minute")

    def test_guessing_links_and_tokens_is_slowed_down_too(self):
        token = {"token": "0" * 64}
        self.assertEqual(self.guess_until_unheard("127.0.0.2", lambda a: self.ask_from(a, "POST", SESSION, token)), 6)
        bearer = f"Authorization: Bearer pgt_{'0' * 64}\r\n"
        path = "/api/v1/nodes"
        ask = lambda address: self.ask_from(address, "GET", path, None, bearer)
        self.assertEqual(self.guess_until_unheard("127.0.0.3", ask), 6)
        self.assertEqual(self.ask_from("127.0.0.4", "GET", path)[0], 200)
        root = f"Authorization: Bearer {self.root.token}\r\n"
        self.assertEqual(self.ask_from("127.0.0.3", "GET", path, None, root)[0], 200, "who owns the node is let in")
        self.assert_told(401, "token-used", True)
        self.assert_told(401, "wrong-token", False)

    def test_guesses_at_once_are_not_all_heard(self):
        self.person("ann", "viewers")
        seen = []
        ask = lambda: seen.append(self.ask_from("127.0.0.2", "POST", SESSION, {"user": "ann", "password": "x"})[0])
        crowd = [threading.Thread(target=ask) for _ in range(30)]
        for each in crowd:
            each.start()
        for each in crowd:
            each.join()
        self.assertEqual(set(seen), {401, 429})
        self.assertLessEqual(seen.count(401), 5 + 4)

    # Another's session

    def test_another_page_cannot_act_in_somebodys_session(self):
        ann, eve = self.person("ann", "operators"), self.person("eve", "operators")
        path = "/api/v1/alarms/1/clear"
        proof = {"Cookie": ann.cookie, "X-Perigee-Csrf": ann.csrf}
        plain = Browser(self.gw)
        self.assertEqual(plain.ask("POST", path, headers=proof)[0], 404)
        for name, headers in (("no header", {"Cookie": ann.cookie}),
                              ("another's", {"Cookie": ann.cookie, "X-Perigee-Csrf": eve.csrf}),
                              ("of elsewhere", {"Cookie": ann.cookie, "Origin": "http://evil.example"}),
                              ("a form", {"Cookie": ann.cookie, "Content-Type": "text/plain"})):
            with self.subTest(name):
                status, _, got = plain.ask("POST", path, headers=headers)
                self.assertEqual((status, json.loads(got)["type"]), (403, "/problems/csrf"))
        self.assert_told(403, "csrf", True)
        # A form of elsewhere may send text that is JSON: it is no JSON by its type.
        form = plain.ask("POST", SESSION, headers={"Content-Type": "text/plain"}, raw='{"user":"a","password":"b"}')
        self.assertEqual(form[0], 415)
        asks_first = plain.ask("OPTIONS", path, headers={"Origin": "http://evil.example",
                                                         "Access-Control-Request-Method": "POST"})
        self.assertEqual(asks_first[0], 405)
        self.assertFalse([name for name in asks_first[1] if name.lower().startswith("access-control")])

    def test_a_session_is_not_one_that_was_there_before(self):
        planted = Browser(self.gw)
        planted.cookie = "perigee_session_gw=" + "0" * 64
        token = self.root.json("POST", f"{SESSION}/tokens", expect=201)["token"]
        status, headers, _ = planted.ask("POST", SESSION, {"token": token})
        self.assertEqual(status, 201)
        self.assertNotIn("0" * 64, headers["Set-Cookie"])
        self.assertEqual(planted.ask("GET", SESSION)[0], 401)
        first = headers["Set-Cookie"].split(";")[0]
        other = Browser(self.gw)
        other.cookie = first
        more = self.root.json("POST", f"{SESSION}/tokens", expect=201)["token"]
        self.assertEqual(other.ask("POST", SESSION, {"token": more})[0], 201)
        self.assertEqual(other.ask("GET", SESSION)[0], 401, "who signs in again has a new one")

    def test_a_session_of_another_node_is_none(self):
        fog = self.node("fog").start()
        ann = self.person("ann", "admins")
        there = Browser(fog)
        for name in ("perigee_session_gw", "perigee_session_fog"):
            there.cookie = f"{name}={ann.cookie.split('=')[1]}"
            self.assertEqual(there.ask("GET", SESSION)[0], 401)

    def test_a_link_is_good_once(self):
        token = self.root.json("POST", f"{SESSION}/tokens", expect=201)["token"]
        seen = []
        ask = lambda: seen.append(self.ask_from("127.0.0.2", "POST", SESSION, {"token": token})[0])
        crowd = [threading.Thread(target=ask) for _ in range(8)]
        for each in crowd:
            each.start()
        for each in crowd:
            each.join()
        self.assertEqual(seen.count(201), 1)
        self.assertEqual(set(seen) - {201, 401, 429}, set())
        self.assert_told(401, "token-used", True)

    def test_a_name_of_elsewhere_is_not_this_machine(self):
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:80",
                     "[::1]evil.example", "2130706433"):
            with self.subTest(host):
                status, _, got = Browser(self.gw).ask("GET", "/api/v1/nodes", headers={"Host": host})
                self.assertEqual((status, json.loads(got)["type"]), (401, "/problems/no-session"))
        by_target = f"GET http://evil.example/api/v1/nodes HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
        self.assertEqual(self.statuses(by_target), [401])
        self.assert_told(401, "no-session", False)

    # More than one's role

    def changing_routes(self):
        described = self.root.json("GET", "/api/v1/openapi.json")
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                if method != "get" and operation["security"] and {} not in operation["security"]:
                    yield method.upper(), re.sub(r"{\w+}", "1", path), operation

    def test_a_viewer_changes_nothing_and_an_operator_not_everything(self):
        viewer, operator = self.person("eve", "viewers"), self.person("ann", "operators")
        walked = []
        for method, path, operation in self.changing_routes():
            needed = operation["x-perigee-role"]
            self.assertIn(needed, ("operator", "admin"), path)
            for browser, role in ((viewer, "viewer"), (operator, "operator")):
                if role == needed:
                    continue
                with self.subTest(role=role, method=method, path=path):
                    status, _, got = browser.ask(method, path)
                    told = json.loads(got)
                    self.assertEqual((status, told["type"]), (403, "/problems/role"))
                    self.assertEqual(told["detail"], f"this takes the role {needed}; yours is {role}")
            nobody = Browser(self.gw).ask(method, path)
            self.assertEqual(nobody[0], 401, path)
            walked.append(needed)
        self.assertGreaterEqual((walked.count("operator"), walked.count("admin")), (5, 6))
        self.assert_told(403, "role", True)

    def test_a_token_does_nothing_beyond_its_scope(self):
        self.root.json("POST", USERS, {"name": "ci", "groups": ["admins"]}, expect=201)
        made = {}
        for _, _, operation in self.changing_routes():
            scope = operation["x-perigee-scope"]
            if scope not in made:
                body = {"label": scope, "scopes": [scope]}
                made[scope] = self.root.json("POST", f"{USERS}/ci/tokens", body, expect=201)["token"]
        for method, path, operation in self.changing_routes():
            other = next(scope for scope in made if scope != operation["x-perigee-scope"])
            with self.subTest(method=method, path=path, scope=other):
                status, _, got = Bearer(self.gw, made[other]).ask(method, path)
                told = json.loads(got)
                self.assertEqual((status, told["type"]), (403, "/problems/scope"))
                self.assertIn(operation["x-perigee-scope"], told["detail"])
        self.assert_told(403, "scope", True)

    # Paths and bytes

    def test_no_path_leads_out_of_what_is_served(self):
        for path in ("/assets/../../etc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd", "/assets/%252e%252e/etc/passwd",
                     "/assets/..%2f..%2fetc%2fpasswd", "/assets/..\\..\\etc\\passwd", "/livez%00.html", "//etc/passwd",
                     "/livez/../api/v1/users", "/%2e%2e/users.toml", "/assets/....//etc/passwd", "/users.toml"):
            with self.subTest(path):
                self.assertEqual(self.statuses(f"GET {path} HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"), [404])
        self.assertEqual(self.statuses(f"GET /livez\0 HTTP/1.1\r\n{HOST}\r\n"), [400])
        for name in ("%2e%2e", "..%2f..%2fusers.toml", "a%00b", "..%5c"):
            self.assertIn(self.root.ask("GET", f"{USERS}/{name}")[0], (400, 404), name)

    def test_what_can_be_read_in_two_ways_is_refused_with_what_follows(self):
        for name, (headers, body) in AMBIGUOUS.items():
            with self.subTest(name):
                text = f"POST {SESSION} HTTP/1.1\r\n{HOST}{headers}\r\n{body}{FOLLOWED_BY}"
                self.assertEqual(self.statuses(text), [400])
        self.assert_told(400, "malformed", False)

    def test_what_is_no_request_is_refused(self):
        for name, text in NO_REQUEST.items():
            with self.subTest(name):
                self.assertEqual(self.statuses(text + FOLLOWED_BY), [400])
        for method in ("TRACE", "OPTIONS", "PUT", "DEBUG"):
            self.assertIn(self.statuses(f"{method} /livez HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"), ([405], [400]))
        self.assertEqual(self.statuses(f"CONNECT evil.example:443 HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"), [404])

    def test_what_is_too_large_is_refused_before_it_is_read(self):
        for name, (status, text) in TOO_LARGE.items():
            with self.subTest(name):
                connection = self.connect()
                connection.sendall(text.encode())
                self.assertTrue(self.read_all(connection).startswith(f"HTTP/1.1 {status} ".encode()))
        self.assert_told(431, "too-large", False)

    # Slow, and many

    def test_slow_clients_are_ended_and_keep_nobody_out(self):
        head = f"POST {SESSION} HTTP/1.1\r\n{HOST}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{"
        slow = []
        for i in range(100):  # more than there are places for
            one = self.connect()
            one.sendall((head if i % 2 else head[:20]).encode())
            slow.append(one)
        self.assertEqual(self.gw.get("/livez")[0], 200)
        last = self.read_all(slow[-1])
        self.assertTrue(last.startswith(b"HTTP/1.1 408 "), last)
        self.assertEqual(self.gw.get("/livez")[0], 200)
        self.assert_told(408, "too-slow", False)

    def test_a_flood_is_answered_up_to_the_bound_and_told_of_once(self):
        connection = self.connect("127.0.0.2")
        begin = time.monotonic()
        connection.sendall((FOLLOWED_BY * 1500).encode())
        connection.shutdown(socket.SHUT_WR)
        codes = re.findall(rb"HTTP/1\.1 (\d{3}) ", self.read_all(connection))
        took = time.monotonic() - begin
        self.assertEqual(codes.count(b"200") + codes.count(b"429"), 1500)
        self.assertGreaterEqual(codes.count(b"200"), 1000)
        self.assertLessEqual(codes.count(b"200"), 1001 + 200 * took)
        self.assertEqual(self.gw.get("/livez")[0], 200, "others are heard meanwhile")
        self.assertEqual(self.gw.log.count("(too-often)"), min(1, codes.count(b"429")))

    def test_refusals_that_repeat_do_not_fill_the_log(self):
        for _ in range(300):
            self.assertEqual(Browser(self.gw).ask("POST", "/api/v1/alarms/1/clear")[0], 401)
        self.assertEqual(self.gw.log.count("(no-session)"), 1)
        refused = (self.gw.data / "audit/refused.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(line)["reason"] for line in refused], ["no-session"])


if __name__ == "__main__":
    unittest.main()
