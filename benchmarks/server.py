"""A server of pages that were serialised beforehand, in a process of its own.

What it sends is what the embedded fake sends, recorded once; the work of serving is kept so
small that the client is what is measured. Prints its port, then its own CPU seconds when its
standard input is closed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import aiohttp
from aiohttp import web

from bbasync.fake import FakeBitbucket

PAGES = 20
PAGELEN = 100
SLOW = "/repositories/acme/slow"
LATENCY = 0.2
"""Seconds before the address above is answered."""
RECORDED = {
    "repositories": "/repositories/acme",
    "permissions": "/workspaces/acme/permissions/repositories",
    "single": "/repositories/acme/site",
}


async def record() -> dict[str, bytes]:
    """One full page of each list, and one object, as the fake answers."""
    found = {}
    async with FakeBitbucket(repositories=PAGELEN, members=20) as fake:
        headers = {"Authorization": f"Bearer {fake.api_token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for name, path in RECORDED.items():
                url = f"{fake.url}{path}"
                query = {} if name == "single" else {"pagelen": str(PAGELEN)}
                async with session.get(url, params=query) as answer:
                    answer.raise_for_status()
                    found[name] = await answer.read()
    return found


def page_body(recorded: bytes, base: str, number: int) -> bytes:
    """*recorded* as page *number* of PAGES."""
    page = json.loads(recorded)
    page.pop("next", None)
    page.update(page=number, size=PAGES * PAGELEN)
    if number < PAGES:
        page["next"] = f"{base}?pagelen={PAGELEN}&page={number + 1}"
    return json.dumps(page).encode()


async def serve() -> None:
    """Serve until standard input is closed."""
    recorded = await record()
    bodies: dict[tuple[str, str], bytes] = {}

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith(SLOW):
            await asyncio.sleep(LATENCY)
        body = bodies[request.path, request.query.get("page", "1")]
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    for name, path in RECORDED.items():
        full = f"/2.0{path}"
        if name == "single":
            bodies[full, "1"] = recorded[name]
            continue
        for number in range(1, PAGES + 1):
            base = f"http://127.0.0.1:{port}{full}"
            bodies[full, str(number)] = page_body(recorded[name], base, number)
    bodies[f"/2.0{SLOW}", "1"] = recorded["single"]
    print(port, flush=True)
    busy = time.process_time()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(time.process_time() - busy, flush=True)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
