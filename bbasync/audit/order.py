"""The order of what was found: the same whichever list was answered first."""

from __future__ import annotations

from typing import Any, Final, get_args

from .facts import Part, Person, Project, Repo
from .found import WorkspaceAudit

_PARTS: Final = {part: place for place, part in enumerate(get_args(Part))}


def put_in_order(found: WorkspaceAudit) -> None:
    """Sort what was read from many lists, or from lists without an order of their own."""
    found.rights.sort(key=lambda one: (one.repository.full_name, one.person.name, one.person.uuid))
    if found.groups is not None:
        found.groups.sort(key=lambda one: one.slug)
    if found.projects is not None:
        found.projects.sort(key=lambda one: one.key)
    found.grants.sort(key=lambda one: (*_place(one), *_name(one.person), one.group or ""))
    found.deploy_keys.sort(key=lambda one: (*_place(one), one.id))
    found.webhooks.sort(key=lambda one: (_repository(one.repository), one.uuid))
    found.restrictions.sort(key=lambda one: (one.repository.full_name, one.id))
    found.reviewers.sort(key=lambda one: (*_place(one), *_name(one.person)))
    found.unknown.sort(
        key=lambda one: (_PARTS[one.part], one.repository or "", one.project or "", one.message)
    )


def _place(one: Any) -> tuple[str, str]:
    project: Project | None = one.project
    return _repository(one.repository), "" if project is None else project.key


def _repository(one: Repo | None) -> str:
    return "" if one is None else one.full_name


def _name(person: Person | None) -> tuple[str, str]:
    return ("", "") if person is None else (person.name, person.uuid)
