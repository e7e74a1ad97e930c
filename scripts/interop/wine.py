"""A Windows machine of Wine, for the drivers that need one: booted, switched off, commands run on it.

Python's standard library only.
"""

import os
import pathlib
import re
import shutil
import subprocess

import harness

WINESERVER = shutil.which("wineserver") or "/usr/lib/wine/wineserver"


class Windows:
    """One Wine prefix, as one machine."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.prefix = self.folder / "prefix"
        self.disk = self.prefix / "drive_c"
        outside = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
        outside.pop("DISPLAY", None)
        self.environment = {
            **outside, "WINEPREFIX": str(self.prefix), "WINEARCH": "win64", "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=", "LC_ALL": "C.UTF-8",
        }

    def boot(self):
        self.run("wineboot", "-i")
        self.run("winecfg", "-v", "win10")
        self.server("-k")
        self.on()

    def on(self):
        """Without this the machine is shut down whenever its last program ends."""
        self.server("-p")
        self.run("wineboot")

    def off(self):
        self.server("-k")
        self.server("-w")

    def server(self, word):
        harness.run(WINESERVER, word, env=self.environment, timeout=60, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self, *words, timeout=180):
        """What it says goes through a file: Wine's helpers would keep a pipe open."""
        with open(self.folder / "said", "w+b") as said:
            done = harness.run("wine", *words, env=self.environment, timeout=timeout, stdout=said, stderr=subprocess.STDOUT)
            said.seek(0)
            done.stdout = said.read().decode(errors="replace").replace("\r", "")
        return done

    def compile(self, name, source):
        """A small program, for what only a program can do here."""
        file = self.folder / f"{name}.c"
        file.write_text(source)
        done = harness.run("x86_64-w64-mingw32-gcc", "-O1", "-s", "-municode", "-o", file.with_suffix(".exe"), file, "-luser32")
        if done.returncode != 0:
            raise ChildProcessError(done.stdout)
        return file.with_suffix(".exe")

    def start(self, *words, name="program", **more):
        """Goes on; what it says is in a file. Its end is the end of the thread that started it."""
        log = open(self.folder / f"{name}.log", "ab")
        options = {"stdin": subprocess.DEVNULL, "env": self.environment, **more}
        return harness.started(subprocess.Popen(
            ["wine", *map(str, words)], stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=harness.die_with_parent, **options,
        ))

    def said(self, name="program"):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def batch(self, line, timeout=300):
        """A command line as Windows reads it: Wine quotes words with blanks in another way than setups expect."""
        file = self.folder / "run.cmd"
        file.write_bytes(f"@chcp 65001 >nul\r\n@{line}\r\n@exit /b %ERRORLEVEL%\r\n".encode())
        return self.run("cmd", "/c", path(file), timeout=timeout)

    def registry(self, key, value):
        done = self.run("reg", "query", key, "/v", value)
        found = re.search(rf"{re.escape(value)}\s+REG_\w+\s+(.*)", done.stdout)
        return found.group(1).strip() if found else None


class Screen:
    """A screen that nobody sees, for windows."""

    def __enter__(self):
        here, there = os.pipe()
        self.process = harness.started(subprocess.Popen(
            ["Xvfb", "-displayfd", str(there), "-screen", "0", "1024x768x24", "-nolisten", "tcp"], pass_fds=[there],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=harness.die_with_parent,
        ))
        os.close(there)
        with os.fdopen(here) as told:
            self.name = ":" + told.readline().strip()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def console(self):
        """The number of a console's window, once there is one."""
        seen = lambda: self._do("search", "--onlyvisible", "--class", "conhost").split()
        return harness.wait_until(seen, 60, "the window of a console")[0]

    def press(self, window, *keys):
        self._do("windowfocus", window)
        self._do("key", *keys)

    def _do(self, *words):
        return harness.run("xdotool", *words, env={**os.environ, "DISPLAY": self.name}, timeout=30, stderr=subprocess.DEVNULL).stdout


def path(file):
    return "Z:" + str(file).replace("/", "\\")
