"""The token endpoint: what OAuth consumers get tokens for, with errors in OAuth's own layout."""

import hmac
import secrets
from collections.abc import Callable
from urllib.parse import parse_qsl

from . import consent
from .access import CONNECT
from .bodies import FORM, media_type
from .exchange import Call, RefusalError, Reply
from .identity import OAUTH, identify, name_and_secret
from .replies import length_required
from .state.handed import handed_to
from .store import Account, Consumer, Credential, Store

PREFIX = "/site/oauth2/"
TOKEN = f"{PREFIX}access_token"
AUTHORIZE = f"{PREFIX}authorize"
LIFE = 7200
"""Seconds that an access token lives."""
UNSTORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
JWT_GRANT = "urn:bitbucket:oauth2:jwt"

Form = dict[str, str]


def answer(call: Call, *, told: bool) -> Reply:
    """Answer a call to the web side; without its length *told* no body is taken."""
    methods = {TOKEN: {"POST"}, AUTHORIZE: {"GET", "HEAD", "POST"}}.get(call.sent_path)
    if methods is None:
        return Reply(404, text=consent.page("Not found", ""), content_type=consent.HTML)
    if call.method not in methods:
        return Reply(405, headers={"Allow": ", ".join(sorted(methods))}, text=b"")
    if call.method == "POST" and not told:
        return length_required()
    if call.sent_path == AUTHORIZE:
        return consent.answer(call)
    try:
        return _token(call)
    except RefusalError as refusal:
        return refusal.reply


def refused(code: str, why: str) -> RefusalError:
    """Lay out an error the way of OAuth."""
    body = {"error": code, "error_description": why}
    return RefusalError(Reply(400, body, UNSTORED))


def _unknown_client(why: str) -> RefusalError:
    body = {"error": "invalid_client", "error_description": why}
    asked = {"WWW-Authenticate": 'Basic realm="Bitbucket.org HTTP"'}
    return RefusalError(Reply(401, body, UNSTORED | asked))


def _token(call: Call) -> Reply:
    """Find out what is asked for and who asks, and trade it."""
    form = _form(call)
    grant = form.get("grant_type", "")
    if grant == JWT_GRANT:
        return _by_jwt(call)
    consumer = _client(call)
    if not grant:
        raise refused("invalid_request", "The parameter grant_type is missing.")
    trade = GRANTS.get(grant)
    if trade is None:
        raise refused("unsupported_grant_type", "This grant_type is not supported.")
    return trade(call.store, consumer, form)


def _form(call: Call) -> Form:
    """Read the form; each parameter comes once at the most."""
    if call.body and media_type(call) != FORM:
        raise refused("invalid_request", f"The body must be of type {FORM}.")
    pairs = parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True)
    if len(dict(pairs)) < len(pairs):
        raise refused("invalid_request", "A parameter came more than once.")
    return dict(pairs)


def _client(call: Call) -> Consumer:
    """Find the consumer that asks, who shows key and secret in the header."""
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise _unknown_client("A consumer shows its key and secret with HTTP Basic.")
    key, secret = name_and_secret(value.strip())
    found = call.store.consumers.get(key)
    if found is None or not hmac.compare_digest(found.secret.encode(), secret.encode()):
        raise _unknown_client("There is no consumer with this key and this secret.")
    return found


def _by_code(store: Store, consumer: Consumer, form: Form) -> Reply:
    """Trade the code of a consent, which is good once, for whom and where it was given."""
    text = form.get("code")
    if not text:
        raise refused("invalid_request", "The parameter code is missing.")
    code = handed_to(store, consumer).use_code(text, store.clock())
    if code is None:
        raise refused("invalid_grant", "The code is unknown, used or expired.")
    asked = code.redirect_uri
    usual = asked or consumer.callback
    if form.get("redirect_uri", usual if asked is None else "") != usual:
        raise refused("invalid_grant", "The redirect_uri is not the one that the code came by.")
    return _tokens(store, consumer, code.account)


def _by_refresh(store: Store, consumer: Consumer, form: Form) -> Reply:
    """Trade a refresh token, which dies of it, for new tokens."""
    text = form.get("refresh_token")
    if not text:
        raise refused("invalid_request", "The parameter refresh_token is missing.")
    refresh = handed_to(store, consumer).use_refresh(text, store.clock())
    if refresh is None:
        raise refused("invalid_grant", "The refresh_token is unknown, used, revoked or expired.")
    return _tokens(store, consumer, refresh.account)


def _by_itself(store: Store, consumer: Consumer, _: Form) -> Reply:
    """Give a consumer a token of its own: it acts as the app of its workspace."""
    token = secrets.token_urlsafe(32)
    given = Credential(token, OAUTH, consumer.scopes, workspace=consumer.workspace, issuer=consumer)
    return Reply(body=_issued(store, given), headers=UNSTORED)


def _by_jwt(call: Call) -> Reply:
    """Trade what a Connect app has signed for a token that acts as the app."""
    try:
        app = identify(call)
    except RefusalError:
        app = None
    if app is None or app.kind != CONNECT:
        raise _unknown_client("An app shows what it has signed with the scheme JWT.")
    token = secrets.token_urlsafe(32)
    given = Credential(token, OAUTH, app.scopes, workspace=app.workspace, issuer=app.issuer)
    return Reply(body=_issued(call.store, given), headers=UNSTORED)


def _tokens(store: Store, consumer: Consumer, account: Account) -> Reply:
    """Give tokens that act for a person."""
    token = secrets.token_urlsafe(32)
    given = Credential(token, OAUTH, consumer.scopes, account=account, issuer=consumer)
    body = _issued(store, given)
    body["refresh_token"] = handed_to(store, consumer).new_refresh(account, store.clock())
    return Reply(body=body, headers=UNSTORED)


def _issued(store: Store, given: Credential) -> dict[str, object]:
    """Remember an access token, and tell of it."""
    given.expires_at = store.clock() + LIFE
    store.credentials[given.token] = given
    return {
        "access_token": given.token,
        "expires_in": LIFE,
        "token_type": "bearer",
        "scopes" if store.old_scope_key else "scope": " ".join(sorted(given.scopes)),
    }


GRANTS: dict[str, Callable[[Store, Consumer, Form], Reply]] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
    "client_credentials": _by_itself,
}
"""The grants of consumers; apps have one beside them."""
