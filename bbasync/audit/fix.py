"""A plan of fixes: what would bring a workspace to the policy. It sends nothing.

A plan is made to be read. Write it to a file, let somebody look at it and strike out what is not
to happen, read it back, and only then hand it to `apply`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from attrs import evolve

from ..errors import ArgumentError
from .facts import RANKS
from .findings import Finding
from .fixing.calls import Call, Expects, Fix, Reason
from .fixing.file import read_fixes, write_fixes
from .fixing.known import Known, Remedy, by_hand
from .fixing.rights import beside_groups, many_admins, many_owners, outsider, unexplained
from .fixing.things import (
    plain_hook,
    public,
    public_fork,
    stale_key,
    unprotected,
    unverified_hook,
)
from .found import WorkspaceAudit
from .policy import Policy

__all__ = ["Call", "Expects", "Fix", "Reason", "fix_plan", "read_fixes", "write_fixes"]

_OUTSIDERS: Final = "outsiders-with-write"
_REMEDIES: Final[Mapping[str, Callable[[Known, Finding], Sequence[Remedy]]]] = {
    _OUTSIDERS: outsider,
    "too-many-admins": many_admins,
    "too-many-owners": many_owners,
    "public-repositories": public,
    "grants-beside-groups": beside_groups,
    "unexplained-rights": unexplained,
    "public-forks-of-private": public_fork,
    "stale-deploy-keys": stale_key,
    "plain-http-webhooks": plain_hook,
    "unverified-webhooks": unverified_hook,
    "unprotected-main-branches": unprotected,
}


def fix_plan(
    audits: Sequence[WorkspaceAudit],
    findings: Sequence[Finding],
    *,
    policy: Policy | None = None,
) -> list[Fix]:
    """What would mend *findings*, in their order; nothing for those that are allowed.

    Each call is there once, with all findings that ask for it. *policy* is the one that has found
    them (default: ``Policy()``). A rule without a call, such as one of your own, leaves it to a
    person. ArgumentError for a finding of a workspace that is not in *audits*.
    """
    options = (policy or Policy()).settings[_OUTSIDERS].options
    least = RANKS[options["permission"]]
    kept = _kept(findings)
    known = {one.workspace: Known(one, least, kept.get(one.workspace, ())) for one in audits}
    fixes: list[Fix] = []
    for finding in findings:
        if finding.allowed is None:
            reason = Reason(finding.rule, finding.fingerprint, finding.message)
            fixes += [
                Fix(finding.workspace, one.action, (reason,), one.call, one.manual)
                for one in _remedies(known, finding)
            ]
    return together(fixes)


def _kept(findings: Sequence[Finding]) -> Mapping[str, Collection[tuple[str, str]]]:
    """By workspace: people outside who are allowed something in a project, by uuid and key."""
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in findings:
        if one.rule == _OUTSIDERS and one.allowed and one.person and one.repository:
            found[one.workspace].add((one.person.uuid, one.repository.project or ""))
    return found


def _remedies(known: Mapping[str, Known], finding: Finding) -> Sequence[Remedy]:
    remedy = _REMEDIES.get(finding.rule)
    if remedy is None:
        return by_hand(finding, f"there is no call for findings of {finding.rule}")
    if finding.workspace not in known:
        raise ArgumentError(
            f"the audits have no workspace {finding.workspace!r}, of which there is a finding: "
            "give those that the findings are of"
        )
    try:
        found = remedy(known[finding.workspace], finding)
    except ArgumentError as error:  # a name that no address can have
        return by_hand(finding, f"no call can be made of it: {error}")
    return found or by_hand(finding, "what it is about is not in the audit: audit again")


def together(fixes: Iterable[Fix]) -> list[Fix]:
    """Each call once: what is done to one thing is one fix, and the stronger call wins."""
    found: dict[object, Fix] = {}
    reasons: dict[object, dict[Reason, None]] = {}
    for number, fix in enumerate(fixes):
        key = number if fix.call is None else _subject(fix.call)
        found[key] = _joined(found[key], fix) if key in found else fix
        reasons.setdefault(key, {}).update(dict.fromkeys(fix.reasons))
    return [evolve(fix, reasons=reasons[key]) for key, fix in found.items()]


def _subject(call: Call) -> object:
    """What there is one call about: the thing that the path names, or the one that is made."""
    made = None if call.body is None or call.method != "POST" else tuple(sorted(call.body.items()))
    return call.path, made


def _joined(one: Fix, other: Fix) -> Fix:
    """One fix for what both ask for; its reasons are still those of *one*."""
    first, second = one.call, other.call
    if first is None or second is None or first == second:
        return one
    if first.method != second.method:
        # To delete something settles what else is to be done to it.
        winner, loser = (one, other) if first.method == "DELETE" else (other, one)
        action = f"{winner.action}; it settles what else was asked for: {loser.action}"
        return evolve(winner, action=action)
    expects = [*first.expects, *(each for each in second.expects if each not in first.expects)]
    call = evolve(first, body=_narrower(first.body, second.body), expects=expects)
    action = one.action if one.action == other.action else f"{one.action}; {other.action}"
    return evolve(one, action=action, call=call)


def _narrower(
    one: Mapping[str, object] | None, other: Mapping[str, object] | None
) -> dict[str, object] | None:
    """Both bodies in one; of two permissions the lower."""
    if one is None or other is None:
        return None
    both = {**one, **other}
    if "permission" in one and "permission" in other:
        levels = (str(each["permission"]) for each in (one, other))
        both["permission"] = min(levels, key=lambda level: RANKS.get(level, 0))
    return both
