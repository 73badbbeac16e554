"""`bbasync audit --fix-plan FILE --apply`: what somebody is shown before he says yes."""

from __future__ import annotations

from pathlib import Path

from bbasync.audit.fix import Call, Expects, Fix, Reason, write_fixes
from bbasync.fake import FakeBitbucket
from tests.cli.terminal import typed_at


async def test_what_is_sent_is_shown_and_not_only_what_the_plan_says_of_it(
    credentials: dict[str, str], service: FakeBitbucket, tmp_path: Path
) -> None:
    """Somebody may have changed a body and left the words; of an address the host is enough."""
    hook = "/workspaces/acme/hooks/%7Bhook%7D"
    calls = [
        Call("PUT", hook, {"url": "https://ci.test/T0K3N"}, [Expects(hook, {"active": True})]),
        Call("PUT", hook, {"active": False}, [Expects(hook, {"active": True})]),
    ]
    reason = Reason("plain-http-webhooks", "0", "it is http")
    path = tmp_path / "plan.jsonl"
    with path.open("w", encoding="utf-8") as out:
        fixes = [Fix("acme", "do no harm", [reason], call) for call in calls]
        write_fixes(fixes, out, base_url=service.url)
    typed = [("Write yes: ", "no\n")]
    ran = await typed_at(typed, "audit", "--fix-plan", str(path), "--apply", **credentials)
    assert f'PUT {hook} {{"url": "https://ci.test"}}' in ran.out
    assert f'PUT {hook} {{"active": false}}' in ran.out
    assert "T0K3N" not in ran.out
    assert not service.requests
