"""A web backend on Starlette: people log in with Bitbucket, and look through their repositories.

An example to copy from. Its OAuth consumer has the scopes account and repository, and the callback
http://127.0.0.1:8080/callback. Sessions are cookies, signed, so that browsers can't change them;
tokens are in a dict, which is enough for an example.

    BITBUCKET_OAUTH_KEY=... BITBUCKET_OAUTH_SECRET=... python asgi_app.py
"""

import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bbasync import Bitbucket, MemoryTokenStore, OAuth2Auth, OAuthConsumer, TokenStore, errors
from bbasync.auth import new_state

HEAD = """<!DOCTYPE html><html lang="en"><link rel="icon" href="data:,"><style>
body { font: 1em/1.5 sans-serif; max-width: 40em; margin: 2em auto }</style>"""
LOGIN = '<p><a href="/login">Log in with Bitbucket</a></p>'
SIGNED_IN = """<p>Signed in as {}</p><p><a href="/repositories">Your repositories</a></p>
<form method="post" action="/logout"><button>Log out</button></form>"""


class Backend:
    """The pages: one client, one consumer and one store serve all users."""

    def __init__(self, bb: Bitbucket, consumer: OAuthConsumer, store: TokenStore) -> None:
        self.bb, self.consumer, self.store = bb, consumer, store
        https = (consumer.redirect_uri or "").startswith("https:")
        sessions = Middleware(SessionMiddleware, secret_key=secrets.token_hex(), https_only=https)
        self.app: Starlette = Starlette(
            routes=[
                Route("/", self.home),
                Route("/login", self.login),
                Route("/callback", self.callback),
                Route("/repositories", self.repositories),
                Route("/logout", self.logout, methods=["POST"]),  # no GET: a link may be anywhere
            ],
            middleware=[sessions],
            exception_handlers={errors.BitbucketError: explained},
            lifespan=self.opened,
        )

    @asynccontextmanager
    async def opened(self, _: Starlette) -> AsyncIterator[None]:
        """Keep the client open for as long as the application runs."""
        async with self.bb:
            yield

    async def home(self, request: Request) -> Response:
        """Say who is logged in."""
        name = request.session.get("name")
        return page("Home", LOGIN if name is None else SIGNED_IN.format(escape(name)))

    async def login(self, request: Request) -> Response:
        """Send the user to the consent page, with a state that no other browser has."""
        request.session["state"] = new_state()
        return RedirectResponse(self.consumer.authorize_url(request.session["state"]), 303)

    async def callback(self, request: Request) -> Response:
        """Take the user back from there, and trade the code for a token."""
        state = request.session.get("state")
        try:
            token = await self.consumer.callback(request.query_params, state=state, via=self.bb)
        except errors.ArgumentError:  # another state: nothing was exchanged
            return page("This login was not begun here", LOGIN, 400)
        except errors.ReauthorizationRequired as error:  # the user said no
            return page("You are not logged in", f"<p>{escape(error.reason)}</p>{LOGIN}", 403)
        await self.forget(request)
        auth = OAuth2Auth(self.consumer, self.store, key=secrets.token_hex())
        await auth.save(token)
        me = await self.bb.as_(auth).users.me()
        request.session.update(key=auth.key, name=me.display_name or "?")
        return RedirectResponse("/", 303)

    async def repositories(self, request: Request) -> Response:
        """List some repositories of the user, with a link to those behind them."""
        auth = OAuth2Auth(self.consumer, self.store, request.session.get("key", "nobody"))
        try:
            names, behind = await listed(self.bb.as_(auth), request.query_params)
        except errors.ReauthorizationRequired:  # nobody has logged in, or the consent was revoked
            await self.forget(request)
            return RedirectResponse("/login", 303)
        rows = "".join(f"<li>{escape(name)}</li>" for name in names)
        more = f'<p><a href="?{escape(urlencode(behind))}">More</a></p>' if behind else ""
        return page("Your repositories", f"<ul>{rows}</ul>{more}")

    async def logout(self, request: Request) -> Response:
        """Forget the user."""
        await self.forget(request)
        return RedirectResponse("/", 303)

    async def forget(self, request: Request) -> None:
        """End the session, and delete the user's token with it."""
        key = request.session.get("key")
        request.session.clear()
        if key is not None:
            await OAuth2Auth(self.consumer, self.store, key).delete()


async def listed(bb: Bitbucket, query: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Ten repositories of one of the user's workspaces, and the query for those behind them."""
    places = [one.workspace async for one in bb.users.list_workspaces(sort="slug")]
    slugs = [one.slug for one in places if one and one.slug]
    if not slugs:
        return [], {}
    here, cursor = query.get("workspace", slugs[0]), query.get("cursor")
    pager = bb.repositories.list(here, pagelen=10)
    async with aclosing((pager.resume(cursor) if cursor else pager).pages()) as pages:
        found = await anext(pages, None)
    names = [one.full_name or "" for one in found.values] if found else []
    if found and found.next:
        return names, {"workspace": here, "cursor": pager.cursor}
    return names, next(({"workspace": slug} for slug in slugs if slug > here), {})


async def explained(_: Request, error: Exception) -> Response:
    """Put into a page what went wrong with Bitbucket."""
    if isinstance(error, errors.RateLimitedError):
        left = (error.reset_at - datetime.now(UTC)).total_seconds() if error.reset_at else 60
        return page("Try again later", "", 503, **{"Retry-After": str(max(1, round(left)))})
    if isinstance(error, errors.PagingError | errors.NotFoundError):
        return page("There is no such page", "", 404)  # somebody has made up the address
    return page("Bitbucket does not answer as it should", "", 502)


def page(title: str, content: str, status: int = 200, **headers: str) -> Response:
    """A page; *content* is HTML already."""
    text = f'{HEAD}<title>{title}</title><h1>{title}</h1>{content}<p><a href="/">Home</a></p>'
    return HTMLResponse(text, status, headers)


if __name__ == "__main__":
    me = OAuthConsumer(os.environ["BITBUCKET_OAUTH_KEY"], os.environ["BITBUCKET_OAUTH_SECRET"])
    app = Backend(Bitbucket(max_wait=2), me, MemoryTokenStore()).app
    uvicorn.run(app, host="127.0.0.1", port=8080)
