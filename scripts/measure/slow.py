"""A slow disk: every flush takes 10 ms more, by a library that is loaded before the C library."""

import shutil
import subprocess

from .contacts import _beside
from .tools import PROJECT, WORK, Server


def measure(tools, table, wanted):
    shim = WORK / "slow-flush.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", shim, PROJECT / "tests/bench/slow-flush.c"], check=True)
    server = Server(tools, "slow", environment={"LD_PRELOAD": str(shim)})
    shutil.rmtree(server.data, ignore_errors=True)
    computers = wanted.computers or (2_000 if wanted.quick else 10_000)
    with server:
        table.part(f"10 ms added to each flush, {wanted.connections} connections")
        for kind, day in (("new", 0), ("unchanged", 1)):
            figures = server.load(kind, count=computers, connections=wanted.connections, day=day)
            table.least(f"{kind} inventories", figures["rate"], 2_000, "/s", _beside(figures))
        # Who is alone waits for his flush: that shows that the disk is as slow as it should be.
        figures = server.load("new", first=computers, count=100, connections=1)
        table.least("one at a time, p50", figures["p50"], 10, "ms", _beside(figures))
