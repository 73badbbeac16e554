"""Webhooks that the fake calls: when something happens, and by hand."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from attrs import Factory, define

from bbasync.fake import Delivery, FakeBitbucket, RepositoryBuilder
from bbasync.testing import pytest_plugin
from bbasync.webhooks import EVENTS, parse
from tests.fake.conftest import Asker

SECRET = "a secret of these tests only"
COMMENTED = ("created", "deleted", "reopened", "resolved", "updated")
FIRST = {"title": "First", "source": {"branch": {"name": "develop"}}}


@define
class Receiver:
    """Somebody's application that is called: what came, and what is answered."""

    url: str = ""
    came: list[tuple[dict[str, str], bytes]] = Factory(list)
    called: asyncio.Event = Factory(asyncio.Event)
    answers: list[int] = Factory(list)
    """Statuses of the next answers; 200 behind them, and 0 never answers."""

    @property
    def keys(self) -> list[str]:
        """The events that came, in the order of the alphabet: none other is promised."""
        return sorted(headers["X-Event-Key"] for headers, _ in self.came)

    def bodies(self, key: str) -> list[Any]:
        """What was said of an event."""
        return [json.loads(body) for told, body in self.came if told["X-Event-Key"] == key]

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Keep a delivery, and answer it."""
        self.came.append((dict(request.headers), await request.read()))
        self.called.set()
        status = self.answers.pop(0) if self.answers else 200
        if status == 0:
            await asyncio.Event().wait()
        headers = {"Location": "http://hooks.example.com/"} if status == 302 else {}
        return web.Response(status=status, headers=headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """An application on the loopback."""
    made = Receiver()
    runner = web.ServerRunner(web.Server(made.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


@pytest.fixture
async def site(fake: FakeBitbucket, receiver: Receiver) -> RepositoryBuilder:
    """A repository whose receiver hears of everything."""
    fake.webhooks.pause = 0.0
    place = fake.workspace("acme")
    made = place.repository("new")
    place.hook(receiver.url, EVENTS, SECRET)
    return made


Do = Callable[[Asker, str], Awaitable[object]]


async def _open(ask: Asker, home: str) -> str:
    opened = await ask(f"{home}/pullrequests", "POST", json=FIRST)
    return f"{home}/pullrequests/{opened.json['id']}"


async def _commit(ask: Asker, home: str) -> None:
    await ask(f"{home}/src", "POST", data={"a.txt": "a", "branch": "develop"})


async def _branch(ask: Asker, home: str) -> None:
    body = {"name": "b", "target": {"hash": "main"}}
    await ask(f"{home}/refs/branches", "POST", json=body)


async def _delete_tag(ask: Asker, home: str) -> None:
    await ask(f"{home}/refs/tags", "POST", json={"name": "t", "target": {"hash": "main"}})
    await ask(f"{home}/refs/tags/t", "DELETE")


async def _approve(ask: Asker, home: str) -> None:
    here = await _open(ask, home)
    await ask(f"{here}/approve", "POST")
    await ask(f"{here}/approve", "DELETE")
    await ask(f"{here}/request-changes", "POST")
    await ask(f"{here}/request-changes", "DELETE")


async def _discuss(ask: Asker, home: str) -> None:
    here = await _open(ask, home)
    said = {"content": {"raw": "Why?"}}
    comment = (await ask(f"{here}/comments", "POST", json=said)).json["id"]
    await ask(f"{here}/comments/{comment}", "PUT", json=said)
    await ask(f"{here}/comments/{comment}/resolve", "POST")
    await ask(f"{here}/comments/{comment}/resolve", "DELETE")
    await ask(f"{here}/comments/{comment}", "DELETE")
    await ask(f"{here}/comments", "POST", json=said | {"pending": True})


async def _merge(ask: Asker, home: str) -> None:
    here = await _open(ask, home)
    await ask(here, "PUT", json=FIRST | {"title": "Second"})
    await ask(f"{here}/merge", "POST", json={"close_source_branch": True})


async def _merge_as_a_task(ask: Asker, home: str) -> None:
    here = await _open(ask, home)
    started = await ask(f"{here}/merge?async=true", "POST")
    for _ in range(2):
        await ask(started.headers["Location"])


async def _decline(ask: Asker, home: str) -> None:
    await ask(f"{await _open(ask, home)}/decline", "POST")


async def _statuses(ask: Asker, home: str) -> None:
    status = {"key": "k", "state": "FAILED", "url": "https://ci.example.com"}
    for _ in range(2):
        await ask(f"{home}/commit/main/statuses/build", "POST", json=status)
    await ask(f"{home}/commit/main/comments", "POST", json={"content": {"raw": "Why?"}})


async def _settings(ask: Asker, home: str) -> None:
    await ask(home, "PUT", json={"description": "Said anew"})
    await ask(home, "PUT", json={"description": "Said anew"})
    await ask("/workspaces/acme/projects/WEB", "PUT", json={"name": "Webs"})
    await ask(f"{home}/forks", "POST", json={"name": "mine"})
    await ask(home.replace("/new", "/other"), "POST", json={})
    await ask(home, "DELETE")


async def _pipeline(ask: Asker, home: str) -> None:
    target = {"type": "pipeline_ref_target", "ref_type": "branch", "ref_name": "main"}
    run = (await ask(f"{home}/pipelines", "POST", json={"target": target})).json["uuid"]
    for _ in range(3):
        await ask(f"{home}/pipelines/{run}")


async def _fail(ask: Asker, home: str) -> None:
    await ask(f"{home}/pullrequests", "POST", json={"title": ""})
    await ask(f"{home}/refs/branches/main", "DELETE")


@pytest.mark.parametrize(
    ("do", "subject", "events"),
    [
        (_branch, "repo", "push"),
        (_delete_tag, "repo", "push push"),
        (
            _approve,
            "pullrequest",
            "approved changes_request_created changes_request_removed created unapproved",
        ),
        (
            _discuss,
            "pullrequest",
            " ".join(sorted([*(f"comment_{word}" for word in COMMENTED), "created"])),
        ),
        (_commit, "pullrequest", "push updated repo:push"),
        (_merge, "pullrequest", "created fulfilled updated repo:push"),
        (_merge_as_a_task, "pullrequest", "created fulfilled repo:push"),
        (_decline, "pullrequest", "created rejected"),
        (_statuses, "repo", "commit_comment_created commit_status_created commit_status_updated"),
        (_settings, "repo", "project:updated created deleted fork updated"),
        (_pipeline, "pipeline", "span_created"),
        (_fail, "repo", ""),
    ],
)
async def test_what_happens_is_told(
    ask: Asker,
    fake: FakeBitbucket,
    site: RepositoryBuilder,
    receiver: Receiver,
    do: Do,
    subject: str,
    events: str,
) -> None:
    """Each call tells of what it did, once; a refused one tells nothing; and all of it reads."""
    site.commit(branch="develop")
    if do is _commit:
        site.pullrequest("First", source="develop")
    await fake.delivered()
    receiver.came.clear()
    await do(ask, site.path)
    await fake.delivered()
    assert receiver.keys == [e if ":" in e else f"{subject}:{e}" for e in events.split()]
    for headers, body in receiver.came:
        event = parse(headers, body, secrets=SECRET)
        assert type(event) is EVENTS[headers["X-Event-Key"]]


async def test_a_delivery_has_the_service_s_headers(
    fake: FakeBitbucket, receiver: Receiver
) -> None:
    """Key, attempt, identifiers without braces, agent, and a signature where there is a secret."""
    place = fake.workspace("acme")
    signed = place.hook(receiver.url, ["repo:push"], SECRET)
    place.repository("site").hook(receiver.url)
    place.repository("site").commit()
    await fake.delivered()
    first, second = sorted((told for told, _ in receiver.came), key=lambda h: -len(h))
    assert first["X-Event-Key"] == "repo:push"
    assert first["X-Hook-UUID"] == signed.uuid.strip("{}")
    assert first["User-Agent"] == "Bitbucket-Webhooks/2.0"
    assert first["X-Attempt-Number"] == "1"
    assert first["Content-Type"].startswith("application/json")
    assert first["X-Hub-Signature"].startswith("sha256=")
    assert "X-Hub-Signature" not in second
    assert first["X-Request-UUID"] != second["X-Request-UUID"]


async def test_a_push_tells_five_commits_and_that_there_are_more(
    fake: FakeBitbucket, site: RepositoryBuilder, receiver: Receiver
) -> None:
    """Beside the commits stand the branch as it was and as it is, and links to the rest."""
    for number in range(6):
        site.commit(branch="develop", message=f"Commit {number}")
    site.pullrequest("All of it", source="develop").merge()
    await fake.delivered()
    (change,) = receiver.bodies("repo:push")[-1]["push"]["changes"]
    assert (change["created"], change["closed"], change["forced"]) == (False, False, False)
    assert change["truncated"] is True
    assert len(change["commits"]) == 5
    assert change["new"]["name"] == change["old"]["name"] == "main"
    assert set(change["links"]) == {"html", "commits", "diff"}
    assert {one["push"]["changes"][0]["truncated"] for one in receiver.bodies("repo:push")} == {
        False,
        True,
    }


async def test_a_ref_that_is_gone_has_neither_commits_nor_links(
    ask: Asker, fake: FakeBitbucket, site: RepositoryBuilder, receiver: Receiver
) -> None:
    """That is how the service tells of a deletion."""
    site.branch("old")
    await ask(f"{site.path}/refs/branches/old", "DELETE")
    await fake.delivered()
    gone = next(c for c in (b["push"]["changes"][0] for b in receiver.bodies("repo:push"))
                if c["closed"])  # fmt: skip
    assert gone["new"] is None
    assert gone["old"]["name"] == "old"
    assert not {"commits", "links"} & set(gone)


@pytest.mark.parametrize(
    ("answers", "statuses", "state"),
    [
        ([200], [200], "delivered"),
        ([500, 503, 200], [500, 503, 200], "delivered"),
        ([500] * 9, [500, 500, 500], "failed"),
        ([404], [404], "failed"),
        ([302], [302], "failed"),
        ([0, 204], [0, 204], "delivered"),
    ],
)
async def test_only_what_may_help_is_repeated(
    fake: FakeBitbucket, receiver: Receiver, answers: list[int], statuses: list[int], state: str
) -> None:
    """5xx and timeouts get two more attempts under the same id; a refusal or a redirect none."""
    fake.webhooks.pause, fake.webhooks.timeout = 0.0, 0.2 if 0 in answers else 10.0
    receiver.answers = list(answers)
    sent = await fake.deliver("repo:push", to=receiver.url)
    assert [one.status for one in sent.attempts] == statuses
    assert sent.state == state
    assert [told["X-Attempt-Number"] for told, _ in receiver.came] == [
        str(one.number) for one in sent.attempts
    ]
    assert {told["X-Request-UUID"] for told, _ in receiver.came} == {sent.id}


async def test_a_receiver_has_the_time_that_is_set(fake: FakeBitbucket, receiver: Receiver) -> None:
    """One that never answers ends each attempt when that is over, and not when ten seconds are."""
    fake.webhooks.pause, fake.webhooks.timeout = 0.0, 0.05
    receiver.answers = [0, 0, 0]
    sent = await asyncio.wait_for(fake.deliver("repo:push", to=receiver.url), 5)
    assert [(one.status, one.error) for one in sent.attempts] == [(0, "TIMEOUT")] * 3
    assert sent.state == "failed"


async def test_an_address_where_nobody_listens_is_a_network_error(fake: FakeBitbucket) -> None:
    """It is not repeated, and breaks nothing."""
    sent = await fake.deliver("repo:push", to="http://127.0.0.1:9/")
    assert [(one.status, one.error) for one in sent.attempts] == [(0, "NETWORK ERROR")]
    assert sent.state == "failed"


async def test_nothing_leaves_this_machine_unless_it_is_told_to(
    ask: Asker, fake: FakeBitbucket
) -> None:
    """The hooks that a fake starts with, at hooks.example.com, are kept as withheld."""
    for url in ("http://10.0.0.1/", "http://localhost.example.com/", "http://127.0.0.1.nip.io/"):
        fake.workspace("acme").hook(url)
    await ask("/repositories/acme/site/src", "POST", data={"a.txt": "a"})
    await fake.delivered()
    assert len(fake.deliveries) == 5
    assert {one.state for one in fake.deliveries} == {"withheld"}
    assert all("loopback" in one.why for one in fake.deliveries)
    assert not any(one.attempts for one in fake.deliveries)
    with pytest.raises(ValueError, match=r"fake\.webhooks\.reach = 'anywhere'"):
        await fake.deliver("repo:push", to="https://hooks.example.com/")
    fake.webhooks.reach = "nowhere"
    with pytest.raises(ValueError, match="nowhere"):
        await fake.deliver("repo:push", to="http://127.0.0.1:9/")


async def test_a_payload_that_is_too_large_is_never_sent(
    fake: FakeBitbucket, receiver: Receiver
) -> None:
    """The service drops what is above 256 KB, and tells nobody but its history."""
    almost = await fake.deliver("x:y", to=receiver.url, payload={"a": "x" * (256 * 1024 - 9)})
    over = await fake.deliver("x:y", to=receiver.url, payload={"a": "x" * (256 * 1024 - 8)})
    assert (len(almost.body), almost.state) == (256 * 1024, "delivered")
    assert (len(receiver.came), over.state) == (1, "withheld")


async def test_inactive_and_other_hooks_hear_nothing(
    fake: FakeBitbucket, receiver: Receiver
) -> None:
    """A hook hears of what it subscribed to, while it is active; of births only a workspace's."""
    place = fake.workspace("acme")
    site = place.repository("site")
    site.hook(receiver.url, ["repo:push"], active=False)
    site.hook(receiver.url, ["repo:fork", "repo:deleted"])
    place.repository("api").hook(receiver.url)
    site.commit()
    await fake.delivered()
    assert receiver.keys == []


async def test_every_documented_event_can_be_sent_by_hand(
    fake: FakeBitbucket, receiver: Receiver
) -> None:
    """All 29 have a payload of what the fake has; it reads, is signed, and names what was asked."""
    assert len(EVENTS) == 29
    for key in sorted(EVENTS):
        await fake.deliver(key, to=receiver.url, secret=SECRET, repository="acme/site")
    for (headers, body), key in zip(receiver.came, sorted(EVENTS), strict=True):
        event = parse(headers, body, secrets=SECRET)
        assert type(event) is EVENTS[key]
        assert b"acme/site" in body or key == "project:updated"
    await fake.deliver("pullrequest:created", to=receiver.url, pullrequest=2)
    assert json.loads(receiver.came[-1][1])["pullrequest"]["id"] == 2


async def test_what_is_sent_by_hand_changes_nothing(
    ask: Asker, fake: FakeBitbucket, receiver: Receiver
) -> None:
    """A pull request that was told to be merged is as it was."""
    path = "/repositories/acme/site/pullrequests/1"
    before = (await ask(path)).json
    await fake.deliver("pullrequest:fulfilled", to=receiver.url, pullrequest=1)
    assert json.loads(receiver.came[0][1])["pullrequest"]["state"] == "MERGED"
    assert (await ask(path)).json == before


async def test_duplicates_are_the_same_to_the_byte(fake: FakeBitbucket, receiver: Receiver) -> None:
    """Who handles each delivery once is told of them under one id."""
    await fake.deliver("repo:push", to=receiver.url, secret=SECRET, duplicates=2)
    assert len(receiver.came) == 3
    assert receiver.came[0] == receiver.came[1] == receiver.came[2]


async def test_what_cannot_be_sent_is_said(fake: FakeBitbucket, receiver: Receiver) -> None:
    """Unknown events, repositories and pull requests are errors that say what there is."""
    with pytest.raises(ValueError, match=r"No event 'repo:pushed'.*repo:push"):
        await fake.deliver("repo:pushed", to=receiver.url)
    with pytest.raises(ValueError, match="duplicates"):
        await fake.deliver("repo:push", to=receiver.url, duplicates=-1)
    with pytest.raises(LookupError, match="acme/none"):
        await fake.deliver("repo:push", to=receiver.url, repository="acme/none")
    with pytest.raises(LookupError, match="no pull request 99"):
        await fake.deliver("pullrequest:created", to=receiver.url, pullrequest=99)
    async with FakeBitbucket.empty() as empty:
        with pytest.raises(LookupError, match=r"fake\.workspace\('acme'\)\.repository"):
            await empty.deliver("repo:push", to=receiver.url)
        empty.workspace("acme").repository("site", empty=True)
        with pytest.raises(ValueError, match=r"\.commit\(\.\.\.\)"):
            await empty.deliver("repo:commit_status_created", to=receiver.url)
        with pytest.raises(ValueError, match=r"\.pullrequest\(\.\.\.\)"):
            await empty.deliver("pullrequest:created", to=receiver.url)
        assert (await empty.deliver("repo:push", to=receiver.url)).payload["push"] == {
            "changes": []
        }
    assert len(receiver.came) == 1


async def test_stopping_ends_what_is_under_way(receiver: Receiver) -> None:
    """A delivery that waits for its answer is cut short, and none is sent afterwards."""
    async with FakeBitbucket() as fake:
        receiver.answers = [0]
        place = fake.workspace("acme")
        place.hook(receiver.url)
        place.repository("site").commit()
        await receiver.called.wait()
    assert _states(fake) == ["cut short", "withheld", "withheld"]
    place.repository("site").commit()
    assert _states(fake)[3:] == ["withheld"] * 3
    assert "does not run" in fake.deliveries[-1].why


async def test_a_receiver_that_breaks_does_not_break_the_call(
    ask: Asker, fake: FakeBitbucket, receiver: Receiver
) -> None:
    """The answer of the API does not wait for the delivery."""
    receiver.answers = [0, 0, 0]
    fake.workspace("acme").hook(receiver.url)
    sent = await ask("/repositories/acme/site/src", "POST", data={"a.txt": "a"})
    assert sent.status == 201


async def test_a_receiver_may_call_back(fake: FakeBitbucket) -> None:
    """The links in a delivery lead to the fake, and find what it tells of."""
    async with aiohttp.ClientSession() as session:
        ask = Asker(fake, session)
        fake.webhooks.reach = "nowhere"
        fake.workspace("acme").hook("http://127.0.0.1:9/", ["pullrequest:created"])
        opened = fake.workspace("acme").repository("site").pullrequest("Fix it")
        found = await ask(fake.deliveries[-1].payload["pullrequest"]["links"]["self"]["href"])
        assert found.json["title"] == "Fix it" == opened.stored.title


def test_a_secret_is_not_in_what_is_printed() -> None:
    """Neither a hook nor a delivery shows its secret."""
    fake = FakeBitbucket()
    site = fake.workspace("acme").repository("site")
    site.hook("http://127.0.0.1:9/", secret=SECRET)
    site.commit()
    assert fake.deliveries
    assert SECRET not in repr(fake.deliveries) + repr(site) + repr(site.stored.hooks)


def _states(fake: FakeBitbucket) -> list[str]:
    return sorted(one.state for one in fake.deliveries[:3]) + [
        one.state for one in fake.deliveries[3:]
    ]


def test_old_deliveries_are_let_go() -> None:
    """A fake that runs for long does not keep all of them."""
    fake = FakeBitbucket()
    hook = fake.workspace("acme").hook("http://127.0.0.1:9/")
    for _ in range(2001):
        made: Delivery = fake.webhooks.send("repo:push", hook, b"{}")
    assert len(fake.deliveries) == 1001
    assert fake.deliveries[-1] is made


async def test_a_delivery_that_waits_for_its_turn_loses_no_time(
    fake: FakeBitbucket, receiver: Receiver
) -> None:
    """Of many at once each arrives at its first attempt: the receiver's time begins with it."""
    fake.webhooks.timeout = 1.5
    fake.webhooks._turns = asyncio.Semaphore(2)  # instead of a hundred
    receiver.answers = [0, 0]
    hook = fake.workspace("acme").hook(receiver.url)
    sent = [fake.webhooks.send("repo:push", hook, b"{}") for _ in range(4)]
    await fake.delivered()
    assert {one.state for one in sent} == {"delivered"}
    assert [len(one.attempts) for one in sent] == [2, 2, 1, 1]


async def test_a_webhook_that_changes_in_between_changes_no_delivery(
    fake: FakeBitbucket, receiver: Receiver
) -> None:
    """Another address or secret is for what happens afterwards, so that none leaves unseen."""
    receiver.answers = [500, 500, 200]
    hook = fake.workspace("acme").hook(receiver.url, secret=SECRET)
    sent = fake.webhooks.send("repo:push", hook, b"{}")
    await receiver.called.wait()
    hook.url, hook.secret = "https://hooks.example.com/", "another"
    await fake.delivered()
    assert (sent.state, sent.url) == ("delivered", receiver.url)
    assert len({told["X-Hub-Signature"] for told, _ in receiver.came}) == 1


async def test_stopping_ends_what_has_not_begun(receiver: Receiver) -> None:
    """A delivery that was told of just before is cut short, and not under way for ever."""
    async with FakeBitbucket.empty() as fake:
        site = fake.workspace("acme").repository("site")
        site.hook(receiver.url)
        site.commit()
    assert [one.state for one in fake.deliveries] == ["cut short"]
    assert receiver.came == []


def test_a_test_without_a_loop_waits_for_deliveries() -> None:
    """Where the fake runs in a thread beside it, whoever waits may have another loop."""

    def answer() -> None:
        with listening.accept()[0] as connection:
            while b"\r\n\r\n" not in connection.recv(65536):
                pass
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    fake = FakeBitbucket.empty()
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest_plugin._in_thread(fake):
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        fake.webhooks.pause = 0.0
        site = fake.workspace("acme").repository("site", private=True)
        site.hook(url)
        site.commit()
        answer()
        asyncio.run(fake.delivered())
        assert [one.state for one in fake.deliveries] == ["delivered"]
        other = threading.Thread(target=answer)
        other.start()
        assert asyncio.run(fake.deliver("repo:push", to=url)).state == "delivered"
        other.join()
