"""Commands that listen to webhooks, and what is sent to them."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from attrs import define

from bbasync.webhooks import sign
from bbasync.webhooks.sending import Courier, Outcome, Outgoing
from tests.cli.conftest import environment
from tests.cli.warm import Process, Ran

SECRET: Final = "a secret of these tests only"
SIGNED: Final = {"BITBUCKET_WEBHOOK_SECRET": SECRET}
PUSH: Final = {
    "actor": {"type": "user", "display_name": "Ada"},
    "repository": {"type": "repository", "full_name": "acme/site"},
    "push": {
        "changes": [
            {
                "old": {"type": "branch", "name": "main"},
                "new": {"type": "branch", "name": "main"},
                "commits": [{"type": "commit", "hash": "a" * 40}],
            }
        ]
    },
}


def made(
    data: Any = None, key: str = "repo:push", *, secret: str | None = SECRET, id: str = ""
) -> Outgoing:
    """A delivery, signed."""
    body = data if isinstance(data, bytes) else json.dumps(PUSH if data is None else data).encode()
    signature = None if secret is None else sign(body, secret)
    return Outgoing(key, id or str(uuid.uuid4()), body, "1e8c2b3c", signature)


@define
class Listener:
    """A command that listens."""

    process: Process
    url: str
    said: str
    """On stderr, until it listened."""

    async def sent(self, *those: Outgoing) -> list[Outcome]:
        """Send *those*: how each went."""
        async with Courier(self.url, pause=0) as courier:
            return [await courier.send(one) for one in those]

    async def line(self) -> str:
        """What it says next on stdout."""
        return (await asyncio.wait_for(self.process.stdout.readline(), 30)).decode()

    async def ended(self, by: signal.Signals | None = signal.SIGINT) -> Ran:
        """Let it end: how it did, and what it said that was not read yet."""
        if by is not None:
            self.process.send_signal(by)
        out, err = await asyncio.wait_for(self.process.communicate(), 30)
        assert b"Traceback" not in err
        return Ran(await self.process.wait(), out.decode(), err.decode())


@asynccontextmanager
async def listening(*options: str, **variables: str) -> AsyncIterator[Listener]:
    """Listen with these *options* and variables, until the block ends at the latest."""
    process = await Process.start(["hooks", "listen", *options], environment(variables))
    said = ""
    try:
        while "Ctrl-C ends it" not in said:
            line = (await asyncio.wait_for(process.stderr.readline(), 30)).decode()
            assert line, said
            said += line
        url = re.search(r"listening at (\S+)", said)
        assert url is not None
        yield Listener(process, url[1], said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def lines_of(path: Path) -> list[dict[str, Any]]:
    """What was kept."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
