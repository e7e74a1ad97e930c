"""Contacts of agents: inventories and PROLOGs, against our floors and against the original."""

import shutil

from . import original
from .tools import Server

# name, kind, at least so many a second
INVENTORIES = [("new inventories", "new", 3000), ("unchanged", "unchanged", 6000),
               ("five per cent of the software changed", "changed", 2000)]
SLOWEST = 50  # ms, p99


def measure(tools, table, wanted):
    computers = wanted.computers or (2_000 if wanted.quick else 10_000)
    alone = 100 if wanted.quick else 300
    ours = _ours(tools, table, computers, wanted.connections, alone, 5 if wanted.quick else 15)
    missing = "it was not asked for" if wanted.no_original else original.why_not()
    if missing:
        print(f"-- the original is left out: {missing}", flush=True)
        return
    theirs = _theirs(tools, table, alone, 5 if wanted.quick else 15)
    table.part("times less processor time than the original, which has one inventory at a time")
    for what, kind, floor in (("new", "new", 400), ("unchanged", "unchanged", 800), ("PROLOG", "prolog", 200)):
        cost = theirs[kind]["server_us"]
        for name in (kind, kind + " alone"):
            mine = ours[name]["server_us"]
            how = "one at a time" if name.endswith("alone") else f"{wanted.connections} connections"
            beside = f"{cost:,.0f} us against {mine:,.0f}; {ours[name]['rate'] / theirs[kind]['rate']:,.0f} times the rate"
            table.least(f"{what}, ours {how}", cost / mine if mine else 0, floor, "times", beside)


def _beside(figures):
    return (f"p50 {figures['p50']:.1f} p99 {figures['p99']:.1f} ms, {figures['server_us']:,.0f} us each "
            f"(load {figures['own_us']:,.0f}), {figures['answered']:,}" +
            (f", {figures['failed']:,} FAILED" if figures["failed"] else ""))


def _ours(tools, table, computers, connections, alone, seconds):
    seen = {}
    server = Server(tools, "contacts", https=True)
    shutil.rmtree(server.data, ignore_errors=True)
    with server:
        table.part(f"{computers:,} computers, {connections} connections")
        for what, kind, floor in INVENTORIES:
            day = {"new": 0, "unchanged": 1, "changed": 2}[kind]
            seen[kind] = server.load(kind, count=computers, connections=connections, day=day)
            table.least(what, seen[kind]["rate"], floor, "/s", _beside(seen[kind]))
            table.most("  p99 of these", seen[kind]["p99"], SLOWEST, "ms")
        ways = [("prolog", "PROLOG, kept connections", 30_000, {"requests": 20_000 * seconds}),
                ("prolog new", "PROLOG, new connections", 5_000, {"requests": 5_000 * seconds, "new_connections": True}),
                ("prolog tls", "PROLOG, new TLS connections", 1_000,
                 {"requests": 1_000 * seconds, "new_connections": True, "secure": True})]
        for name, what, floor, how in ways:
            seen[name] = server.load("prolog", count=computers, connections=connections, seconds=seconds, **how)
            table.least(what, seen[name]["rate"], floor, "/s", _beside(seen[name]))
        table.part(f"open loop, half of the rates above: latency from the moment a request was due")
        # After "changed" this one changes everything back, and is not measured.
        server.load("unchanged", count=computers, connections=connections, day=3)
        for what, kind, day in (("unchanged", "unchanged", 4), ("changed", "changed", 5), ("PROLOG", "prolog", 0)):
            rate = seen[kind]["rate"] / 2
            # Not more than `seconds`, whatever the rate: what is left over counts as failed.
            requests = int(rate * seconds) if kind == "prolog" else min(computers, int(rate * seconds))
            figures = server.load(kind, count=computers, connections=connections, day=day, rate=rate,
                                  requests=requests, seconds=seconds + 5)
            table.note(f"{what}, {rate:,.0f}/s due", figures["p99"], "ms p99", _beside(figures))
        table.part(f"one at a time, {alone} computers")
        new = {"count": alone, "connections": 1}
        for what, kind, first in (("new", "new", computers), ("unchanged", "unchanged", computers)):
            seen[f"{kind} alone"] = server.load(kind, first=first, day=1, **new)
            table.note(what, seen[f"{kind} alone"]["rate"], "/s", _beside(seen[f"{kind} alone"]))
        seen["prolog alone"] = server.load("prolog", requests=1_000 * seconds, seconds=seconds, **new)
        table.note("PROLOG", seen["prolog alone"]["rate"], "/s", _beside(seen["prolog alone"]))
        stored = server.computers()
        table.least("computers in the store afterwards", stored, computers + alone, "")
        now, most = server.memory()
        table.note("memory", now, "MB", f"at most {most:.0f}")
    return seen


def _theirs(tools, table, alone, seconds):
    seen = {}
    with original.Original() as server:
        table.part(f"the original, one at a time, {alone} computers")
        for kind in ("new", "unchanged"):
            seen[kind] = server.load(tools, kind, count=alone, connections=1)
            table.note(kind, seen[kind]["rate"], "/s", _beside(seen[kind]))
        tried = []
        for connections in (1, 2, 4, 8):
            figures = server.load(tools, "prolog", count=alone, connections=connections, requests=1_000 * seconds,
                                  seconds=max(3, seconds / 3))
            tried.append((figures["rate"], connections, figures))
        _, connections, seen["prolog"] = max(tried, key=lambda one: one[0])
        table.note(f"PROLOG at its best, {connections} connections", seen["prolog"]["rate"], "/s", _beside(seen["prolog"]))
        table.least("computers in its database", server.computers(), alone, "")
    return seen
