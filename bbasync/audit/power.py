"""Reads what else grants power: deploy keys, webhooks, branch restrictions, default reviewers."""

from __future__ import annotations

from functools import partial

from .gathering import Asked, Gathering


async def read_power(at: Gathering) -> None:
    """Read all of it; of named repositories, only their own and their projects'."""
    await _read_deploy_keys(at)
    await _read_webhooks(at)
    await _read_restrictions(at)
    await _read_reviewers(at)


async def _read_deploy_keys(at: Gathering) -> None:
    lists, make = at.lists, at.maker.deploy_key
    asked = [
        Asked(lists.deploy_keys(one.full_name), partial(make, on=one))
        for one in at.open_repositories("deploy-keys")
    ]
    asked += [
        Asked(lists.project_deploy_keys(one.key), partial(make, on=one))
        for one in at.open_projects("deploy-keys")
    ]
    at.found.deploy_keys = await at.each("deploy-keys", asked)


async def _read_webhooks(at: Gathering) -> None:
    lists, make = at.lists, at.maker.hook
    asked = [
        Asked(lists.webhooks(one.full_name), partial(make, on=one))
        for one in at.open_repositories("webhooks")
    ]
    if not at.only:
        asked.append(Asked(lists.workspace_webhooks(), partial(make, on=None)))
    at.found.webhooks = await at.each("webhooks", asked)


async def _read_restrictions(at: Gathering) -> None:
    asked = [
        Asked(at.lists.restrictions(one.full_name), partial(at.maker.restriction, on=one))
        for one in at.open_repositories("branch-restrictions")
    ]
    at.found.restrictions = await at.each("branch-restrictions", asked)


async def _read_reviewers(at: Gathering) -> None:
    lists, maker = at.lists, at.maker
    asked = [
        Asked(lists.reviewers(one.full_name), partial(maker.reviewer, on=one))
        for one in at.open_repositories("default-reviewers")
    ]
    asked += [
        Asked(lists.project_reviewers(one.key), partial(maker.project_reviewer, on=one))
        for one in at.open_projects("default-reviewers")
    ]
    at.found.reviewers = await at.each("default-reviewers", asked)
