"""The embedded fake in a process of its own, calm or with faults at random.

Prints its base URL, and ends when its standard input is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from bbasync.fake import FakeBitbucket, Fault

SIZES = {"repositories": 40, "members": 6, "outsiders": 1, "pullrequests": 4}

JSON_ONLY = ("/repositories/acme", "/repositories/acme/*/hooks*")
"""Where a wrong body can be told from a right one: a download may be a page."""

ANYWHERE = [
    (0.01, Fault.status(500)),
    (0.01, Fault.status(502, html=True)),
    (0.01, Fault.status(503, retry_after=0.02)),
    (0.01, Fault.status(504, after="handled")),
    (0.01, Fault.status(555)),
    (0.005, Fault.status(555, after="handled")),
    (0.01, Fault.page(503)),
    (0.005, Fault.too_many(retry_after=0.02)),
    (0.005, Fault.too_many(json=True, headers={"X-RateLimit-Reset": "0.02"})),
    (0.01, Fault.reset("head")),
    (0.01, Fault.reset("read")),
    (0.01, Fault.reset("handled")),
    (0.02, Fault.stale()),
    (0.01, Fault.cut()),
    (0.02, Fault.cut(200)),
    (0.01, Fault.cut(200, length=False)),
    (0.001, Fault.silence()),
    (0.001, Fault.silence(after="handled")),
    (0.001, Fault.silence(at=200)),
    (0.01, Fault.drip(0.002, size=4000)),
    (0.005, Fault.redirect()),
    (0.005, Fault.redirect(status=307)),
]
"""Faults, each with its chance. The 429s are short: a bare one would be waited for half a minute,
and one that tells a limit would be kept to for the rest of the hour."""

WRONG = [
    (0.005, Fault.page(200)),
    (0.005, Fault.wrong_json("truncated")),
    (0.005, Fault.wrong_json("list")),
    (0.005, Fault.wrong_json("utf-8")),
]


def storm(fake: FakeBitbucket, seed: int) -> None:
    """Switch everything on."""
    fake.faults.seed(seed)
    for chance, fault in ANYWHERE:
        fake.faults.add("*", fault, chance=chance)
    for path in JSON_ONLY:
        for chance, fault in WRONG:
            fake.faults.add(path, fault, chance=chance)
    for method in ("POST", "PUT", "DELETE"):
        fake.faults.add("*", Fault.length_required(), method=method, chance=0.02)


async def serve(seed: int | None) -> None:
    """Serve until standard input is closed; *seed* is for the dice, None is calm."""
    async with FakeBitbucket(**SIZES) as fake:
        if seed is not None:
            storm(fake, seed)
        print(fake.url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stormy", description=__doc__)
    parser.add_argument("--storm", type=int, metavar="SEED", help="with faults")
    asyncio.run(serve(parser.parse_args().storm))
