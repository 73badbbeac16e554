"""`bbasync login` and `logout`: what is kept, where, and what is said of it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from bbasync.auth.environment import ACCESS_TOKEN, API_TOKEN, EMAIL
from bbasync.cli.session import find_caller
from bbasync.cli.vault import Vault
from bbasync.errors import TokenStoreError
from bbasync.fake import FakeBitbucket
from tests.cli.conftest import Do, files
from tests.cli.terminal import typed_at

ELSEWHERE = "http://127.0.0.1:9/2.0"


def rights(path: Path) -> int:
    """Who may do what with it."""
    return stat.S_IMODE(path.stat().st_mode)


def open_to_its_group(path: Path) -> None:
    """Let others write there."""
    path.chmod(0o770)


async def test_a_login_is_kept_for_the_commands_to_come(
    log_in: Do, do: Do, home: Path, service: FakeBitbucket
) -> None:
    """It says who one is, is for its owner alone, is used, and is forgotten by logging out."""
    ran = await log_in()
    assert (ran.code, ran.err) == (0, "")
    account = service.accounts[0]
    assert f"account   {account.display_name} ({account.nickname}), {account.uuid}" in ran.out
    assert "kind      api_token" in ran.out
    assert f"service   {service.url}" in ran.out
    (name,) = files(home)
    assert f"kept in   the file {home / name}, for you alone" in ran.out
    assert (rights(home / name), rights(home)) == (0o600, 0o700)

    used = await do("api", "GET", "/user")
    assert json.loads(used.out)["uuid"] == account.uuid
    shown = await do("whoami")
    assert shown.code == 0
    assert f"from      the login in the file {home / name}" in shown.out
    left = await do("logout")
    assert left.code == 0
    assert f"forgot the API token of {service.email} for {service.url}" in left.err
    assert "stays valid until it is revoked there: see id.atlassian.com/" in left.err
    assert files(home) == {}
    again = await do("logout")
    assert (again.code, again.out) == (0, "")
    assert f"there is no login for {service.url}: nothing to forget" in again.err
    assert not any(service.api_token in one.out + one.err for one in (ran, used, shown, left))


async def test_a_person_is_asked_and_the_token_is_not_shown(
    place: dict[str, str], home: Path, service: FakeBitbucket
) -> None:
    """One chooses what to log in with, types again what is empty, and nobody reads along."""
    dialogue = [
        ("1, 2 or 3: ", "4\n"),
        ("1, 2 or 3: ", "1\n"),
        ("e-mail address of the Atlassian account: ", "\n"),
        ("e-mail address of the Atlassian account: ", f"{service.email}\n"),
        ("API token (not shown): ", f"  {service.api_token} \n"),
    ]
    ran = await typed_at(dialogue, "login", **place)
    assert ran.code == 0, ran.out
    assert "an access token of a repository" in ran.out
    assert service.email in ran.out
    assert service.api_token not in ran.out
    assert service.api_token in next(iter(files(home).values()))


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
async def test_a_person_who_changes_his_mind_has_changed_nothing(
    place: dict[str, str], home: Path, key: str
) -> None:
    """At the hidden question too, in one line."""
    ran = await typed_at([("access token (not shown): ", key)], "login", "--access-token", **place)
    assert ran.code == (130 if key == "\x03" else 2)
    assert ("interrupted" if key == "\x03" else "no access token was entered") in ran.out
    assert "Traceback" not in ran.out
    assert files(home) == {}


async def test_an_access_token_has_no_account_to_show(do: Do, service: FakeBitbucket) -> None:
    """It may not read who it is, and is kept all the same."""
    ran = await do("login", "--access-token", typed=f"{service.access_token}\n")
    assert ran.code == 0
    assert "kind      workspace_access_token" in ran.out
    assert "account   none that this credential may read" in ran.out
    assert service.access_token not in ran.out + ran.err
    left = await do("logout")
    assert "forgot an access token" in left.err
    assert "the settings of its repository, project or workspace" in left.err


async def test_what_is_refused_is_not_kept_and_replaces_nothing(
    log_in: Do, do: Do, home: Path, service: FakeBitbucket
) -> None:
    """The login that was there goes on working."""
    await log_in()
    before = files(home)
    for options, typed in (
        (["--api-token"], f"{service.email}\nATATT-wrong-one\n"),
        (["--api-token", "--email", "no@example.com"], f"{service.api_token}\n"),
        (["--access-token"], "ATCTT-wrong-one\n"),
    ):
        ran = await do("login", *options, typed=typed)
        assert ran.code == 3
        assert "nothing was kept" in ran.err
        assert "wrong-one" not in ran.err
        assert service.api_token not in ran.err
    assert files(home) == before
    assert (await do("whoami")).code == 0


async def test_without_its_service_nobody_logs_in(log_in: Do, home: Path) -> None:
    """What could not be verified is not kept."""
    ran = await log_in(BITBUCKET_BASE_URL=ELSEWHERE)
    assert ran.code == 5
    assert "nothing was kept" in ran.err
    assert files(home) == {}


MISTAKES: dict[str, tuple[list[str], str, str]] = {
    "no way": ([], "x\n", "one of --api-token, --access-token, --oauth"),
    "two ways": (["--api-token", "--oauth"], "", "choose one of --api-token and --oauth"),
    "e-mail for another": (["--access-token", "--email", "a@b.c"], "x\n", "has no --email"),
    "key for another": (["--access-token", "--key", "k"], "x\n", "has no --key"),
    "port for another": (["--api-token", "--port", "17990"], "x\n", "has no --port"),
    "timeout for another": (["--api-token", "--timeout", "9"], "x\n", "has no --timeout"),
    "browser for another": (["--access-token", "--no-browser"], "x\n", "has no --browser"),
    "nothing typed": (["--access-token"], "", "no access token was entered"),
    "half typed": (["--api-token"], "a@b.c\n", "no API token was entered"),
    "no e-mail address": (["--api-token", "--email", "a:b"], "x\n", "e-mail address has no ':'"),
    "not a token": (["--access-token"], "to\x07ken\n", "control character"),
    "no keyring": (["--access-token", "--keep", "keyring"], "x\n", "there is no keyring"),
    "no place": (["--access-token", "--keep", "attic"], "x\n", "attic"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_is_told_before_anything_is_sent(
    do: Do, home: Path, service: FakeBitbucket, mistake: str
) -> None:
    """The line names what is wrong, and what to do."""
    options, typed, complaint = MISTAKES[mistake]
    ran = await do("login", *options, typed=typed)
    assert ran.code == 2
    assert complaint in " ".join(ran.err.replace("│", " ").split())
    assert files(home.parent) == files(home) == {}
    assert service.requests == []


async def test_each_base_url_has_its_own_login(log_in: Do, do: Do, home: Path) -> None:
    """A login at one server is never sent to another, and does not replace what is kept there."""
    async with FakeBitbucket(seed=2) as other:
        typed = f"{other.access_token}\n"
        await log_in()
        ran = await do("login", "--access-token", typed=typed, BITBUCKET_BASE_URL=other.url)
        assert ran.code == 0
        assert len(files(home)) == 2
        assert "kind      api_token" in (await do("whoami")).out
        there = await do("whoami", BITBUCKET_BASE_URL=f"{other.url}/")
        assert "kind      workspace_access_token" in there.out
    ran = await do("logout", BITBUCKET_BASE_URL=ELSEWHERE)
    assert "nothing to forget" in ran.err
    assert len(files(home)) == 2


async def test_the_environment_comes_before_a_login_and_a_login_before_netrc(
    log_in: Do, do: Do, service: FakeBitbucket, tmp_path: Path
) -> None:
    """Each says where the credential comes from."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login x-token-auth password {service.access_token}\n")
    netrc.chmod(0o600)
    ran = await do("whoami", NETRC=str(netrc))
    assert "from      machine 127.0.0.1 in .netrc" in ran.out
    await log_in()
    ran = await do("whoami", NETRC=str(netrc))
    assert "from      the login in " in ran.out
    token = service.add_token("repo_access_token")
    variables = {"NETRC": str(netrc), "BITBUCKET_ACCESS_TOKEN": token}
    ran = await do("whoami", **variables)
    assert "from      the environment" in ran.out
    assert "kind      repo" in ran.out
    ran = await log_in(**variables)
    assert "BITBUCKET_ACCESS_TOKEN is set: the environment comes before this login" in ran.err


async def test_a_netrc_that_can_t_be_read_says_what_comes_before_it(do: Do, tmp_path: Path) -> None:
    """Otherwise somebody else's file would be in the way of every command."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 hunter22\n")
    ran = await do("whoami", NETRC=str(netrc))
    assert ran.code == 2
    assert "`bbasync login` comes before it" in ran.err
    assert "hunter22" not in ran.err


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "no login that this bbasync understands"),
        ("[]", "no login that this bbasync understands"),
        ('{"version": 2}', "no login that this bbasync understands"),
        ('{"version": 1, "kept": "file"}', "of no kind that is known"),
        ('{"version": 1, "login": {"kind": "access_token", "token": 7}}', "access token is empty"),
        ('{"version": 1, "login": {"kind": "oauth", "key": "k"}}', "secret is empty"),
    ],
)
def test_a_broken_login_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str, complaint: str
) -> None:
    """Nothing goes out without a credential where there was to be one."""
    for name in (*EMAIL, *API_TOKEN, *ACCESS_TOKEN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BITBUCKET_BASE_URL", ELSEWHERE)
    monkeypatch.setenv("BBASYNC_CONFIG_DIR", str(tmp_path))
    path = Vault().path(ELSEWHERE)
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(TokenStoreError, match=f"{complaint}.*: run `bbasync login`"):
        find_caller()


async def test_a_broken_login_can_be_forgotten_or_replaced(log_in: Do, do: Do, home: Path) -> None:
    """Nobody has to look for the file."""
    await log_in()
    (name,) = files(home)
    (home / name).write_text("{")
    ran = await do("whoami")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert (await log_in()).code == 0
    (home / name).write_text("{")
    assert (await do("logout")).code == 0
    assert files(home) == {}


async def test_a_login_that_others_may_read_is_refused(log_in: Do, do: Do, home: Path) -> None:
    """It may have been taken already; logging in anew is the way out."""
    await log_in()
    (name,) = files(home)
    (home / name).chmod(0o640)
    ran = await do("api", "GET", "/user")
    assert ran.code == 2
    assert "may be read or written by others" in ran.err
    assert (await log_in()).code == 0
    assert (await do("whoami")).code == 0
    open_to_its_group(home)
    ran = await do("whoami")
    assert ran.code == 2
    assert f"take their rights on {home} away" in ran.err
