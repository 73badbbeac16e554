"""A web backend on aiohttp: people log in with Bitbucket, and look through their repositories.

An example to copy from. Its OAuth consumer has the scopes account and repository, and the callback
http://127.0.0.1:8080/callback. Sessions and tokens are in dicts, which is enough for an example.

    BITBUCKET_OAUTH_KEY=... BITBUCKET_OAUTH_SECRET=... python aiohttp_app.py
"""

import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

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
        self.sessions: dict[str, dict[str, str]] = {}
        self.app = web.Application(middlewares=[explained])
        self.app.cleanup_ctx.append(self.opened)
        self.app.router.add_get("/", self.home)
        self.app.router.add_get("/login", self.login)
        self.app.router.add_get("/callback", self.callback)
        self.app.router.add_get("/repositories", self.repositories)
        self.app.router.add_post("/logout", self.logout)  # no GET: a link may be on any page

    async def opened(self, _: web.Application) -> AsyncIterator[None]:
        """Keep the client open for as long as the application runs."""
        async with self.bb:
            yield

    async def home(self, request: web.Request) -> web.Response:
        """Say who is logged in."""
        name = self.session(request).get("name")
        return page("Home", LOGIN if name is None else SIGNED_IN.format(escape(name)))

    async def login(self, request: web.Request) -> web.Response:
        """Send the user to the consent page, with a state that no other browser has."""
        session = self.session(request) | {"state": new_state()}
        raise self.begun(request, session, self.consumer.authorize_url(session["state"]))

    async def callback(self, request: web.Request) -> web.Response:
        """Take the user back from there, and trade the code for a token."""
        state = self.session(request).get("state")
        try:
            token = await self.consumer.callback(request.query, state=state, via=self.bb)
        except errors.ArgumentError:  # another state: nothing was exchanged
            return page("This login was not begun here", LOGIN, 400)
        except errors.ReauthorizationRequired as error:  # the user said no
            return page("You are not logged in", f"<p>{escape(error.reason)}</p>{LOGIN}", 403)
        await self.forget(request)
        auth = OAuth2Auth(self.consumer, self.store, key=secrets.token_hex())
        await auth.save(token)
        me = await self.bb.as_(auth).users.me()
        raise self.begun(request, {"key": auth.key, "name": me.display_name or "?"}, "/")

    async def repositories(self, request: web.Request) -> web.Response:
        """List some repositories of the user, with a link to those behind them."""
        auth = OAuth2Auth(self.consumer, self.store, self.session(request).get("key", "nobody"))
        try:
            names, behind = await listed(self.bb.as_(auth), request.query)
        except errors.ReauthorizationRequired:  # nobody has logged in, or the consent was revoked
            await self.forget(request)
            raise web.HTTPSeeOther("/login") from None
        rows = "".join(f"<li>{escape(name)}</li>" for name in names)
        more = f'<p><a href="?{escape(urlencode(behind))}">More</a></p>' if behind else ""
        return page("Your repositories", f"<ul>{rows}</ul>{more}")

    async def logout(self, request: web.Request) -> web.Response:
        """Forget the user."""
        await self.forget(request)
        raise web.HTTPSeeOther("/")

    def session(self, request: web.Request) -> dict[str, str]:
        """What is known of the browser."""
        return self.sessions.get(request.cookies.get("session", ""), {})

    def begun(self, request: web.Request, session: dict[str, str], to: str) -> web.HTTPSeeOther:
        """Redirect with a new session; the browser gets its random name, and no more."""
        self.sessions.pop(request.cookies.get("session", ""), None)
        name, answer = secrets.token_urlsafe(), web.HTTPSeeOther(to)
        self.sessions[name] = session
        answer.set_cookie("session", name, httponly=True, samesite="Lax", secure=request.secure)
        return answer

    async def forget(self, request: web.Request) -> None:
        """End the session, and delete the user's token with it."""
        key = self.sessions.pop(request.cookies.get("session", ""), {}).get("key")
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


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put into a page what went wrong with Bitbucket."""
    try:
        return await handler(request)
    except errors.RateLimitedError as error:
        left = (error.reset_at - datetime.now(UTC)).total_seconds() if error.reset_at else 60
        return page("Try again later", "", 503, **{"Retry-After": str(max(1, round(left)))})
    except (errors.PagingError, errors.NotFoundError):  # of an address that somebody has made up
        return page("There is no such page", "", 404)
    except errors.BitbucketError:
        return page("Bitbucket does not answer as it should", "", 502)


def page(title: str, content: str, status: int = 200, **headers: str) -> web.Response:
    """A page; *content* is HTML already."""
    text = f'{HEAD}<title>{title}</title><h1>{title}</h1>{content}<p><a href="/">Home</a></p>'
    return web.Response(text=text, status=status, headers=headers, content_type="text/html")


if __name__ == "__main__":
    me = OAuthConsumer(os.environ["BITBUCKET_OAUTH_KEY"], os.environ["BITBUCKET_OAUTH_SECRET"])
    app = Backend(Bitbucket(max_wait=2), me, MemoryTokenStore()).app
    web.run_app(app, host="127.0.0.1", port=8080)
