"""Many agents at once that remember what they were told, for the drivers of the fault programme.

Each inventory carries a revision in every kind of record (list column, section, software, administrative data), so
that a computer shown with two of them was stored by halves. A `Ledger` knows what was acknowledged; `compare` asks
the server through its control door, which is a thousand times cheaper than a command for each computer.

The level is C (every change) or N (nightly, `ROLLCALL_FAULTS=N`); `--runs N` overrides a count. The seed is printed.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import socket
import struct
import sys
import threading
import time
import zlib

import harness

AGENT = "OCS-NG_WINDOWS_AGENT_v2.10.1.0"
NIGHTLY = os.environ.get("ROLLCALL_FAULTS", "C").upper() == "N"


def arguments(about, *stories):
    """What a driver of the fault programme is called with: names of stories, `--runs`, `--seed`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("stories", nargs="*", metavar="STORY", help=f"some of: {' '.join(stories)}")
    parser.add_argument("--runs", type=int, help="how often, instead of what the level says")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("ROLLCALL_SEED", random.randrange(1 << 32))))
    given = parser.parse_args()
    for name in given.stories:
        if name not in stories:
            parser.error(f"there is no story {name}")
    given.stories = given.stories or list(stories)
    random.seed(given.seed)
    print(f"seed {given.seed}, level {'N' if NIGHTLY else 'C'}", flush=True)
    return given


def runs(given, at_c, at_n):
    """How often something is done."""
    return given.runs or (at_n if NIGHTLY else at_c)


def percentile(times, part):
    times = sorted(times)
    return times[min(len(times) - 1, int(len(times) * part))] if times else float("inf")


def in_namespaces(*kinds):
    """Runs this driver anew in namespaces of its own (`mount`, `net`). Mounts and addresses are then gone with its last
    process, however it ends. Exit code 77 where the system does not allow it."""
    marks = os.environ.get("CROWD_NAMESPACES", "")
    if marks == " ".join(kinds):
        return
    command = ["unshare", *(f"--{kind}" for kind in kinds)]
    if os.geteuid() != 0:
        command[1:1] = ["--user", "--map-root-user"]
    if harness.run(*command, "true").returncode != 0:
        print(f"LEFT OUT: namespaces of its own ({' '.join(kinds)}) are not allowed here")
        sys.exit(77)
    os.environ["CROWD_NAMESPACES"] = " ".join(kinds)
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


# --- messages -----------------------------------------------------------------------------------------------


def device(name):
    return f"{name}-2026-02-03-08-15-42"


def prolog(name):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<REQUEST><DEVICEID>{device(name)}</DEVICEID><QUERY>PROLOG</QUERY></REQUEST>'


def inventory(name, revision, rows=6, weight=0):
    """A small inventory; `weight` more bytes that compress badly."""
    serial = zlib.crc32(name.encode())
    mac = ":".join(f"{byte:02x}" for byte in b"\x02\x00" + struct.pack(">I", serial))
    software = "".join(f"<SOFTWARES><NAME>Program {n}</NAME><VERSION>{n}.0</VERSION></SOFTWARES>" for n in range(rows))
    filler = "" if not weight else f"<DESCRIPTION>{random.randbytes(weight // 2).hex()}</DESCRIPTION>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<REQUEST><CONTENT>'
        f"<HARDWARE><NAME>{name}</NAME><WINOWNER>{revision}</WINOWNER><OSNAME>Windows 11</OSNAME><MEMORY>8192</MEMORY></HARDWARE>"
        f"<BIOS><SSN>SN-{name}</SSN><SMODEL>Desk 400</SMODEL><BVERSION>{revision}</BVERSION></BIOS>"
        f"<NETWORKS><MACADDR>{mac}</MACADDR><IPADDRESS>192.168.50.7</IPADDRESS>{filler}</NETWORKS>{software}"
        f"<SOFTWARES><NAME>Revision</NAME><VERSION>{revision}</VERSION></SOFTWARES>"
        f"<ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{name}</KEYVALUE></ACCOUNTINFO>"
        f"</CONTENT><DEVICEID>{device(name)}</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>"
    )


def revisions(shown):
    """Every revision that a computer is shown with, as a set; one of them when it is whole."""
    sections = {name.upper(): rows if isinstance(rows, list) else [rows] for name, rows in shown["sections"].items()}
    found = {row.get("WINOWNER") for row in sections.get("HARDWARE", [{}])}
    found |= {row.get("BVERSION") for row in sections.get("BIOS", [{}])}
    found |= {row.get("VERSION") for row in sections.get("SOFTWARES", []) if row.get("NAME") == "Revision"} or {None}
    if shown["accountinfo"].get("TAG") != shown["general"]["name"]:
        found.add("TAG of somebody else")
    return found


# --- one agent ----------------------------------------------------------------------------------------------


class Line:
    """A connection that is opened again when it was lost. Statuses, or None when nobody answered."""

    def __init__(self, port, source="127.0.0.1", seconds=30, host="127.0.0.1"):
        self.port, self.source, self.seconds, self.host = port, source, seconds, host
        self.connection = None
        self.body = b""

    def post(self, text):
        return self._say("POST", "/ocsinventory", zlib.compress(text.encode(), 1))

    def get(self, path):
        return self._say("GET", path, None)

    def _say(self, verb, path, body):
        try:
            if self.connection is None:
                source = (self.source, 0) if self.source else None
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.seconds, source_address=source)
            headers = {"User-Agent": AGENT, "Content-Type": "application/x-compressed"}
            self.connection.request(verb, path, body, headers)
            answer = self.connection.getresponse()
            self.body = answer.read()
            if answer.will_close:
                self.close()
            return answer.status
        except (OSError, http.client.HTTPException):
            self.close()
            return None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def text(self):
        """The answer in clear text."""
        try:
            return zlib.decompress(self.body).decode(errors="replace")
        except zlib.error:
            return self.body.decode(errors="replace")


# --- what was acknowledged ----------------------------------------------------------------------------------


class Ledger:
    """For each computer: the revision that was acknowledged last, and those sent since."""

    def __init__(self):
        self._lock = threading.Lock()
        self.acknowledged = {}
        self.open = {}
        self.touched = set()
        self.count = 0
        self.revision = 0
        self.statuses = {}

    def next(self, name):
        with self._lock:
            self.revision += 1
            revision = f"r{self.revision}"
            self.open.setdefault(name, []).append(revision)
            self.touched.add(name)
            return revision

    def told(self, name, revision, status):
        with self._lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == 200:
                self.acknowledged[name] = revision
                self.count += 1
                # What was sent before it can no longer come.
                waiting = self.open[name]
                del waiting[: waiting.index(revision) + 1]

    def compare(self, server, names=None):
        """What is wrong with the server's computers, as sentences; and the number of computers lost."""
        faults = []
        with Door(server.data) as door:
            for name in sorted(names if names is not None else self.open):
                shown = door.show(device(name))
                acknowledged, maybe = self.acknowledged.get(name), self.open.get(name, [])
                if shown is None:
                    if acknowledged:
                        faults.append(f"{name} is not there, {acknowledged} was acknowledged")
                    continue
                found = revisions(shown)
                if len(found) != 1:
                    faults.append(f"{name} is there by halves: {sorted(map(str, found))}")
                elif not found <= {acknowledged, *maybe}:
                    faults.append(f"{name} has {found}, {acknowledged} was acknowledged, {maybe[-3:]} sent")
                elif (stored := found.pop()) != acknowledged:
                    # Stored and not told: from now on it may not be lost either.
                    self.acknowledged[name] = stored
                    del maybe[: maybe.index(stored) + 1]
        return faults


def send(line, ledger, name, **more):
    """Sends one inventory and notes what was heard."""
    revision = ledger.next(name)
    status = line.post(inventory(name, revision, **more))
    ledger.told(name, revision, status)
    return status


class Crowd:
    """Agents in threads, each with computers of its own, that report one after the other until told to stop."""

    def __init__(self, port, ledger, agents=8, computers=125, **more):
        self.port, self.ledger, self.more = port, ledger, more
        self.names = [[f"pc{agent:02}-{n:04}" for n in range(computers)] for agent in range(agents)]
        self._stop = threading.Event()
        self.seeds = [random.randrange(1 << 32) for _ in range(agents)]
        self.threads = []

    def all_names(self):
        return [name for names in self.names for name in names]

    def once(self):
        """Every computer once; the statuses that were not 200."""
        wrong = []

        def work(names):
            line = Line(self.port)
            wrong.extend(status for status in (send(line, self.ledger, name) for name in names) if status != 200)
            line.close()

        threads = [threading.Thread(target=work, args=(names,)) for names in self.names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return wrong

    def _work(self, agent, names, seed):
        dice, line = random.Random(seed), Line(self.port, seconds=20)
        new = 0
        while not self._stop.is_set():
            if dice.random() < 0.1:  # a computer that nobody knows yet
                name = f"new{agent:02}-{seed}-{new}"
                new += 1
            else:
                name = dice.choice(names)
            if send(line, self.ledger, name, **self.more) != 200:
                self._stop.wait(0.02)
        line.close()

    def start(self):
        self._stop.clear()
        self.threads = [threading.Thread(target=self._work, args=(agent, names, self.seeds[agent]), daemon=True)
                        for agent, names in enumerate(self.names)]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self.threads:
            thread.join(40)
        self.seeds = [seed + 1 for seed in self.seeds]


# --- the control door ---------------------------------------------------------------------------------------


def _packed(value):
    """The few kinds of MessagePack that questions need."""
    if isinstance(value, dict):
        return bytes([0x80 | len(value)]) + b"".join(_packed(part) for pair in value.items() for part in pair)
    if isinstance(value, int):
        return bytes([value])
    raw = value.encode()
    return b"\xd9" + bytes([len(raw)]) + raw


class Door:
    """The door through which commands ask the running server."""

    def __init__(self, data):
        place = json.loads((data / "run/control.json").read_text())
        host, _, port = place["address"].rpartition(":")
        self.connection = socket.create_connection((host.strip("[]"), int(port)), timeout=30)
        self._ask({"token": place["token"], "language": 1})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def _ask(self, question):
        raw = _packed(question)
        self.connection.sendall(struct.pack(">I", len(raw)) + raw)
        return self._exactly(struct.unpack(">I", self._exactly(4))[0])

    def _exactly(self, length):
        raw = b""
        while len(raw) < length:
            more = self.connection.recv(length - len(raw))
            if not more:
                raise ConnectionError("the control door was closed")
            raw += more
        return raw

    def show(self, computer):
        """A computer, or None. The answer is `{"Text": json}` or `{"Refused": sentence}`."""
        raw = self._ask({"Show": {"computer": computer, "form": "Json"}})
        kind, raw = raw[2:2 + (raw[1] & 0x1F)], raw[2 + (raw[1] & 0x1F):]
        head = {0xD9: 2, 0xDA: 3, 0xDB: 5}.get(raw[0], 1)
        text = raw[head:].decode()
        if kind == b"Text":
            return json.loads(text)
        if "no computer has" in text:
            return None
        raise ValueError(f"asked for {computer}, the server said {text}")


def has_door(server):
    try:
        with Door(server.data):
            return True
    except (OSError, ValueError):
        return False


# --- starting and ending ------------------------------------------------------------------------------------


def start_timed(server):
    """Starts a server; the seconds until an agent's PROLOG is answered."""
    started = time.monotonic()
    server.start()
    line = Line(server.http_port, seconds=5)
    harness.wait_until(lambda: line.post(prolog("first")) == 200, 30, "an answered PROLOG")
    line.close()
    return time.monotonic() - started


def processor_seconds(server):
    """What the server has used of a processor: tells a slow start from a busy machine."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill(server):
    server.process.kill()
    server.process.wait()


def fine(server):
    """Whether `rollcall check` finds everything in order; else what it said."""
    done = server._command("check")
    return None if done.returncode == 0 else done.stdout[-2000:]
