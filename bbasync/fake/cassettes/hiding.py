"""What is secret by its place or by its looks; the same value always gets the same stand-in.

The recorder hides so before it writes, and the player before it compares.
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from .known import HIDDEN

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
_KEYS = re.compile(rf"(?i)(?:{_WORDS}|authorization|cookies?|session_?id)$")
_SAID = re.compile(
    rf"(?i)((?<![\w.-])[\w.-]*?{_WORDS}\\*[\"']?[ \t]{{0,8}}[:=][ \t]{{0,8}})"
    r"(?:(\\*[\"'])([^\s\"'\\]+)(?=\2)|(?=[^\s0-9]*[0-9])([^\s\"'\\,;&<>{}()]{8,}))"
)
"""A setting in a log or a script; what is a word of a language, and no secret, stays."""
_PAIRS = re.compile(
    r"(?i)((?:^|[?&;#])[^=&;\s\"'<>?#]{0,100}(?:token|secret|passw|signature|credential|jwt|\bsig\b|\bpolicy\b"
    r"|x-amz-|accesskeyid|googleaccessid|key-pair-id|api_?key)[^=&;\s\"'<>]{0,100}=)([^&;#\s\"'<>]+)"
)
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?(?:-----END \1-----|\Z)", re.DOTALL)
_SSH = re.compile(
    r"\b(?:ssh-[a-z0-9-]{1,40}|ecdsa-sha2-[a-z0-9-]{1,40}|sk-[a-z0-9-]{1,40}(?:@openssh\.com)?)[ +]"
    r"AAAA[A-Za-z0-9+/]+={0,3}(?:[ \t]+[^\s\"'<>,]+)*"
)
_SHOWN = re.compile(r"AAAA[0-9a-f]{16}")
_TOKENS = re.compile(
    r"\bAT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{8,}|\beyJ[\w-]{4,}\.[\w-]+\.[\w-]*|\bAKIA[A-Z0-9]{12,}"
)
_HEADER = re.compile(r"\b(Bearer|Basic|JWT) (?=[^\s0-9=]*[0-9=])[A-Za-z0-9+/._~=-]{8,}")
_USER = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,30}://)(?!(?:git|hg|user)@)[^/@\s\"'<>?#]{1,999}@")
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
_PORTRAIT = re.compile(r"https?://[^/\s\"'<>]{0,255}avatar[^\s\"'<>]*", re.IGNORECASE)
_VALUE = re.compile(r"=[^&;#]+")


def hide_text(text: str, found: Found = str) -> str:
    """Hide what is secret by its looks, and by its name in a query."""
    text = _BLOCK.sub(
        lambda one: f"-----BEGIN {one[1]}-----\n{HIDDEN}\n-----END {one[1]}-----", text
    )
    text = _SSH.sub(lambda one: _key(one[0]), text)
    text = _PORTRAIT.sub(AVATAR, text)
    text = _USER.sub(r"\1user@", text)
    text = _PAIRS.sub(lambda one: one[1] + _told(one[2], found), text)
    text = _SAID.sub(lambda one: f"{one[1]}{one[2] or ''}{_told(one[3] or one[4], found)}", text)
    text = _ADDRESS.sub(lambda one: _foreign(one[0]), text)
    text = _TOKENS.sub(lambda one: _told(one[0], found), text)
    return _HEADER.sub(rf"\1 {HIDDEN}", text)


def hide_json(value: Any, found: Found = str, *, parent: str = "") -> Any:
    """Hide what is secret by its key, and by its looks, in JSON below the key *parent*."""
    if isinstance(value, str):
        return _avatar(value) if parent == "avatar" else hide_text(_inner(value, found), found)
    if isinstance(value, list):
        return [hide_json(one, found, parent=parent) for one in value]
    if not isinstance(value, dict):
        return value
    shown = {}
    for key, inner in value.items():
        if key == "href" and parent == "avatar" and isinstance(inner, str):
            shown[key] = _avatar(inner)
        elif _is_secret(value, key, parent):
            plain = key == "value" and not value.get("secured")  # a word like any other
            shown[hide_text(key, found)] = _hidden(inner, str if plain else found)
        elif key == "url" and isinstance(inner, str) and _is_hook(value, parent):
            shown[key] = _hook(inner)
        else:
            shown[hide_text(key, found)] = hide_json(inner, found, parent=key)
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


def _hook(address: str) -> str:
    """Leave of a webhook's address who is called: the rest of it is often all that is secret."""
    match = re.match(r"(?i)(https?://)(?:[^/@?#]*@)?([^/?#]*)", address)
    if match is None:
        return HIDDEN
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
