"""What the tests of `bbasync login --oauth` have in common: a login that waits, and a browser."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientSession
from attrs import frozen

from tests.cli.warm import Process, Ran


@frozen
class Login:
    """A login that waits for the browser, at an address of the service."""

    process: Process
    address: str
    said: str

    @property
    def back(self) -> str:
        """Where the browser comes back to."""
        return parse_qs(urlsplit(self.address).query)["redirect_uri"][0]

    @property
    def state(self) -> str:
        """What it has to bring along."""
        return parse_qs(urlsplit(self.address).query)["state"][0]

    async def ended(self) -> Ran:
        """How it ended."""
        out, err = await asyncio.wait_for(self.process.communicate(), 30)
        assert b"Traceback" not in err
        return Ran(await self.process.wait(), out.decode(), self.said + err.decode())


async def decide(browser: ClientSession, login: Login, decision: str) -> tuple[int, str]:
    """Look at the page of consent and decide; what the browser shows in the end."""
    async with browser.get(login.address) as page:
        assert page.status == 200
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', await page.text()))
    address = login.address.partition("?")[0]
    async with browser.post(address, data={**form, "decision": decision}) as shown:
        return shown.status, await shown.text()
