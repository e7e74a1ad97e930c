"""Chromium without a window, steered through chromedriver's W3C protocol with Python's standard library only.

    with Chromium(folder, authority, language="fr") as browser:
        browser.open("https://localhost:8443/")
        browser.fill("[name=account]", "admin")
        browser.press("button")

The browser trusts our authority the way a person would make it do so: by importing cacert.pem. No certificate
error is ignored. It notes every error of a page and every host that a page asked for.
"""

import base64
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import harness

CONTRAST = pathlib.Path(__file__).with_name("contrast.js").read_text()
ENTER, TAB, ESCAPE, CONTROL = "\uE007", "\uE004", "\uE00C", "\uE009"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

SWITCHES = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage",
    "--no-default-browser-check",
    # The browser's own services get no answer at all, so that a test needs no network and tells nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


class Refused(Exception):
    """The browser's answer when it cannot do what was asked."""


class Chromium:
    def __init__(self, folder, authority=None, language="en"):
        self.home = pathlib.Path(folder) / f"browser-{language}"
        self.authority = authority
        self.language = language
        self.hosts = set()
        self.errors = []

    def __enter__(self):
        self.home.mkdir()
        if self.authority:
            self._trust()
        self._start_driver()
        try:
            self._start_browser()
        except BaseException:
            self.driver.kill()
            raise
        return self

    def __exit__(self, *_):
        try:
            self._notes()
            self._call("DELETE", "")
        except (Refused, OSError):
            pass
        self.driver.terminate()
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()

    def _trust(self):
        database = self.home / ".pki/nssdb"
        database.mkdir(parents=True)
        for command in (["-N", "--empty-password"], ["-A", "-n", "rollcall", "-t", "C,,", "-i", self.authority]):
            done = harness.run("certutil", "-d", f"sql:{database}", *command)
            if done.returncode != 0:
                raise Refused(f"certutil: {done.stdout}")

    def _start_driver(self):
        log = self.home / "driver.log"
        with log.open("w") as output:
            self.driver = harness.started(subprocess.Popen(
                ["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": str(self.home), "no_proxy": "*"}, preexec_fn=harness.die_with_parent,
                start_new_session=True,
            ))
        ready = lambda: re.search(r"started successfully on port (\d+)", log.read_text())
        self.url = f"http://127.0.0.1:{harness.wait_until(ready, 30, 'start of chromedriver').group(1)}/session"

    def _start_browser(self):
        arguments = [*SWITCHES, f"--user-data-dir={self.home}/profile", f"--lang={self.language}", "--window-size=1280,900"]
        options = {
            "binary": "/usr/bin/chromium", "args": arguments, "prefs": {"intl.accept_languages": self.language},
            "perfLoggingPrefs": {"enableNetwork": True, "enablePage": False},
        }
        wish = {
            "browserName": "chrome", "acceptInsecureCerts": False, "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        self.url += "/" + self._call("POST", "", {"capabilities": {"alwaysMatch": wish}})["sessionId"]

    def _call(self, method, path, body=None):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=90) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as refusal:
            value = json.load(refusal)["value"]
            raise Refused(f"{value['error']}: {value['message'].splitlines()[0]}") from None

    def _notes(self):
        """Fetches what the browser noted since the last time; each entry is handed out once."""
        for entry in self._call("POST", "/se/log", {"type": "browser"}):
            if entry["level"] in ("SEVERE", "WARNING"):
                self.errors.append(f"{entry['level']} {entry['message']}")
        for entry in self._call("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                address = urllib.parse.urlsplit(message["params"]["request"]["url"])
                if address.scheme in ("http", "https", "ws", "wss"):
                    self.hosts.add(address.netloc)

    # --- looking ---

    def script(self, text, *arguments):
        return self._call("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def address(self):
        return self._call("GET", "/url")

    def path(self):
        return urllib.parse.urlsplit(self.address()).path

    def text(self):
        return self.script("return document.body ? document.body.innerText : ''")

    def title(self):
        return self._call("GET", "/title")

    def page_language(self):
        return self.script("return document.documentElement.lang")

    def has(self, selector):
        return bool(self._call("POST", "/elements", {"using": "css selector", "value": selector}))

    def wider_than_window(self):
        """By how many pixels a page must be pushed sideways to be read whole."""
        return self.script("return document.documentElement.scrollWidth - window.innerWidth")

    def hard_to_read(self):
        """Words whose contrast is too low, as the page is shown now."""
        return self.script(CONTRAST)

    # --- acting ---

    def open(self, address):
        self._call("POST", "/url", {"url": address})
        self._notes()
        # A certificate that it does not trust gives a page of the browser's own, without any error here.
        if self.script("return location.protocol") == "chrome-error:":
            reason = re.search(r"ERR_\w+", self.text())
            raise Refused(f"{address}: {reason.group(0) if reason else self.title()}")

    def _find(self, selector):
        return self._call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def fill(self, selector, text):
        element = self._find(selector)
        self._call("POST", f"/element/{element}/clear")
        self._call("POST", f"/element/{element}/value", {"text": text})

    def bring(self, selector, *files):
        """Chooses files, as a person does in the window that opens."""
        self._call("POST", f"/element/{self._find(selector)}/value", {"text": "\n".join(str(file) for file in files)})

    def upload_speed(self, bytes_per_second):
        """How fast it sends from now on; -1 for as fast as it can."""
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
        self._call("POST", "/goog/cdp/execute", {"cmd": "Network.emulateNetworkConditions", "params": conditions})

    def press(self, selector):
        """Clicks and waits until the page that this leads to is there."""
        self._unfold(selector)
        element = self._find(selector)
        self.leads(lambda: self._call("POST", f"/element/{element}/click"))

    def tick(self, selector):
        """Clicks on something that leads nowhere."""
        self._call("POST", f"/element/{self._find(selector)}/click")

    def leads(self, act):
        """Does something and waits until the page that this leads to is there."""
        self.script("window.rollcallOld = true")
        act()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                if self.script("return !window.rollcallOld && document.readyState === 'complete'"):
                    break
            except Refused:
                pass  # between two pages there is nothing to ask
            time.sleep(0.03)
        self._notes()

    def keys(self, text, held=""):
        """Types on the keyboard, wherever the focus is; `held` is kept down meanwhile."""
        strokes = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        if held:
            strokes = [{"type": "keyDown", "value": held}, *strokes, {"type": "keyUp", "value": held}]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def _unfold(self, selector):
        """Opens the menu that hides an element, as a person would: by its summary."""
        closed = "const menu = document.querySelector(arguments[0])?.closest('details:not([open])');"
        if self.script(closed + "menu?.querySelector('summary')?.setAttribute('data-unfold', ''); return !!menu", selector):
            self._call("POST", f"/element/{self._find('[data-unfold]')}/click")
            self.script("document.querySelector('[data-unfold]').removeAttribute('data-unfold')")

    def width(self, pixels, height=900):
        """As on a device of this width; a window alone cannot be made as narrow as a telephone."""
        metrics = {"width": pixels, "height": height, "deviceScaleFactor": 1, "mobile": pixels < 600}
        self._call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics})

    def scheme(self, name):
        """As a system that is set to `light` or `dark`."""
        media = {"features": [{"name": "prefers-color-scheme", "value": name}]}
        self._call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": media})

    def cookies(self):
        return "; ".join(f"{one['name']}={one['value']}" for one in self._call("GET", "/cookie"))

    def picture(self, file):
        pathlib.Path(file).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(file).write_bytes(base64.b64decode(self._call("GET", "/screenshot")))
