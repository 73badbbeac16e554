"""A Chromium of the system's, for tests that look at pages."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """One that runs, with *more* flags; the test is skipped where none is installed."""
    binary = shutil.which("chromium")
    if binary is None:
        pytest.skip("no chromium is installed")
    flags = [*FLAGS.split(), *more]
    async with async_playwright() as driver:
        launched = await driver.chromium.launch(executable_path=binary, args=flags)
        yield launched
        await launched.close()
