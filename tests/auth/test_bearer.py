"""Access tokens."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from bbasync import BearerAuth
from bbasync.errors import ConfigurationError


async def test_the_header_is_http_bearer() -> None:
    """The token stands behind the scheme, as it is."""
    assert await BearerAuth("ATCTT3x=").authorization() == "Bearer ATCTT3x="


def test_the_token_is_never_shown() -> None:
    """Neither repr nor str has it."""
    auth = BearerAuth("s3cret")
    assert "s3cret" not in f"{auth} {auth!r}"


def test_a_token_does_not_leave_its_process() -> None:
    """Pickling is refused."""
    with pytest.raises(TypeError, match="BearerAuth holds a secret"):
        pickle.dumps(BearerAuth("s3cret"))


@pytest.mark.parametrize("token", ["", None, 5, " s3cret", "s3\ncret", "s3cret\t"])
def test_what_cannot_stand_in_a_header_is_refused(token: Any) -> None:
    """A header can't be injected, and the error does not show the token."""
    with pytest.raises(ConfigurationError, match="access token") as caught:
        BearerAuth(token)
    assert "s3" not in str(caught.value)
