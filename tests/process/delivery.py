"""What rules tell systems and people outside: an HTTP server and a mail server that do as they are told."""

import base64
import email.header
import email.parser
import http.server
import json
import re
import socket
import socketserver
import ssl
import threading
import unittest

import mqtt
from authority import Authority
from processes import SiteTest, wait_until

HOT = """/*
[[action]]
webhook = "ops"
payload = '{{"t":${{t}},"machine":${{topic(2)}}}}'
[[action]]
email = "people"
subject = "${{topic(2)}} is at ${{t}}"
text = "as ${{clientid()}} says"
[[action]]
alarm = "hot"
severity = "critical"
tell = ["webhook/ops"]
*/
SELECT t FROM 'plant/+' WHERE t > {limit}
"""


class Hooks(http.server.ThreadingHTTPServer):
    """Answers with `answers` in turn, then 204; keeps what came."""
    daemon_threads = True

    def __init__(self, answers=(), tls=None):
        super().__init__(("127.0.0.1", 0), HookHandler)
        self.answers, self.came, self.lock = list(answers), [], threading.Lock()
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def taken(self):
        with self.lock:
            return [body for code, _, body in self.came if code < 300]


class HookHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            code, *headers = self.server.answers.pop(0) if self.server.answers else (204,)
            self.server.came.append((code, dict(self.headers), json.loads(body)))
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Mail(socketserver.ThreadingTCPServer):
    """A mail server of RFC 5321's least: keeps (sender, recipients, message) of what it took."""
    allow_reuse_address = daemon_threads = True

    def __init__(self, tls=None, user=None, refused=()):
        self.tls, self.user, self.refused, self.came = tls, user, refused, []
        super().__init__(("127.0.0.1", 0), MailHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class MailHandler(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.secure, self.known, sender, recipients = False, not self.server.user, None, []
        self.say("220 mail")
        for raw in iter(self.rfile.readline, b""):
            word, _, rest = raw.decode().rstrip("\r\n").partition(" ")
            word = word.upper()
            if word == "EHLO":
                offers = ["AUTH PLAIN"] if self.secure else ["STARTTLS"] if self.server.tls else []
                lines = ["mail", *offers]
                for i, line in enumerate(lines):
                    self.say(f"250{' ' if i == len(lines) - 1 else '-'}{line}")
            elif word == "STARTTLS":
                self.say("220 go on")
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)
                self.secure = True
                with self.request:
                    self.after_tls()
                return
            elif not self.converse(word, rest):
                return

    def after_tls(self):
        for raw in iter(self.rfile.readline, b""):
            word, _, rest = raw.decode().rstrip("\r\n").partition(" ")
            if word.upper() == "EHLO":
                self.say("250-mail")
                self.say("250 AUTH PLAIN")
            elif not self.converse(word.upper(), rest):
                return

    def converse(self, word, rest):
        if word == "AUTH":
            if rest == "PLAIN":  # the rest comes when it is asked for (RFC 4954 4)
                self.say("334 ")
                rest = self.rfile.readline().decode().rstrip("\r\n")
            given = base64.b64decode(rest.split()[-1]).decode().split("\0")
            self.known = tuple(given[1:]) == self.server.user
            self.say("235 welcome" if self.known else "535 no")
        elif word == "MAIL":
            self.sender, self.recipients = rest, []
            self.say("250 ok" if self.known else "530 who are you")
        elif word == "RCPT":
            address = re.search("<(.*)>", rest)[1]
            self.recipients.append(address)
            self.say("550 nobody" if address in self.server.refused else "250 ok")
        elif word == "DATA":
            self.say("354 go on")
            lines = []
            for line in iter(self.rfile.readline, b".\r\n"):
                lines.append(line[1:] if line.startswith(b".") else line)
            message = email.parser.BytesParser().parsebytes(b"".join(lines))
            self.server.came.append((self.sender, self.recipients, message))
            self.say("250 taken")
        elif word == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("250 ok")
        return True


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Delivery(SiteTest):
    def start(self, webhook, mail=None, limit=50, more=""):
        mail = mail or f'url = "smtp://127.0.0.1:{free_port()}"'
        config = (f'[rules]\nfolder = "rules"\n[[webhook]]\nname = "ops"\n{webhook}\nretry_min = "10ms"\n'
                  f'retry_max = "100ms"\n[[email]]\nname = "people"\n{mail}\nfrom = "perigee@plant.example"\n'
                  f'to = ["a@plant.example", "b@plant.example"]\nretry_min = "10ms"\nretry_max = "100ms"\n{more}')
        self.fog = self.node("fog-1", more=config)
        (self.fog.folder / "rules").mkdir(exist_ok=True)
        (self.fog.folder / "rules" / "hot.rule.sql").write_text(HOT.format(limit=limit))
        return self.fog.start()

    def publish(self, *values, topic="plant/press"):
        with mqtt.Client(self.fog.port, "press") as client:
            for t in values:
                self.assertEqual(client.publish_and_wait(topic, json.dumps({"t": t}).encode()), mqtt.SUCCESS)

    def link(self, name):
        links = json.loads(self.fog.get("/api/v1/links")[1])["links"]
        return next(each for each in links if each["name"] == name)

    def aside(self):
        ran = self.perigee("quarantine", "ls", "--data", self.fog.data, "--json")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return json.loads(ran.stdout)["records"]

    def test_a_webhook_gets_each_decision_and_what_an_alarm_says(self):
        (self.folder / "token").write_text("s3cret\n")
        hooks = Hooks(answers=[(503,), (503,), (429, ("Retry-After", "1"))])
        self.start(f'url = "http://127.0.0.1:{hooks.port}/in?x=1"\ntoken = {{ file = "{self.folder}/token" }}')
        self.publish(60, 70, 10)
        wait_until("all is delivered", lambda: len(hooks.taken()) == 4)
        first, raised, second, cleared = hooks.taken()
        self.assertEqual([first, second], [{"t": 60, "machine": "press"}, {"t": 70, "machine": "press"}])
        self.assertEqual([(each["alarm"], each["state"]) for each in (raised, cleared)],
                         [("hot", "raised"), ("hot", "cleared")])
        headers = hooks.came[0][1]
        self.assertEqual((headers["Authorization"], headers["ce-specversion"], headers["ce-source"]),
                         ("Bearer s3cret", "1.0", "/perigee/fog-1"))
        self.assertEqual(len({each[1]["ce-id"] for each in hooks.came[:4]}), 1, "the same one, tried again")
        self.assertEqual(len({each[1]["ce-id"] for each in hooks.came}), 4)
        link = self.link("webhook/ops")
        self.assertEqual((link["connected"], link["records_sent"], link["peer"]),
                         (True, 4, f"http://127.0.0.1:{hooks.port}"))

    def test_a_kill_loses_none_and_the_id_tells_what_came_twice(self):
        port = free_port()
        self.start(f'url = "http://127.0.0.1:{port}/"', limit=0)
        self.publish(*range(1, 21))
        wait_until("it is known to be away", lambda: not self.link("webhook/ops")["connected"])
        self.fog.kill()
        hooks = Hooks()
        self.fog.more = self.fog.more.replace(f":{port}/", f":{hooks.port}/")
        self.fog.start()
        wait_until("ten are there", lambda: len(hooks.taken()) >= 10)
        self.fog.kill()
        self.fog.start()
        decided = lambda: [body["t"] for body in hooks.taken() if "t" in body]
        wait_until("all are there", lambda: set(decided()) == set(range(1, 21)))
        ids = {}
        for _, headers, body in hooks.came:
            self.assertEqual(ids.setdefault(headers["ce-id"], body), body)
        self.assertEqual(len([body for body in ids.values() if "machine" in body]), 20)

    def test_a_destination_that_is_taken_away_holds_back_nothing(self):
        cursors = lambda: {row["name"] for row in json.loads(
            self.perigee("journal", "ls", self.fog.config, "--json").stdout)["cursors"]}
        self.start(f'url = "http://127.0.0.1:{free_port()}/"')
        self.publish(60)
        wait_until("it is known to be away", lambda: not self.link("webhook/ops")["connected"])
        self.assertLessEqual({"webhook.ops", "email.people"}, cursors())
        self.fog.stop()
        self.fog.more = '[rules]\nfolder = "rules"\n'
        (self.fog.folder / "rules" / "hot.rule.sql").unlink()
        self.fog.start()
        self.assertFalse({"webhook.ops", "email.people"} & cursors())
        self.assertIn("webhook.ops is not configured any more", self.fog.log)

    def test_what_is_refused_is_in_quarantine_and_may_be_tried_again(self):
        hooks = Hooks(answers=[(422,)])
        self.start(f'url = "http://127.0.0.1:{hooks.port}/"')
        self.publish(60)
        wait_until("the alarm is told", lambda: len(hooks.taken()) == 1)
        row, = wait_until("it is set aside", lambda: [r for r in self.aside() if r["reader"] == "webhook/ops"])
        self.assertIn("422", row["reason"])
        again = self.perigee("quarantine", "retry", row["number"], "--data", self.fog.data)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(hooks.taken()[-1], {"t": 60, "machine": "press"})

    def test_it_speaks_tls_and_believes_only_its_authority(self):
        authority = Authority(self.folder)
        authority.issue("hooks")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "hooks.crt", self.folder / "hooks.key")
        hooks = Hooks(tls=context)
        self.start(f'url = "https://localhost:{hooks.port}/"')
        self.publish(60)
        wait_until("it is not believed", lambda: not self.link("webhook/ops")["connected"])
        self.assertEqual(hooks.came, [])
        self.fog.stop()
        self.fog.more = self.fog.more.replace("[[email]]", f'authority = "{authority.certificate}"\n[[email]]')
        self.fog.start()
        wait_until("both are delivered", lambda: len(hooks.taken()) == 2)

    def test_people_get_mail(self):
        mail = Mail()
        self.start('url = "http://127.0.0.1:1/"', f'url = "smtp://127.0.0.1:{mail.port}"\nin_the_clear = true')
        self.publish(60)
        wait_until("the mail is there", lambda: mail.came)
        sender, recipients, message = mail.came[0]
        self.assertTrue(sender.startswith("FROM:<perigee@plant.example>"), sender)
        self.assertEqual(recipients, ["a@plant.example", "b@plant.example"])
        self.assertEqual(str(email.header.make_header(email.header.decode_header(message["Subject"]))),
                         "press is at 60")
        self.assertEqual(message.get_payload(decode=True), b"as press says")

    def test_mail_wants_tls_and_a_password_where_it_should(self):
        authority = Authority(self.folder)
        authority.issue("mail")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "mail.crt", self.folder / "mail.key")
        (self.folder / "password").write_text("pass word\n")
        plain, mail = Mail(), Mail(tls=context, user=("node", "pass word"))
        lines = (f'authority = "{authority.certificate}"\nuser = "node"\n'
                 f'password = {{ file = "{self.folder}/password" }}')
        self.start('url = "http://127.0.0.1:1/"', f'url = "smtp://localhost:{plain.port}"\n{lines}')
        self.publish(60)
        wait_until("a server without TLS is not used", lambda: not self.link("email/people")["connected"])
        self.assertEqual(plain.came, [])
        self.fog.stop()
        self.fog.more = self.fog.more.replace(f":{plain.port}", f":{mail.port}")
        self.fog.start()
        wait_until("the mail is there", lambda: mail.came)

    def test_a_recipient_that_is_refused_for_good_is_told_in_quarantine(self):
        mail = Mail(refused=("a@plant.example",))
        self.start('url = "http://127.0.0.1:1/"', f'url = "smtp://127.0.0.1:{mail.port}"\nin_the_clear = true')
        self.publish(60)
        row, = wait_until("it is set aside", lambda: [r for r in self.aside() if r["reader"] == "email/people"])
        self.assertIn("550", row["reason"])
        self.assertEqual(mail.came, [])

    def test_what_is_configured_wrongly_is_said_at_once(self):
        for section, code in (
                ('[[webhook]]\nname = "ops"\nurl = "http://far.example/"', "P0110"),
                ('[[webhook]]\nname = "ops"\nurl = "ftp://127.0.0.1/"', "P0112"),
                ('[[webhook]]\nname = "ops"\nurl = "https://user:pass@far.example/"', "P0112"),
                ('[[webhook]]\nname = "ops"', "P0104"),
                ('[[webhook]]\nname = "Ops"\nurl = "https://far.example/"', "P0105"),
                ('[[email]]\nname = "p"\nurl = "smtps://far.example"\nfrom = "x"\nto = ["a@b"]', "P0105"),
                ('[[email]]\nname = "p"\nurl = "smtps://far"\nfrom = "a@b"\nto = ["a@b\\r\\nTo: c@d"]', "P0105"),
                ('[[email]]\nname = "p"\nurl = "smtps://far.example"\nfrom = "a@b"\nto = []', "P0104")):
            file = self.folder / "bad.toml"
            file.write_text(f'[node]\nid = "n"\ndata = "data"\n{section}\n')
            ran = self.perigee("validate", file)
            self.assertNotEqual(ran.returncode, 0, section)
            self.assertIn(code, ran.stderr + ran.stdout, section)
        rules = self.folder / "rules"
        rules.mkdir()
        (rules / "hot.rule.sql").write_text(HOT.format(limit=1))
        file.write_text('[node]\nid = "n"\ndata = "data"\n[rules]\nfolder = "rules"\n')
        ran = self.perigee("validate", file)
        self.assertIn("P0240", ran.stderr + ran.stdout)


if __name__ == "__main__":
    unittest.main()
