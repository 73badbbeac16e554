"""Events of projects."""

from __future__ import annotations

from collections.abc import Mapping

from ...resources import Project
from .change import FieldChange
from .event import Event, keyed


@keyed("project:updated")
class ProjectUpdated(Event):
    """A project was changed; it comes with no repository."""

    project: Project | None = None
    changes: Mapping[str, FieldChange] | None = None
    """By field."""
