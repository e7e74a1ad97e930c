"""What the interoperability drivers share: one server of our own in a temporary folder, and counted claims.

A driver is a list of stories. A story makes claims; each claim prints one line, `ok ...` or `FAILED ...`. A story
that cannot go on is one failure, and the next story still runs. Python's standard library only.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import traceback

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ROLLCALL", str(PROJECT / "target/linux-dist/rollcall"))
# Nothing can be put between a static executable and the clock; the build that the tests use can have it.
LINKED = pathlib.Path(os.environ.get("ROLLCALL_LINKED", PROJECT / "target/debug/rollcall"))


class Claims:
    """Counts what was found true and what was not. Threads may share one."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self._lock = threading.Lock()

    def that(self, true, claim, otherwise=""):
        """Counts one claim; `otherwise` is what was seen instead."""
        with self._lock:
            if true:
                self.passed += 1
                print(f"ok {claim}", flush=True)
            else:
                self.failed += 1
                print(f"FAILED {claim}" + (f": {otherwise}" if otherwise != "" else ""), flush=True)
        return bool(true)

    def equal(self, seen, expected, claim):
        return self.that(seen == expected, claim, f"{seen!r} instead of {expected!r}")

    def story(self, tell, *arguments):
        """Runs a story; what breaks it off is a failure."""
        try:
            return tell(*arguments)
        except Exception as cause:  # a driver must go on whatever happened
            told = " ".join([tell.__name__.replace("_", " "), *(part for part in arguments if isinstance(part, str))])
            places = [f"{pathlib.Path(at.filename).name}:{at.lineno}" for at in traceback.extract_tb(cause.__traceback__)]
            self.that(False, f"{told}: the story is told to its end", f"{cause!r} at {' '.join(places[-3:])}")
            return None

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


_LIBC = ctypes.CDLL(None)  # loaded here, because between fork and exec nothing should be


def die_with_parent():
    """For `preexec_fn`: a program that we started never outlives us, even if we are killed."""
    _LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def run(*command, timeout=300, **more):
    """A program's end: its code, and both outputs as one text."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **more}
    told = options.pop("input", None)
    if told is not None:
        options["stdin"] = subprocess.PIPE
    command = [str(part) for part in command]
    with subprocess.Popen(command, text=True, errors="replace", **options) as process:
        _running.add(process)
        try:
            out, err = process.communicate(told, timeout=timeout)
        except BaseException:
            process.kill()
            raise
        finally:
            _running.discard(process)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def wait_until(true, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = true()
        if value:
            return value
        time.sleep(0.05)
    raise TimeoutError(f"{what} did not happen within {seconds} s")


_running = set()  # programs whose end is waited for
_started = []  # every program that a stop request must take along
_folders = []
at_end = []  # what else a stop request must undo: functions without arguments


def started(process):
    """Notes a program, started in a process group of its own, that must not outlive us."""
    _started.append(process)
    return process


def _end_at_once(number, _):
    """A stop request waits for no story: threads of a driver may be in the middle of a slow one."""
    for process in _started:
        if process.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
                os.waitpid(process.pid, 0)
    for process in list(_running):
        # Not `process.wait`: the thread that this interrupts may hold its lock.
        with contextlib.suppress(OSError):
            os.kill(process.pid, signal.SIGKILL)
            os.waitpid(process.pid, 0)
    for undo in at_end:
        undo()
    for folder in _folders:
        remove(folder)
    os._exit(128 + number)


def remove(folder):
    """A folder with all in it; what is mounted there is unmounted first."""
    mounts = pathlib.Path("/proc/self/mounts")
    places = [line.split()[1] for line in mounts.read_text().splitlines()] if mounts.exists() else []
    for place in reversed([place for place in places if place.startswith(f"{folder}/")]):
        subprocess.run(["umount", "-l", place], check=False)
    shutil.rmtree(folder, ignore_errors=True)


class Folder:
    """A temporary folder that is gone at the end, also after Ctrl-C or a stop request."""

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end_at_once)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="rollcall-interop-"))
        _folders.append(self.path)
        return self.path

    def __exit__(self, *_):
        remove(self.path)


class Server:
    """The executable under test, on ports of the system's choice (None: not at all), with its own data folder.

    `with Server(folder) as server:` starts and stops it. Start it from the main thread: it ends when the thread
    that started it ends.
    """

    def __init__(self, folder, ports=(0, 0), environment=None, prefix=(), host="127.0.0.1", program=None, words=()):
        self.data = pathlib.Path(folder) / "data"
        self.ports = ports
        self.prefix = list(prefix)  # words that start a program under some limit
        self.host = host
        self.program = str(program or PROGRAM)
        self.words = [str(word) for word in words]  # more arguments of `serve`
        # Variables of our own tests would be settings that it does not know.
        outside = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
        self.environment = {**outside, **(environment or {})}
        self.process = None
        self.lines = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        if not os.access(self.program, os.X_OK):
            raise FileNotFoundError(f"there is no executable {self.program}; build it, or name one in ROLLCALL")
        self.lines = []
        http, https = ("off" if port is None else f"{self.host}:{port}" for port in self.ports)
        self.process = started(subprocess.Popen(
            [*self.prefix, self.program, "--data", str(self.data), "serve", "--http", http, "--https", https,
             *self.words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env=self.environment, cwd=self.data.parent, preexec_fn=die_with_parent, start_new_session=True,
        ))
        # The pipe is emptied all the time: a server that waits for its reader would look like a slow one.
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()
        self.http_port, self.https_port = (None if port is None else self._port(scheme) for scheme, port in zip(("http", "https"), self.ports))
        # The same ports after a restart, because agents keep their state by the server's address.
        self.ports = (self.http_port, self.https_port)
        for port in filter(None, self.ports):
            wait_until(lambda: self._answers(port), 30, f"port {port} answering")

    def _listen(self, stream):
        for line in stream:
            self.lines.append(line.rstrip("\n"))

    def output(self):
        return "\n".join(self.lines)

    def _port(self, scheme):
        """The server prints where it listens as `http://127.0.0.1:PORT` and `https://127.0.0.1:PORT`."""

        def seen():
            if self.process.poll() is not None:
                raise ChildProcessError(f"the server ended with {self.process.returncode}: {self.output()[-2000:]}")
            hosts = rf"(?:{re.escape(self.host)}|localhost|\[::1\])"
            return re.search(rf"\b{scheme}://{hosts}:([1-9][0-9]*)", self.output())

        return int(wait_until(seen, 60, f"the line with the {scheme} address").group(1))

    def _answers(self, port):
        try:
            socket.create_connection((self.host, port), timeout=1).close()
            return True
        except OSError:
            return False

    def stop(self):
        """Asks the server to end, as a service manager does. Returns its exit code; -9 means it had to be killed."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def _command(self, *arguments, **more):
        return run(self.program, "--data", self.data, *arguments, timeout=120, env=self.environment, cwd=self.data.parent, **more)

    def cli(self, *arguments, **more):
        """A command of the executable on this server's data folder, while the server runs."""
        done = self._command(*arguments, **more)
        if done.returncode != 0:
            raise ChildProcessError(f"`rollcall {' '.join(map(str, arguments))}` ended with {done.returncode}: {done.stdout}")
        return done

    def show(self, device_id):
        """What the server says about a computer, or None when it knows none of that name."""
        done = self._command("show", device_id, "--json", stderr=subprocess.DEVNULL)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def authority(self):
        """The path of the cacert.pem that agents get."""
        path = self.data.parent / "cacert.pem"
        self.cli("cert", "export-ca", "-o", path)
        return path

    def setup_code(self):
        """The one-time code of the first start: in a link as `code=...`, or a word of its own near the word `code`."""

        def seen():
            for number, line in enumerate(self.lines):
                if re.search(r"\bcode\b", line, re.I):
                    near = " ".join(self.lines[number:number + 3])
                    # 128 bits are 22 letters and digits at least; no word of a sentence has both in such number.
                    found = re.search(r"\bcode=([\w-]{16,})", near) or re.search(r"(?<!\S)(?=\S*\d)([A-Za-z0-9-]{16,})(?=[\s.,]|$)", near)
                    if found:
                        return found.group(1)
            return None

        return wait_until(seen, 10, "the line with the set-up code")

    def memory_kib(self):
        """(now, most ever) resident memory of the process."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return tuple(int(re.search(rf"^{name}:\s+(\d+) kB", status, re.M).group(1)) for name in ("VmRSS", "VmHWM"))
