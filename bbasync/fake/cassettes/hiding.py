"""What is secret by its place or by its looks; the same value always gets the same stand-in.

The recorder hides so before it writes, and the player before it compares. What others have left in
contents, as in files, logs and comments, is found by its looks only: there are secrets that look
like any other word, and those stay. So a cassette is to be read before it is committed.
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from .known import HIDDEN
from .words import distinct

API = "https://api.bitbucket.org"
WEB = "https://bitbucket.org"
"""The second name of the service, which has its API below ``/!api/`` and ``/api/``."""
AVATAR = "https://avatars.example.com/avatar.png"

Found = Callable[[str], object]
"""Told each secret that is hidden."""

_WORDS = (
    r"(?:tokens?|secrets?|passwords?|passwd|passphrase|jwt|signature|credentials?"
    r"|(?:private|api|access|secret)[_-]?key)"
)
_KEYS = re.compile(rf"(?i)(?:{_WORDS}|authorization|cookies?|session_?id|^auth)$")
_IS = r"\\*[\"']?[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8}"
_SAID = re.compile(
    rf"(?i)((?<![\w.%-])(?<!\w/)(?:[\w.-]*?(?:{_WORDS}|authorization)|(?<=[\"'])auth(?=\\*[\"'])){_IS})"
    r"(?:(\\*[\"'])((?:(?!\2)(?:\\.|[^\n\\]))+)(?=\2)"
    r"|(?=[^\s0-9]*[0-9])([^\s\"'\\,;&<>{}()]{8,}))"
)
"""A setting in a log or a script; what is a word of a language, and no secret, stays.

Behind a word and a slash it is a part of a path, as in the ``acme/secrets:65a11858a895`` of a diff.
"""
_ELEMENT = re.compile(rf"(?i)(<[\w.:-]*{_WORDS}>)([^<>\s]+)(?=</)")
_CURL = re.compile(
    r"(\bcurl\b[^\n]{0,500}?\s(?:-u|--user)[ =]?[\"']?[^\s:\"']{1,200}:)(?!\$)([^\s\"']+)"
)
_SLACK = re.compile(r"(hooks\.slack\.com/[a-z]+/)([^\s\"'<>\\]+)")
_PAIRS = re.compile(
    r"(?i)((?:^|[?&;#])[^=&;\s\"'<>?#]{0,100}(?:token|secret|passw|signature|credential|jwt|\bsig\b|\bpolicy\b"
    r"|x-amz-|accesskeyid|googleaccessid|key-pair-id|api[_-]?key)[^=&;\s\"'<>?#/]{0,100}=)([^&;#\s\"'<>]+)"
)
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=[\[;0-9]m))"
"""Where a word starts, also behind an escape of JSON's, and behind the one of a colour."""
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?(?:-----END \1-----|\Z)", re.DOTALL)
_SSH = re.compile(
    rf"{_START}(?:ssh|ecdsa-sha2|sk)-[a-z0-9-]{{1,40}}(?:@openssh\.com)?[ +]"
    r"AAAA[A-Za-z0-9+/]+={0,3}(?:[ \t]+[^\s\"'<>,]+)*"
)
_SHOWN = re.compile(r"AAAA[0-9a-f]{16}")
_TOKENS = re.compile(
    r"AT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{8,}"
    rf"|{_START}(?:eyJ[\w-]{{4,}}\.[\w-]+\.[\w-]*|AKIA[A-Z0-9]{{12,}}"
    r"|(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-)[A-Za-z0-9_-]{8,})"
)
_HEADER = re.compile(
    rf"(?i)({_START}(?:Bearer|Basic|JWT)(?: |%20|\+)(?=[^\s0-9=]*[0-9=])"
    rf"|{_START}Bearer(?: |%20|\+)(?=[A-Za-z0-9+/._~-]{{16}})"
    rf"|authorization{_IS}\\*[\"']?(?:Bearer|Basic|JWT|Token)(?: |%20|\+))"
    r"[A-Za-z0-9+/._~=%-]{8,}"
)
"""A word behind a scheme; without a digit in it, one that is long, or behind the header's name."""
_USER = re.compile(r"://(?!(?:git|hg|user)@)([^/@\s\"'<>?#]{1,999})@")
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
_PORTRAIT = re.compile(r"https?://[^/\s\"'<>]{0,255}avatar[^\s\"'<>]*", re.IGNORECASE)
_DIGIT = re.compile("[0-9]")
_VALUE = re.compile(r"=[^&;#]+")


def hide_text(text: str, found: Found = str) -> str:
    """Hide what is secret by its looks, and by its name in a query."""
    text = _BLOCK.sub(
        lambda one: f"-----BEGIN {one[1]}-----\n{HIDDEN}\n-----END {one[1]}-----", text
    )
    text = _SSH.sub(lambda one: _key(one[0]), text)
    text = _PORTRAIT.sub(AVATAR, text)
    text = _USER.sub(lambda one: _user(one[1], found), text)
    for named in (_PAIRS, _ELEMENT, _CURL, _SLACK):
        text = named.sub(lambda one: one[1] + _told(one[2], found), text)
    text = _SAID.sub(lambda one: f"{one[1]}{one[2] or ''}{_told(one[3] or one[4], found)}", text)
    text = _ADDRESS.sub(lambda one: _foreign(one[0]), text)
    text = _TOKENS.sub(lambda one: _told(one[0], found), text)
    return _HEADER.sub(rf"\1{HIDDEN}", text)


def hide_json(value: Any, found: Found = str, *, parent: str = "") -> Any:
    """Hide what is secret by its key, and by its looks, in JSON below the key *parent*."""
    if isinstance(value, str):
        return _avatar(value) if parent == "avatar" else hide_text(_inner(value, found), found)
    if isinstance(value, list):
        return [hide_json(one, found, parent=parent) for one in value]
    if not isinstance(value, dict):
        return value
    shown: dict[str, Any] = {}
    for key, inner in value.items():
        new = distinct(hide_text(key, found), shown)
        if key == "href" and parent == "avatar" and isinstance(inner, str):
            shown[new] = _avatar(inner)
        elif _is_secret(value, key, parent):
            plain = key == "value" and not value.get("secured")  # a word like any other
            shown[new] = _hidden(inner, str if plain else found)
        elif key == "url" and isinstance(inner, str) and _is_hook(value, parent):
            shown[new] = _hook(inner, found)
        else:
            shown[new] = hide_json(inner, found, parent=key)
    return shown


def _inner(text: str, found: Found) -> str:
    """Hide what is secret by its key in JSON that stands in a text."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        value = json.loads(text)
        shown = hide_json(value, found)
    except (ValueError, RecursionError):
        return text
    return text if shown == value else json.dumps(shown)


def hide_pair(name: str, value: str, found: Found = str) -> str:
    """Hide the value of a query's parameter, if that is secret."""
    if value and _PAIRS.match(f"{name}=x"):
        return _told(value, found)
    return hide_text(value, found)


def is_ours(address: str) -> bool:
    """Whether an address is one of the API."""
    return address.startswith((f"{API}/", f"{WEB}/!api/", f"{WEB}/api/"))


def _is_secret(owner: dict[str, Any], key: str, parent: str) -> bool:
    if _KEYS.search(key):
        return True
    if key == "comment":  # of a key: as a rule somebody's name and machine
        return "fingerprint" in owner
    if key != "value":
        return False
    variable = "secured" in owner or owner.get("type") == "pipeline_variable"
    names = (owner.get("key"), owner.get("name"))
    named = any(isinstance(name, str) and _KEYS.search(name) for name in names)
    return variable or named or (parent == "variables" and "key" in owner)


def _is_hook(owner: dict[str, Any], parent: str) -> bool:
    hook = owner.get("type") == "webhook_subscription" or "events" in owner
    return hook or parent == "hooks"


def _hidden(value: Any, found: Found) -> Any:
    """Hide a value whose key says that it is secret; that there is none is no secret."""
    if isinstance(value, str):
        return _told(value, found) if value else value
    if isinstance(value, dict):
        return {key: _hidden(one, found) for key, one in value.items()}
    if isinstance(value, list):
        return [_hidden(one, found) for one in value]
    return value if value is None or isinstance(value, bool) else 0


def _told(secret: str, found: Found) -> str:
    if secret != HIDDEN:
        found(secret)
    return HIDDEN


def _user(pair: str, found: Found) -> str:
    """Hide who is named in an address; his password may be repeated elsewhere."""
    found(unquote(pair.partition(":")[2]))
    return "://user@"


def _hook(address: str, found: Found) -> str:
    """Leave of a webhook's address who is called: the rest of it is often all that is secret."""
    match = re.match(r"(?i)(https?://)(?:[^/@?#]*@)?([^/?#]*)", address)
    if match is None:
        return HIDDEN
    path = address[match.end() + 1 :]
    if path not in {"", HIDDEN}:
        found(address[match.start(2) :])
        if _DIGIT.search(path):  # others may be a repository's, whose own address stays
            found(path)
    return f"{match[1]}{match[2]}/{HIDDEN}"


def _avatar(address: str) -> str:
    return hide_text(address) if is_ours(address) else AVATAR


def _foreign(address: str) -> str:
    """Hide all values of a query that is not for Bitbucket, which may sign with any of them."""
    place, mark, query = address.partition("?")
    if not mark or place.startswith((f"{API}/", f"{WEB}/")):
        return address
    return f"{place}?{_VALUE.sub(f'={HIDDEN}', query) if '=' in query else HIDDEN}"


def _key(text: str) -> str:
    """Tell public keys apart, and no more; whoever has one can find it again."""
    kind, body = re.split(r"[ +]", text, maxsplit=1)
    body = body.split()[0]
    if _SHOWN.fullmatch(body):
        return f"{kind} {body}"
    return f"{kind} AAAA{hashlib.sha256(body.encode()).hexdigest()[:16]}"
