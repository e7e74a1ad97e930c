"""Every page and list of the console: more than 5,000 computers with a million rows of software.

What is asked for comes from the program's own declarations, so that a new page or list is measured by itself.
"""

import json
import random
import re
import subprocess

from .contacts import _beside
from .large import _fill
from .tools import WORK, Server

LIST = "/ocsreports/computers"
ROWS = 1_000_000
SLOWEST = 50  # ms, p99; the requirement (CON-GEN-14) is 200


def measure(tools, table, wanted):
    computers = wanted.computers or (1_000 if wanted.quick else 6_500)  # so many have a million rows
    server = Server(tools, f"pages-{computers}")
    _fill(server, computers)
    declared = json.loads(subprocess.run([tools.bench["queries"], "--pages"], check=True, stdout=subprocess.PIPE, text=True).stdout)
    requests = 100 if wanted.quick else 300
    with server:
        told = server.command("status")
        rows = int(re.search(r"^rows of software\s+(\d+)", told, re.M)[1])
        table.part(f"{computers:,} computers, {rows:,} rows of software")
        if computers >= 5_000:
            table.least("rows of software", rows, ROWS, "")
        cookie = server.log_in()

        def ask(what, paths, most=SLOWEST):
            file = WORK / "paths"
            file.write_text("\n".join(paths) + "\n")
            figures = server.load("pages", paths=file, cookie=cookie, requests=max(requests, len(paths)), connections=1)
            table.most(what, figures["p99"], most, "ms p99", _beside(figures))

        for path in declared["pages"]:
            ask(path, [path])
        for one in declared["lists"]:
            path, orders = one["path"], one["orders"]
            if path == "/ocsreports/tags/field":
                continue  # about a field that an administrator has to define first; not measured
            ask(f"{path} by any column", [f"{path}?sort={order}" for order in orders])
            ask(f"{path}, a late page", [f"{path}?sort={order}&page={page}" for order in orders for page in (9, 40, 99)])
            ask(f"{path}, filtered", [f"{path}?q={part}" for part in ("a", "office", "e", "no+such+thing", "12")])
            ask(f"{path}, 1,000 rows on a page", [f"{path}?size=1000"], 4 * SLOWEST)
        some = random.Random(1).sample(range(1, computers + 1), 100)
        ask("a computer's page", [f"{LIST}/{number}" for number in some])
        ask("everything of a computer", [f"{LIST}/{number}/everything" for number in some])
        ask("the search box", [f"/ocsreports/find?q={part}" for part in ("office", "7", "a", "dupont", "10.30", "no+such+thing")])
