"""The page on which a person lets an OAuth consumer act for them, or does not."""

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from attrs import frozen

from .exchange import Call, Reply
from .state.handed import handed_to
from .store import Account, Consumer, Store

HTML = "text/html; charset=utf-8"
KEPT = ("client_id", "response_type", "redirect_uri", "state")
"""What the form carries over from the address."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
GUARDED = {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width">
<style>
body {{ margin: 1rem; background: #f4f5f7; color: #172b4d; font: 1rem/1.5 sans-serif }}
main {{ max-width: 36rem; margin: auto; padding: .5rem 2rem; background: #fff; border-radius: 6px }}
h1 {{ font-size: 1.5rem }}
ul {{ columns: 10rem; padding-left: 1.2rem }}
select, button {{ font: inherit; padding: .3rem .8rem }}
button[value="grant"] {{ border: 0; border-radius: 3px; background: #0052cc; color: #fff }}
</style></head>
<body><main><h1>{title}</h1>
{content}</main></body>
</html>
"""
FORM = """<p>It will be able to use:</p>
<ul>
{scopes}
</ul>
<form method="post" action="authorize">
{kept}
<p><label for="account">Log in as</label>
<select id="account" name="account">
{accounts}
</select></p>
<p><button type="submit" name="decision" value="grant">Grant access</button>
<button type="submit" name="decision" value="deny">Deny</button></p>
</form>
"""


class _WrongError(Exception):
    """A request that no redirect may answer; the text says what is wrong with it."""


@frozen
class _Wish:
    """What a consumer asks a person for, and where it wants to hear of it."""

    consumer: Consumer
    redirect_uri: str | None
    target: str
    params: dict[str, str]


def page(title: str, content: str) -> bytes:
    """Write a page; *content* is HTML, the title is not yet."""
    return PAGE.format(title=escape(title), content=content).encode()


def answer(call: Call) -> Reply:
    """Show the page, or take what was decided on it."""
    try:
        return _decided(call) if call.method == "POST" else _asked(call)
    except _WrongError as wrong:
        text = page("This request can't be answered", f"<p>{escape(str(wrong))}</p>\n")
        return Reply(400, headers=GUARDED, text=text, content_type=HTML)


def _asked(call: Call) -> Reply:
    wish = _wish(call.store, call.query)
    name = wish.consumer.name
    kept = [
        f'<input type="hidden" name="{one}" value="{escape(wish.params[one])}">'
        for one in KEPT
        if one in wish.params
    ]
    content = FORM.format(
        scopes="\n".join(f"<li>{escape(one)}</li>" for one in sorted(wish.consumer.scopes)),
        kept="\n".join(kept),
        accounts="\n".join(
            _option(one, first=at == 0) for at, one in enumerate(call.store.accounts.values())
        ),
    )
    text = page(f"{name} asks for access to your account", content)
    return Reply(headers=GUARDED, text=text, content_type=HTML)


def _option(account: Account, *, first: bool) -> str:
    chosen = " selected" if first else ""
    name = f"{account.display_name} ({account.nickname})"
    return f'<option value="{escape(account.uuid)}"{chosen}>{escape(name)}</option>'


def _decided(call: Call) -> Reply:
    """Send the person back to the consumer with a code, or with the news that there is none."""
    form = parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True)
    wish = _wish(call.store, [*call.query, *form])
    decision = wish.params.get("decision")
    if decision == "deny":
        told = {"error": "access_denied", "error_description": "The person did not grant access."}
    elif decision == "grant":
        account = _account(call.store, wish.params.get("account"))
        handed = handed_to(call.store, wish.consumer)
        told = {"code": handed.new_code(account, wish.redirect_uri, call.store.clock())}
    else:
        raise _WrongError("The decision must be grant or deny.")
    if "state" in wish.params:
        told["state"] = wish.params["state"]
    joint = "&" if urlsplit(wish.target).query else "?"
    location = f"{wish.target}{joint}{urlencode(told)}"
    return Reply(302, headers=GUARDED | {"Location": location}, text=b"", content_type=HTML)


def _account(store: Store, uuid: str | None) -> Account:
    """Find who is logged in: the first of all, where nobody was chosen."""
    found = next(iter(store.accounts.values())) if uuid is None else store.accounts.get(uuid)
    if found is None:
        raise _WrongError("There is no such account.")
    return found


def _wish(store: Store, pairs: list[tuple[str, str]]) -> _Wish:
    """Read what is asked for; scopes are those of the consumer, whatever `scope` says."""
    params = dict(pairs)
    consumer = store.consumers.get(params.get("client_id", ""))
    if consumer is None:
        raise _WrongError("There is no consumer with this client_id.")
    if params.get("response_type") != "code":
        raise _WrongError("The response_type must be code.")
    asked = params.get("redirect_uri")
    target = consumer.callback if asked is None else asked
    if not _fits(target, consumer.callback):
        raise _WrongError("The redirect_uri must start with the consumer's callback URL.")
    return _Wish(consumer, asked, target, params)


def _fits(target: str, callback: str) -> bool:
    """Whether a consumer may be told something at *target*."""
    if not target.isascii() or not target.isprintable() or set(target) & set(' "#<>\\'):
        return False
    try:
        place = urlsplit(target)
        host = place.hostname
    except ValueError:
        return False
    if not callback:
        return place.scheme == "http" and host in LOOPBACK
    configured = urlsplit(callback)
    same = (place.scheme, place.netloc) == (configured.scheme, configured.netloc)
    return same and target.startswith(callback)
