"""What commands load before they do anything, loaded once for the server that they are forked of.

Much of it is loaded only when options are read or help is shown, so some commands are run. Then all
is hidden from the garbage collector, which would go through it in each command anew, and copy it.
Commands that try again do so after the shortest waits that chance has for them.
"""

from __future__ import annotations

import gc
from functools import cache
from importlib import import_module
from typing import Any, Final

import typer.main
from typer.testing import CliRunner

from bbasync.cli.main import app
from bbasync.wire.retry import RetryPolicy
from bbasync.wire.session import context_of

LATER: Final = (
    *("bbasync.cli.api", "bbasync.cli.audit_plan", "bbasync.cli.audit_run"),
    *("bbasync.cli.crawl_run", "bbasync.cli.hooks_listen", "bbasync.cli.hooks_verify"),
    *("bbasync.cli.login", "bbasync.cli.logins", "bbasync.cli.serve", "bbasync.cli.whoami"),
    *("bbasync.auth.netrc", "bbasync.fake", "bbasync.wire.calls", "bbasync.wire.opening"),
    *("bbasync.wire.quota", "bbasync.wire.retry", "bbasync.wire.window"),
    *("limits.aio.storage", "limits.aio.strategies", "rich._emoji_codes", "rich.progress"),
)
"""What they load when they have read their options."""

wait = RetryPolicy.wait


def early(self: RetryPolicy, *known: Any, random: float, **more: Any) -> float | None:
    """Draw an early moment, as may happen anyway."""
    return wait(self, *known, random=random / 50, **more)


RetryPolicy.wait = early  # type: ignore[method-assign, assignment]
for one in LATER:
    import_module(one)
context_of(None)  # certificates, where the environment names them
typer.main.get_command = cache(typer.main.get_command)
for command in ("audit", "api", "crawl", "serve"):
    CliRunner().invoke(app, [command, "--help"])
    CliRunner().invoke(app, [command, "--no-such-option"])
gc.collect()
gc.freeze()
