"""The credential and the base URL that the environment names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..errors import ConfigurationError
from .basic import BasicAuth
from .bearer import BearerAuth

EMAIL: Final = ("BITBUCKET_EMAIL", "ATLASSIAN_USER_EMAIL")
API_TOKEN: Final = ("BITBUCKET_API_TOKEN", "ATLASSIAN_API_TOKEN")
ACCESS_TOKEN: Final = ("BITBUCKET_ACCESS_TOKEN",)
BASE_URL: Final = "BITBUCKET_BASE_URL"


def auth_from(environ: Mapping[str, str]) -> BasicAuth | BearerAuth | None:
    """The one credential in *environ*; None where there is none.

    ConfigurationError where one half of a pair is missing, where two variables for the same thing
    differ, or where there are two credentials: which is meant is not guessed.
    """
    email = _one_of(environ, EMAIL)
    api_token = _one_of(environ, API_TOKEN)
    access_token = _one_of(environ, ACCESS_TOKEN)
    if access_token and (email or api_token):
        raise ConfigurationError(
            f"the environment names two credentials, {ACCESS_TOKEN[0]} and "
            f"{_set_one(environ, API_TOKEN if api_token else EMAIL)}: unset one of them"
        )
    if access_token:
        return BearerAuth(access_token)
    if email and api_token:
        return BasicAuth(email, api_token)
    if api_token:
        raise ConfigurationError(
            f"{_set_one(environ, API_TOKEN)} is set, but no e-mail address for it: set {EMAIL[0]} "
            "to the Atlassian account's"
        )
    if email:
        raise ConfigurationError(
            f"{_set_one(environ, EMAIL)} is set, but no token for it: set {API_TOKEN[0]}"
        )
    return None


def _one_of(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    found = {name: environ[name] for name in names if environ.get(name)}
    if len(set(found.values())) > 1:
        raise ConfigurationError(f"{' and '.join(found)} differ: unset one of them")
    return next(iter(found.values()), None)


def _set_one(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next(name for name in names if environ.get(name))
