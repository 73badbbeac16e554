"""The client of a worker, made where that runs: nothing of it comes from elsewhere."""

from __future__ import annotations

import os
from typing import Any

from ..auth.environment import BASE_URL, auth_from
from ..client import Bitbucket
from ..errors import ConfigurationError


def make_client(**settings: Any) -> Bitbucket:
    """The client of a worker: as its environment says, or the login of whom it runs for."""
    if auth_from(os.environ) is not None:
        return Bitbucket.from_env(**settings)
    try:
        from .session import find_caller  # noqa: PLC0415 - a worker may do without its packages
    except ImportError:
        caller = None
    else:
        caller = find_caller()
    if caller is None or caller.auth is None:
        raise ConfigurationError(
            "a worker has no credential: set BITBUCKET_EMAIL and BITBUCKET_API_TOKEN where workers "
            "are started, or log in there"
        )
    settings.setdefault("base_url", caller.base_url)
    if settings["base_url"] != caller.base_url:
        raise ConfigurationError(
            f"a worker's login is for {caller.base_url}, not for {settings['base_url']}: set "
            f"{BASE_URL} where workers are started too"
        )
    return Bitbucket(caller.auth, **settings)
