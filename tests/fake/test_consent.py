"""The page on which people let a consumer act for them."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fake.conftest import BACK, App


async def test_the_page_names_who_asks_for_what_and_as_whom(app: App) -> None:
    """It has the consumer's name and scopes, one labelled form, and the first account chosen."""
    answer = await app.page(redirect_uri=BACK, state="s")
    text = answer.body.decode()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f"<h1>{app.consumer.name} asks for access to your account</h1>" in text
    assert set(re.findall("<li>(.*)</li>", text)) == app.consumer.scopes
    assert text.count("<form") == text.count('<label for="account">') == 1
    assert re.findall(r'<option value="(.*?)" selected>', text) == [app.fake.accounts[0].uuid]
    assert text.count("<option") == len(app.fake.accounts)
    assert re.findall('name="decision" value="(.*?)"', text) == ["grant", "deny"]


async def test_the_form_of_the_page_can_be_sent_as_it_is(app: App) -> None:
    """What is in its fields is enough for the callback to hear of the decision."""
    text = (await app.page(redirect_uri=f"{BACK}?a=1", state='"<&')).body.decode()
    hidden = re.findall('<input type="hidden" name="(.*?)" value="(.*?)">', text)
    fields = {name: value.replace("&quot;", '"') for name, value in hidden}
    fields["state"] = fields["state"].replace("&lt;", "<").replace("&amp;", "&")
    answer = await app.page("POST", **fields, decision="grant")
    assert answer.headers["Location"].startswith(f"{BACK}?a=1&code=")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["state"] == ['"<&']


async def test_everything_on_the_page_is_escaped(app: App) -> None:
    """Neither names nor parameters can bring in markup."""
    app.consumer = app.fake.add_consumer(name="<b>me</b>", scopes={"<i>"})
    text = (await app.page(redirect_uri=BACK, state='"><script>')).body.decode()
    assert "&lt;b&gt;me" in text
    assert not re.search("<b>|<i>|<script>", text)
    bad = await app.page(response_type="<u>")
    assert b"<u>" not in bad.body


async def test_scopes_are_those_of_the_consumer(app: App) -> None:
    """A `scope` in the address is ignored: neither less nor more is granted."""
    app.consumer = app.fake.add_consumer(scopes={"repository", "account"})
    tokens = await app.login(scope="webhook")
    assert tokens["scope"] == "account repository"


@pytest.mark.parametrize(
    ("configured", "wrong"),
    [
        (BACK, {"client_id": "nobody"}),
        (BACK, {"response_type": "token"}),
        (BACK, {"redirect_uri": "http://127.0.0.1:9/bac"}),
        (BACK, {"redirect_uri": "http://127.0.0.1:9.example.com/back"}),
        ("http://127.0.0.1:9", {"redirect_uri": "http://127.0.0.1:9@example.com/"}),
        (BACK, {"redirect_uri": f"{BACK}\r\nSet-Cookie: a=b"}),
        (BACK, {"redirect_uri": f"{BACK}#here"}),
        (BACK, {"redirect_uri": ""}),
        (BACK, {"account": "{nobody}"}),
        (BACK, {"decision": "perhaps"}),
        ("", {"redirect_uri": "http://example.com/back"}),
        ("", {"redirect_uri": "https://[::1"}),
        ("", {"redirect_uri": "javascript:alert(1)"}),
    ],
)
async def test_a_bad_request_is_answered_with_a_page(
    app: App, configured: str, wrong: dict[str, str]
) -> None:
    """Whoever can't be trusted to be the consumer's is never redirected to."""
    app.consumer = app.fake.add_consumer(callback=configured)
    right = {"redirect_uri": BACK, "decision": "grant"}
    assert (await app.page("POST", **right)).status == 302
    answers = [await app.page("POST", **{**right, **wrong})]
    if not set(wrong) & {"account", "decision"}:
        answers.append(await app.page(**{**right, **wrong}))
    for answer in answers:
        assert (answer.status, "Location" in answer.headers) == (400, False)
        assert answer.headers["Content-Type"].startswith("text/html")


async def test_the_configured_callback_is_the_usual_one(app: App) -> None:
    """Without a redirect_uri the callback is where codes go, and a longer address will do too."""
    app.consumer = app.fake.add_consumer(callback=BACK)
    usual = await app.page("POST", decision="grant")
    assert re.fullmatch(re.escape(BACK) + r"\?code=[\w-]+", usual.headers["Location"])
    longer = await app.page("POST", decision="grant", redirect_uri=f"{BACK}/more")
    assert longer.headers["Location"].startswith(f"{BACK}/more?code=")


async def test_who_denies_gives_no_code(app: App) -> None:
    """The callback is told of it, with its state."""
    told = await app.decided("deny", state="mine")
    assert (told["error"], told["state"], "code" in told) == ("access_denied", "mine", False)
