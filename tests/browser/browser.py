"""A tab of Debian's Chromium, driven through playwright-core from npm."""

import http.client
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "process"))
from processes import PATIENCE_S, _die_with_the_test  # noqa: E402

WEB = Path(os.environ.get("PERIGEE_WEB", "web")).resolve()
SHOTS = Path(os.environ.get("PERIGEE_SHOTS", "build/browser")).resolve()
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = Path(__file__).with_name("driver.mjs")
SIZES = {"desk": (1440, 900), "tablet": (820, 1180), "phone": (390, 844)}


def what_is_missing():
    """Why no browser can be driven here; nothing where one can."""
    if not CHROMIUM:
        return "Chromium is not installed: `make setup` installs it"
    if not (WEB / "node_modules" / "playwright-core").is_dir():
        return f"playwright-core is not installed: npm ci --prefix {WEB}"
    return None


def one_time_link(info):
    """Signs in once at the node whose run file says so, as the link of `perigee page` does."""
    port = info["api"]["port"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("POST", "/api/v1/session/tokens", headers={"Authorization": f"Bearer {info['token']}"})
        answer = connection.getresponse()
        body = answer.read().decode()
        assert answer.status == 201, body
        return f"http://127.0.0.1:{port}/#token={json.loads(body)['token']}"
    finally:
        connection.close()


class Browser:
    """One tab at a time. What a selector stands for is waited for. What does not come in time fails the test, and a
    screenshot of that name is left."""

    def __init__(self, name):
        if missing := what_is_missing():
            raise AssertionError(missing)
        self.name = name
        self.errors = open(os.environ.get("PERIGEE_DRIVER_LOG", os.devnull), "ab")
        self.process = subprocess.Popen(["node", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=self.errors, preexec_fn=_die_with_the_test,
                                        env=os.environ | {"PERIGEE_WEB": str(WEB), "CHROMIUM": CHROMIUM})

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.errors.close()

    def send(self, deed, **given):
        self.process.stdin.write(json.dumps({"deed": deed, **given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the browser ended at {deed} {given}")
        return json.loads(line)

    def do(self, deed, **given):
        answer = self.send(deed, **given)
        if "error" in answer:
            self.shot(f"failed-{self.name}", whole=False)
            raise AssertionError(f"{deed} {given}: {answer['error']}")
        return answer["value"]

    def open(self, url, size="desk", theme="light"):
        width, height = SIZES[size]
        self.do("open", url=url, width=width, height=height, theme=theme, patience=PATIENCE_S)

    def resize(self, size, theme):
        width, height = SIZES[size]
        self.do("resize", width=width, height=height, theme=theme)

    def see(self, selector, text=""):
        self.do("see", selector=selector, text=text)

    def gone(self, selector, text=""):
        self.do("gone", selector=selector, text=text)

    def click(self, selector, text=""):
        self.do("click", selector=selector, text=text)

    def fill(self, selector, text):
        self.do("fill", selector=selector, text=text)

    def text(self, selector):
        return self.do("text", selector=selector)

    def texts(self, selector):
        return self.do("texts", selector=selector)

    def evaluate(self, script):
        return self.do("evaluate", script=script)

    def view(self, name):
        """As a click in the navigation does, wherever that is on this size of screen."""
        self.evaluate(f"location.hash = '#/{name}'")

    def shot(self, name, whole=False):
        """Kept, to be looked at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.send("shot", file=str(SHOTS / f"{name}.png"), whole=whole)
