"""What ``can`` says of every operation is what the fake does, whose scopes were written apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

import pytest

from bbasync import OPERATIONS, BasicAuth, BearerAuth, Bitbucket, Quota
from bbasync.api import Operation
from bbasync.api.access import Identity, can, whoami
from bbasync.errors import AnswerError, GoneError
from bbasync.fake import FakeBitbucket
from bbasync.wire.message import Answer, Request, Safety

NAMES: Final = {"workspace": "acme", "account": "acme"}
"""What stands in paths; the other names are of things that are not there."""
GRANTS: Final = {**NAMES, "repo_slug": "site", "project_key": "WEB", "group_slug": "developers"}
"""The same where the fake looks for the thing before it looks at the credential."""

REFUSALS: Final = ("provided token", "lack one or more required privilege scopes")
"""How the fake refuses a credential for its kind, and for its scopes."""

STRICTER: Final[Mapping[str, str]] = {
    "api_token": "",
    "workspace_access_token": """
        commits.approve commits.unapprove
        deployments.create_project_deploy_key deployments.delete_project_deploy_key
        gpg.create gpg.delete gpg.get gpg.list
        snippets.create snippets.create_comment snippets.create_own snippets.delete
        snippets.delete_comment snippets.delete_revision snippets.unwatch snippets.update
        snippets.update_comment snippets.update_revision snippets.watch
        ssh.create ssh.delete ssh.get ssh.list ssh.update
    """,
    "oauth2": "",
}
"""Where the fake wants a person, and the service is not known to. One too many here fails."""


@pytest.mark.parametrize("kind", STRICTER)
async def test_what_can_says_is_what_the_fake_does(service: FakeBitbucket, kind: str) -> None:
    """With all scopes that an operation wants, all but each, and some at random.

    What ``can`` leaves open, and what the service has removed, is not compared.
    """
    held = _credential(service, kind)
    every = sorted(service.store.credentials[held].scopes)
    auth = BasicAuth(service.email, held) if kind == "api_token" else BearerAuth(held)
    counted: Counter[bool | None] = Counter()
    wrong: set[str] = set()
    async with Bitbucket(auth, base_url=service.url, quota=Quota.off(), attempts=1) as bb:
        account = (await whoami(bb)).account
        for operation in OPERATIONS:
            for scopes in _sets(operation, every):
                said = can(Identity(kind, scopes, account=account), operation).allowed
                service.store.credentials[held].scopes = scopes
                refused = await _is_refused(bb, operation)
                if refused is None:
                    break
                counted[said] += 1
                if said is refused:
                    wrong.add(f"{operation.group}.{operation.name}")
    assert wrong == set(STRICTER[kind].split())
    assert min(counted[True], counted[False]) > 300
    assert counted[None] < (counted[True] + counted[False]) / 8


async def test_without_a_credential_the_fake_does_what_can_says(service: FakeBitbucket) -> None:
    """What nobody can call is never answered with 2xx, and what everybody can is no 401."""
    nobody = Identity("anonymous", frozenset())
    counted: Counter[bool | None] = Counter()
    async with Bitbucket(base_url=service.url, quota=Quota.off(), attempts=1) as bb:
        for operation in OPERATIONS:
            said = can(nobody, operation).allowed
            status = await _status(bb, operation)
            counted[said] += 1
            assert said is not True or status != 401, operation
            assert said is not False or status >= 400, operation
    assert counted[True] == 4
    assert counted[False] > 100


def _credential(service: FakeBitbucket, kind: str) -> str:
    return next(key for key, one in service.store.credentials.items() if one.kind == kind)


def _sets(operation: Operation, every: list[str]) -> Iterator[frozenset[str]]:
    """Sets of scopes that an operation's refusals and admissions lie between."""
    granular = every[0].endswith(":bitbucket")
    needed = frozenset(operation.granular_scopes if granular else operation.scopes)
    yield needed
    yield from (needed - {one} for one in sorted(needed))
    yield from (frozenset(every) - {one} for one in sorted(needed))
    chance = Random(f"{operation.group}.{operation.name}")
    for share in (0.3, 0.6, 0.9):
        yield frozenset(one for one in every if chance.random() < share)


async def _is_refused(bb: Bitbucket, operation: Operation) -> bool | None:
    """Whether the credential is refused; None where nobody can call the operation any more."""
    if operation.group == "issues":
        return None
    try:
        await _send(bb, operation)
    except GoneError:
        return None
    except AnswerError as error:
        return error.status == 401 or any(one in str(error) for one in REFUSALS)
    return False


async def _status(bb: Bitbucket, operation: Operation) -> int:
    try:
        return (await _send(bb, operation)).status
    except AnswerError as error:
        return error.status


async def _send(bb: Bitbucket, operation: Operation) -> Answer:
    names = GRANTS if operation.only == "api_token" else NAMES
    path = re.sub(r"{(\w+)}", lambda found: names.get(found[1], "0"), operation.path)
    return await bb.send(Request(operation.method, path, safety=Safety.NEVER))
