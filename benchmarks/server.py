"""A server of answers that were put together beforehand, in a process of its own.

What it sends is what the embedded fake sends, recorded once. It looks at the request line alone
and sends bytes that it has, so that the client is what is measured, not the serving. Prints its
port; answers each line on standard input with the CPU seconds it has used; ends when standard
input is closed.

Every workspace, and every repository, is there: each walk of a benchmark has a list of its own,
and each call an object of its own, so that no client can answer two of them with one request.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
import time
from threading import Thread
from typing import Final

import aiohttp

from bbasync.fake import FakeBitbucket

from .serving import Answer, Serving

PAGELEN: Final = 100
PAGES: Final = {"acme": 20, "few": 4, "hoard": 1_000, "endless": 10_000, "near": 20, "far": 100}
"""Pages of the lists of a workspace, by its name up to the hyphen: one page again and again."""
AWAY: Final = {"near": 0.02, "far": 0.05}
"""Seconds before each page of some of them."""
SLOW: Final = "slow"
"""How the name of a repository begins that is answered after a while."""
LATENCY: Final = 0.2
"""Seconds until then."""

_RECORDED: Final = {
    "repositories": f"/repositories/acme?pagelen={PAGELEN}",
    "permissions": f"/workspaces/acme/permissions/repositories?pagelen={PAGELEN}",
    "repository": "/repositories/acme/site",
    "user": "/user",
}
_PAGE: Final = re.compile(r"(?:^|&)page=(\d+)")


async def record() -> dict[str, bytes]:
    """What the fake answers: one full page of each list, and two objects."""
    found = {}
    async with FakeBitbucket(repositories=PAGELEN, members=20) as fake:
        headers = {"Authorization": f"Bearer {fake.api_token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for name, target in _RECORDED.items():
                async with session.get(f"{fake.url}{target}") as answer:
                    answer.raise_for_status()
                    found[name] = await answer.read()
    return found


class Answers:
    """The answer to each target."""

    def __init__(self, recorded: dict[str, bytes], base: str) -> None:
        self._base = base
        self._objects = {name: recorded[name] for name in ("repository", "user")}
        self._values = {
            name: json.dumps(json.loads(recorded[name])["values"]).encode()
            for name in ("repositories", "permissions")
        }

    def to(self, target: str) -> tuple[float, Answer]:
        """Seconds to wait, and what to send then."""
        path, _, query = target.removeprefix("/2.0").partition("?")
        match path.split("/")[1:]:
            case ["repositories", workspace]:
                wait = AWAY.get(workspace.partition("-")[0], 0.0)
                return wait, self._page("repositories", workspace, path, query)
            case ["workspaces", workspace, "permissions", "repositories"]:
                return 0.0, self._page("permissions", workspace, path, query)
            case ["repositories", _, name]:
                wait = LATENCY if name.startswith(SLOW) else 0.0
                return wait, _whole(b"", self._objects["repository"], b"")
            case ["user"]:
                return 0.0, _whole(b"", self._objects["user"], b"")
        return 0.0, _whole(b'{"type": "error", ', b'"error": {"message": "None"}}', b"", "404 None")

    def _page(self, kind: str, workspace: str, path: str, query: str) -> Answer:
        last = PAGES[workspace.partition("-")[0]]
        found = _PAGE.search(query)
        page = int(found[1]) if found else 1
        more = ""
        if page < last:
            more = f', "next": "{self._base}{path}?pagelen={PAGELEN}&page={page + 1}"'
        numbers = f'"size": {last * PAGELEN}, "page": {page}, "pagelen": {PAGELEN}'
        return _whole(f'{{{numbers}{more}, "values": '.encode(), self._values[kind], b"}")


def _whole(head: bytes, body: bytes, tail: bytes, status: str = "200 OK") -> Answer:
    headers = (
        f"HTTP/1.1 {status}\r\n"
        "Server: benchmarks\r\n"
        "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
        "Content-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(head) + len(body) + len(tail)}\r\n\r\n"
    )
    return headers.encode() + head, body, tail


def _obey() -> None:
    """Tell the CPU seconds for each line that comes in."""
    for _ in sys.stdin:
        print(time.process_time(), flush=True)


def main() -> None:
    """Serve until standard input is closed."""
    recorded = asyncio.run(record())
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    port = listening.getsockname()[1]
    answers = Answers(recorded, f"http://127.0.0.1:{port}/2.0")
    Thread(target=Serving(listening, answers.to).forever, daemon=True).start()
    print(port, flush=True)
    _obey()


if __name__ == "__main__":
    main()
