"""What a shell is told when it completes a command that is being typed."""

from __future__ import annotations

from typing import Any

import pytest

SITE = "/repositories/acme/site"
COMPLETIONS = {
    "api G": ["GET"],
    "api get /works": ["/workspaces/{workspace}", "/workspaces/{workspace}/"],
    "api GET /repositories/": ["/repositories/{workspace}", "/repositories/{workspace}/"],
    "api GET /repositories/acme": ["/repositories/acme", "/repositories/acme/"],
    f"api GET {SITE}/wat": [f"{SITE}/watchers"],
    f"api GET {SITE[1:]}/wat": [f"{SITE[1:]}/watchers"],
    f"api PUT {SITE}/ho": [f"{SITE}/hooks/{{uid}}"],
    f"api DELETE {SITE}/permissions-config/users/": [
        f"{SITE}/permissions-config/users/{{selected_user_id}}"
    ],
    f"api GET {SITE}/mileston": [],
}


@pytest.mark.parametrize("typed", COMPLETIONS)
async def test_the_shell_completes_methods_and_paths(bbasync: Any, typed: str) -> None:
    """A word or variable further, behind names of one's own; nothing that was removed."""
    words = f"bbasync {typed}"
    ran = await bbasync(
        _BBASYNC_COMPLETE="complete_bash",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
    )
    assert ran.out.split() == COMPLETIONS[typed]


async def test_a_shell_completes_the_lists_of_a_crawl(bbasync: Any) -> None:
    """By their beginning, and with what they are."""
    ran = await bbasync(
        _BBASYNC_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="bbasync crawl --read p"
    )
    assert "pullrequests" in ran.out
    assert "Walk the pull requests" in ran.out
    assert "commits" not in ran.out
