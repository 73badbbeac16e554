"""That the suite would notice a credential in what it logs."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.fake import FakeBitbucket


@pytest.fixture
def listener(said: Any) -> Any:
    """Another listener like the suite's own, for what must not be said aloud."""
    return type(said)()


def test_a_credential_that_is_logged_is_noticed(listener: Any) -> None:
    """In the message, in its arguments, in a traceback; as it is sent, and as it is typed."""
    auth = f"Basic {base64.b64encode(b'ada@example.com:ATATT-of-ada').decode()}"
    listener.used({"Authorization": auth, "proxy-authorization": "Bearer of-a-proxy"})
    assert listener.leaks() == []
    for text in (auth, "Bearer of-a-proxy", "ATATT-of-ada"):
        listener.emit(logging.makeLogRecord({"msg": "sent %s", "args": (text,)}))
    error = ValueError(auth)
    trace = (type(error), error, None)
    listener.emit(logging.makeLogRecord({"msg": "failed", "exc_info": trace}))
    assert len(listener.leaks()) == 4
    assert not any("ATATT" in one or "of-a-proxy" in one for one in listener.leaks())


async def test_the_suite_listens_to_every_client(said: Any) -> None:
    """What a client sends as its credential is what is looked for in the end."""
    async with FakeBitbucket() as fake:
        for auth in (BasicAuth(fake.email, fake.api_token), BearerAuth(fake.access_token)):
            async with Bitbucket(auth, base_url=fake.url) as bb:
                await bb.repositories.get("acme", "site")
    assert {fake.api_token, fake.access_token} <= said.secrets
    assert any("/repositories/acme/site" in text for text in said.texts)
