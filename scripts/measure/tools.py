"""What every part needs: the built programs, inventories to make computers from, a server of our own."""

import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.parse

PROJECT = pathlib.Path(__file__).resolve().parents[2]
WORK = PROJECT / "target" / "bench"
PASSWORD = "eleven blue boats"
# Inventories that the generator writes; the load program makes the further computers from them.
TEMPLATES = 2000


class Tools:
    """Builds what is measured and what measures."""

    def __init__(self, program=None):
        WORK.mkdir(parents=True, exist_ok=True)
        self.bench = {}
        told = self._cargo("bench", "--no-run", "--bench", "load", "--bench", "queries", "--message-format", "json")
        for line in told.splitlines():
            message = json.loads(line) if line.startswith("{") else {}
            if message.get("executable"):
                self.bench[message["target"]["name"]] = message["executable"]
        # Afterwards, because the line above leaves a program with the features that only tests want.
        if program is None:
            self._cargo("build", "--release", "--quiet")
        self.program = pathlib.Path(program or PROJECT / "target/release/rollcall").resolve()
        self.templates = WORK / f"computers-{TEMPLATES}"
        if not (self.templates / "whole").exists():
            shutil.rmtree(self.templates, ignore_errors=True)
            subprocess.run([sys.executable, PROJECT / "tests/fixtures/gen_inventories.py", "--count", str(TEMPLATES),
                            "--format", "xml", "--out", self.templates], check=True)
            (self.templates / "whole").touch()

    @staticmethod
    def _cargo(*arguments):
        done = subprocess.run(["cargo", *arguments, "--locked"], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit("the build failed")
        return done.stdout

    def load(self, address, what, *, processes=(), **options):
        """Runs the load program; its figures."""
        command = [self.bench["load"], "--json", "--what", what, "--computers", self.templates]
        if processes:
            command += ["--processes", ",".join(map(str, processes))]
        for name, value in options.items():
            flag = "--" + name.replace("_", "-")
            command += [flag] if value is True else [flag, str(value)]
        done = subprocess.run([*map(str, command), address], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if not done.stdout.startswith("{"):
            sys.exit(f"the load program failed: {done.stderr}")
        figures = json.loads(done.stdout)
        if figures["failed"]:
            print(f"   !! {what}: {done.stderr.strip()}", flush=True)
        return figures


class Server:
    """Rollcall with a data folder of its own, on ports that the system chose."""

    def __init__(self, tools, name, https=False, environment=None):
        self.tools, self.https = tools, https
        self.environment = {**os.environ, **(environment or {})}
        self.data = WORK / name
        self._log = WORK / f"{name}.log"
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        """Starts it; the seconds until it answers."""
        begun = time.monotonic()
        with open(self._log, "w") as log:
            self._process = subprocess.Popen(
                [self.tools.program, "--data", self.data, "serve", "--http", "127.0.0.1:0",
                 "--https", "127.0.0.1:0" if self.https else "off"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self.environment)
        while True:
            told = self._log.read_text(errors="replace")
            # With HTTPS the agents' line names plain HTTP and the console's line HTTPS.
            http_at = re.search(r"http://([^/\s]*:\d+)/ocsinventory", told)
            https_at = re.search(r"https://([^/\s]*:\d+)/ocsreports", told)
            if http_at and (https_at or not self.https):
                self.address = f"http://{http_at[1]}"
                self.secure = f"https://{https_at[1]}" if https_at else None
                try:
                    if self.get("/ocsreports/health")[0] == 200:
                        return time.monotonic() - begun
                except OSError:
                    pass
            if self._process.poll() is not None:
                sys.exit(f"the server did not start:\n{told}")
            if time.monotonic() - begun > 120:
                self.stop()
                sys.exit(f"the server did not answer within two minutes:\n{told}")
            time.sleep(0.01)

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(120)
        self._process = None

    def load(self, what, *, secure=False, **options):
        if secure:
            options["ca"] = self.data / "tls" / "cacert.pem"
        return self.tools.load(self.secure if secure else self.address, what, processes=[self.pid], **options)

    def command(self, *arguments, **more):
        return subprocess.run([self.tools.program, "--data", self.data, *arguments], check=True, text=True,
                              stdout=subprocess.PIPE, **more).stdout

    def computers(self):
        """How many computers the store holds."""
        return int(re.search(r"^computers\s+(\d+)", self.command("status"), re.M)[1])

    def memory(self):
        """Resident memory in MB: now, and at most so far."""
        told = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return tuple(int(re.search(rf"{name}:\s+(\d+)", told)[1]) / 1024 for name in ("VmRSS", "VmHWM"))

    def file(self):
        return (self.data / "store.redb").stat().st_size

    # ---------------------------------------------------------------- the console, from loopback

    def request(self, method, path, headers=None, body=None):
        host = self.address.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=120)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def get(self, path, cookie=None):
        return self.request("GET", path, {"Cookie": cookie} if cookie else {})

    def log_in(self, account="bench"):
        """Makes an administrator, if need be, and logs in; the cookie of the session."""
        if account not in self.command("user", "list"):
            self.command("user", "add", account, "--role", "admin", "--password-stdin", input=PASSWORD + "\n")
        _, headers, body = self.get("/ocsreports/login")
        token = re.search(rb'name="token" value="([0-9a-f]+)"', body)[1].decode()
        form = urllib.parse.urlencode({"account": account, "password": PASSWORD, "lang": "en", "token": token})
        status, headers, _ = self.request("POST", "/ocsreports/login", {
            "Cookie": headers["Set-Cookie"].split(";")[0], "Origin": self.address, "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded"}, form)
        cookies = [value.split(";")[0] for value in headers.get_all("Set-Cookie") or []]
        session = [cookie for cookie in cookies if cookie.startswith("rollcall-local=")]
        if not session:
            sys.exit(f"cannot log in: {status}")
        return session[0]
