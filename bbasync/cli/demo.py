"""`bbasync demo`: the library in a few steps, each the code that runs and what it prints."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Awaitable, Callable

from rich.markup import escape
from rich.rule import Rule
from rich.syntax import Syntax

from ..auth import BasicAuth
from ..client import Bitbucket
from ..errors import NotFoundError
from ..fake import FakeBitbucket
from ..query import F
from .exits import Code
from .screen import Screen

Step = Callable[[Bitbucket, Callable[..., None]], Awaitable[None]]


async def run_demo() -> Code:
    """Run every step against the embedded fake."""
    console = Screen(highlight=False)

    def show(*values: object) -> None:
        console.print(*(escape(str(value)) for value in values))

    async with FakeBitbucket(workspaces=2, repositories=30) as fake:
        console.print(f"A server with invented data answers at [bold]{fake.url}[/].\n")
        auth = BasicAuth(fake.email, fake.api_token)
        async with Bitbucket(auth, base_url=fake.url) as bb:
            for number, step in enumerate(STEPS, 1):
                console.print(Rule(f"{number}. {inspect.getdoc(step)}", align="left"))
                console.print(
                    Syntax(_code(step), "python", background_color="default", word_wrap=True)
                )
                await step(bb, show)
                console.print()
            console.print(
                f"That took {bb.requests_sent} requests. Next: [bold]bbasync audit --demo[/], "
                "then with your own BITBUCKET_EMAIL and BITBUCKET_API_TOKEN."
            )
    return Code.DONE


def _code(step: Step) -> str:
    """The body of *step*, as a user would write it."""
    lines = inspect.getsource(step).splitlines()
    start = next(n for n, line in enumerate(lines) if line.strip().startswith('"""')) + 1
    code = textwrap.dedent("\n".join(lines[start:])).strip()
    return re.sub(r"  # noqa.*", "", code.replace("show(", "print("))


async def _one(bb: Bitbucket, show: Callable[..., None]) -> None:
    """One repository: fields are typed, and read as they are needed."""
    repo = await bb.repositories.get("acme", "site")
    show(repo.full_name, repo.is_private, repo.created_on)


async def _links(bb: Bitbucket, show: Callable[..., None]) -> None:
    """Its links are methods: no address is ever put together by hand."""
    repo = await bb.repositories.get("acme", "site")
    async for pr in repo.pullrequests(state="OPEN"):
        show(pr.id, pr.title, "by", pr.author.display_name if pr.author else "nobody")


async def _filter(bb: Bitbucket, show: Callable[..., None]) -> None:
    """A list with a filter and an order, walked over all its pages."""
    public = F.is_private == False  # noqa: E712 - a filter, not a comparison
    async for repo in bb.repositories.list("acme", q=public, sort="-updated_on"):
        show(repo.full_name, repo.updated_on)


async def _resume(bb: Bitbucket, show: Callable[..., None]) -> None:
    """A walk's place is a short text, good for another process on another day."""
    walk = bb.repositories.list("acme", pagelen=10)
    async for page in walk.pages():
        show("page", page.page, "of", page.size, "repositories")
        break
    rest = await bb.repositories.list("acme", pagelen=10).resume(walk.cursor).all()
    show(len(rest), "more, starting with", rest[0])


async def _error(bb: Bitbucket, show: Callable[..., None]) -> None:
    """What goes wrong has a class and says what."""
    try:
        await bb.repositories.get("acme", "no-such-thing")
    except NotFoundError as error:
        show(error.status, error.message)


async def _raw(bb: Bitbucket, show: Callable[..., None]) -> None:
    """Whatever is not covered is one call away."""
    answer = await bb.request("GET", "/workspaces/acme", query={"fields": "slug,name"})
    show(answer.status, answer.json())


STEPS: tuple[Step, ...] = (_one, _links, _filter, _resume, _error, _raw)
