"""100,000 computers: memory, start, pages, questions, file.

The store is filled over HTTP once and kept in target/bench; it is made anew when it holds another number.
"""

import json
import random
import shutil
import subprocess
import time

from .contacts import _beside
from .tools import WORK, Server

SORTS = ["tag", "last", "name", "user", "system", "memory", "speed"]
LIST = "/ocsreports/computers"
BATCH = 10_000


def measure(tools, table, wanted):
    computers = wanted.computers or (10_000 if wanted.quick else 100_000)
    server = Server(tools, f"large-{computers}")
    _fill(server, computers)
    table.part(f"{computers:,} computers")

    server.command("check", "--compact")
    table.most("file after compaction, for each computer", server.file() / computers, 3_000, "bytes")
    told = subprocess.run([tools.bench["queries"], server.data], check=True, stdout=subprocess.PIPE, text=True).stdout
    asked = json.loads(told)
    table.most("part of a name of software, p99", asked["substring"]["p99"], 5, "ms", _spread(asked["substring"]))
    table.most("two softwares, system, memory, p99", asked["combined"]["p99"], 20, "ms",
               f"{_spread(asked['combined'])}, {asked['combined_matches']:,} computers found by the four questions")

    starts = []
    for _ in range(3):
        starts.append(server.start())
        server.stop()
    table.most("start, until the first answer (slowest of 3)", max(starts), 3, "s", " ".join(f"{s:.2f}" for s in starts))
    with server:
        table.note("memory after start", server.memory()[0], "MB")
        _pages(server, table, computers, 70 if wanted.quick else 280)
        half = min(computers, 5_000 if wanted.quick else 25_000)
        for kind, day in (("unchanged", 1), ("changed", 2)):
            answered, figures = 0, None
            for first in range(0, half, BATCH):
                figures = server.load(kind, first=first, count=min(BATCH, half - first), day=day + random.randrange(2, 300))
                answered += figures["answered"]
            table.note(f"{answered:,} {kind} inventories", figures["rate"], "/s", _beside(figures))
        now, most = server.memory()
        table.most(f"memory after {2 * half:,} inventories", now, 200, "MB", f"at most {most:.0f}")


def _fill(server, computers):
    if (server.data / "store.redb").exists():
        with server:
            if server.computers() == computers:
                return
    shutil.rmtree(server.data, ignore_errors=True)
    with server:
        for first in range(0, computers, BATCH):
            figures = server.load("new", first=first, count=min(BATCH, computers - first))
            print(f"   filling: {server.computers():,} computers, {_beside(figures)}", flush=True)


def _pages(server, table, computers, requests):
    cookie = server.log_in()
    orders = [f"{LIST}?sort={turn}{by}" for by in SORTS for turn in ("", "-")]
    pages = computers // 50
    deep = [f"{order}&page={pages * part // 4}" for order in orders for part in (1, 2, 3)]
    some = random.Random(1).sample(range(1, computers + 1), 200)
    asked = [("first page by any column, p99", orders, 20), ("a deep page by any column, p99", deep, 30),
             ("a computer's page, p99", [f"{LIST}/{number}" for number in some], 10)]
    for what, paths, floor in asked:
        file = WORK / "paths"
        file.write_text("\n".join(paths) + "\n")
        figures = server.load("pages", paths=file, cookie=cookie, requests=requests, connections=1)
        table.most(what, figures["p99"], floor, "ms", _beside(figures))
    took = []
    for order in orders[:4]:
        begun = time.monotonic()
        status, _, body = server.get(order.replace(LIST, f"{LIST}.csv"), cookie)
        took.append(time.monotonic() - begun)
        lines = body.count(b"\r\n") - 1
        if (status, lines) != (200, computers):
            table.least("lines of the CSV", lines, computers, "")
    table.most("CSV of all computers (slowest of 4 orders)", max(took), 1, "s", f"{len(body):,} bytes")


def _spread(figures):
    medians = " ".join(f"{median:.2f}" for median in figures["medians"])
    return f"p50 {figures['p50']:.2f}, most {figures['most']:.2f} ms; medians of each {medians}"
