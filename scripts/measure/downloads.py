"""Fragments for agents beside Debian's nginx with sendfile, and what affecting a package to everybody takes.

Both serve the same files over HTTP, in turn, to the same clients; what counts is the ratio of each pair. The clients let
the kernel drop what arrives, so that they leave the processors to the servers.
"""

import hashlib
import os
import pathlib
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time

from .tools import PROJECT, WORK

sys.path.insert(0, str(PROJECT / "scripts" / "interop"))

import crowd  # noqa: E402
import harness  # noqa: E402
from desk import AFFECT, Desk, Form  # noqa: E402

MIB = 1 << 20
SIZE, CONNECTIONS, PAIRS = 50 * MIB, 16, 7
LEAST = 0.70  # of what nginx serves
NGINX = """
user root;
worker_processes auto;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""

# One client: its connections in turn, each fragment asked for once the one before is there. Prints bytes and seconds.
CLIENT = """
import re, select, socket, sys, time
port, total, connections, paths = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
sink, poll, lines, at, read, asked = bytearray(1 << 20), select.epoll(), {}, 0, 0, 0
def ask(one):
    global at, asked
    one[0].sendall(f"GET {paths[at % len(paths)]} HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n".encode())
    at, one[1], one[2] = at + 1, None, b""
began = time.monotonic()
for _ in range(connections):
    line = socket.create_connection(("127.0.0.1", port))
    one = [line, None, b""]
    ask(one)
    line.setblocking(False)
    lines[line.fileno()] = one
    poll.register(line, select.EPOLLIN)
while read < total:
    for number, _ in poll.poll():
        one = lines[number]
        try:
            while True:
                if one[1] is None:
                    one[2] += one[0].recv(2048)
                    head, found, body = one[2].partition(b"\\r\\n\\r\\n")
                    if not found:
                        continue
                    assert b" 200 " in head[:16], head
                    one[1] = int(re.search(rb"(?i)content-length: (\\d+)", head).group(1)) - len(body)
                    read += len(body)
                got = one[0].recv_into(sink, min(one[1], len(sink)), socket.MSG_TRUNC)
                assert got, "closed"
                one[1] -= got
                read += got
                if one[1] == 0:
                    ask(one)
        except BlockingIOError:
            pass
print(read, time.monotonic() - began)
"""


def measure(program, table, wanted):
    if not shutil.which("nginx"):
        sys.exit("Debian's package nginx-light is needed")
    harness.PROGRAM = str(program)
    _served(table, 2 if wanted.quick else 6)
    _affected(table, wanted.computers or (10_000 if wanted.quick else 100_000))


def _served(table, gigabytes):
    with harness.Folder() as folder, harness.Server(folder, environment={"ROLLCALL_LOG_LEVEL": "warn"}) as server:
        page_of, package = Desk(server), None
        package = page_of.build("custom", "Bench", [("action", "STORE"), ("argument", "/tmp/x")],
                                [("set.tar.gz", _archive(SIZE))], fragment=MIB)
        root = server.data / "download" / str(package)
        paths = [f"/download/{package}/{package}-{number}" for number in range(1, len(list(root.glob(f"{package}-*"))) + 1)]
        port = _free_port()
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, root=server.data, port=port))
        nginx = harness.started(subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"], start_new_session=True,
                                                 preexec_fn=harness.die_with_parent, stderr=subprocess.DEVNULL))
        try:
            harness.wait_until(lambda: crowd.Line(port).get(paths[0]) == 200, 10, "nginx answering")
            _same(server.http_port, port, paths)
            table.part(f"fragments of 1 MiB over HTTP, {CONNECTIONS} connections, beside nginx with sendfile")
            ratios, rates, costs = [], {"ours": [], "nginx": []}, {"ours": [], "nginx": []}
            for number in range(PAIRS + 1):
                pair = {}
                order = ("ours", "nginx") if number % 2 else ("nginx", "ours")
                for who in order:
                    process = server.process if who == "ours" else nginx
                    before = _processor(process.pid)
                    read, seconds = _load(server.http_port if who == "ours" else port, gigabytes << 30, paths)
                    pair[who] = read / seconds
                    if number:  # the first pair warms up
                        rates[who].append(read / seconds / 1e6)
                        costs[who].append((_processor(process.pid) - before) / (read / 1e9))
                if number:
                    ratios.append(pair["ours"] / pair["nginx"])
            middle = {who: statistics.median(all_of) for who, all_of in rates.items()}
            table.note("nginx", middle["nginx"], "MB/s", f"{statistics.median(costs['nginx']):.2f} s of a processor for each GB")
            table.note("Rollcall", middle["ours"], "MB/s", f"{statistics.median(costs['ours']):.2f} s of a processor for each GB")
            table.least("Rollcall / nginx, middle of the pairs", statistics.median(ratios), LEAST, "",
                        " ".join(f"{ratio:.2f}" for ratio in ratios))
        finally:
            nginx.terminate()
            nginx.wait(10)


def _archive(size):
    import io
    import tarfile
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        entry = tarfile.TarInfo("noise.bin")
        entry.size = size
        tar.addfile(entry, io.BytesIO(random.Random(3).randbytes(size)))
    return packed.getvalue()


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _same(ours, nginx, paths):
    """Both have the same bytes to give."""
    for path in paths[:3]:
        digests = set()
        for port in (ours, nginx):
            line = crowd.Line(port)
            if line.get(path) != 200:
                sys.exit(f"{path} is not served at {port}")
            digests.add(hashlib.sha256(line.body).digest())
        if len(digests) != 1:
            sys.exit(f"{path} differs")


def _load(port, total, paths):
    done = subprocess.run([sys.executable, "-c", CLIENT, str(port), str(total), str(CONNECTIONS), *paths], check=True, text=True, stdout=subprocess.PIPE)
    read, seconds = done.stdout.split()
    return int(read), float(seconds)


def _processor(pid):
    """Seconds that a process and its children have used of a processor."""
    pids = [pid, *map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    used = 0
    for one in pids:
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def _affected(table, computers):
    """From the form to the answer, for every computer at once; and back."""
    with harness.Folder() as folder, harness.Server(folder, environment={"ROLLCALL_LOG_LEVEL": "warn"}) as server:
        ledger = crowd.Ledger()
        agents = crowd.Crowd(server.http_port, ledger, agents=16, computers=computers // 16, rows=1)
        if wrong := agents.once():
            sys.exit(f"computers cannot report: {wrong[:3]}")
        count = len(agents.all_names())
        desk = Desk(server)
        package = desk.build("command", "Everybody", [("command", "cmd /c echo")], system="WINDOWS")
        page = desk.activate(package, info="127.0.0.3.example:443/download")
        desk.anyway(page)
        table.part(f"a package for {count:,} computers")
        where = [("scope", "whole"), ("where", "/ocsreports/computers?q=")]
        page = _timed(table, "the form", lambda: desk.post(AFFECT, where))
        value = next(iter(Form(page.body, AFFECT).choices["activation"]))
        page = _timed(table, "what would become of each", lambda: desk.send(page, [("activation", value)], AFFECT))
        shown = re.sub(r"\D", "", re.search(r"([\d\W]+) computers will be affected", page.text()).group(1))
        if int(shown) != count:
            sys.exit(f"{shown} instead of {count}: {page.text()[:500]}")
        before = server.memory_kib()[0]
        page = _timed(table, "affected, stored, and the list after it", lambda: desk.send(page, [], AFFECT))
        table.note("memory that this takes", (server.memory_kib()[0] - before) / 1024, "MiB")
        _timed(table, "the statistics", lambda: desk.get(f"/ocsreports/deploy/statistics?package={package}"))
        line, times = crowd.Line(server.http_port), []
        for name in random.Random(1).sample(agents.all_names(), 200):
            began = time.monotonic()
            line.post(crowd.prolog(name))
            times.append((time.monotonic() - began) * 1000)
        table.note("a PROLOG that tells of it, p99", crowd.percentile(times, 0.99), "ms", f"{len(times)} of them")


def _timed(table, what, work):
    began = time.monotonic()
    page = work()
    table.note(what, time.monotonic() - began, "s")
    if page.status != 200:
        sys.exit(f"{what}: {page.status} {page.text()[:500]}")
    return page
