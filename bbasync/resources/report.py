"""Reports on commits: what a scanner or a test run found, with its annotations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..model.resource import Resource, resource

__all__ = ["Report", "ReportAnnotation", "ReportData"]


@resource()
class ReportData(Resource):
    """One figure that is shown with a report."""

    type: str | None = None
    """``BOOLEAN``, ``DATE`` (milliseconds since 1970), ``DURATION`` (milliseconds), ``LINK``,
    ``NUMBER``, ``PERCENTAGE`` or ``TEXT``; told from the value where it is not set."""
    title: str | None = None
    value: Any = None


@resource("report")
class Report(Resource):
    """What was found on a commit; at most 1000 annotations and ten figures belong to it.

    ``title`` and ``details`` are needed to write one.
    """

    type: str | None = None
    uuid: str | None = None
    external_id: str | None = None
    """The id that it was written under."""
    title: str | None = None
    details: str | None = None
    report_type: str | None = None
    """``SECURITY``, ``COVERAGE``, ``TEST`` or ``BUG``."""
    reporter: str | None = None
    result: str | None = None
    """``PASSED``, ``FAILED`` or ``PENDING``."""
    link: str | None = None
    """The report on the other tool's own page."""
    remote_link_enabled: bool | None = None
    logo_url: str | None = None
    data: Sequence[ReportData] | None = None
    created_on: datetime | None = None
    updated_on: datetime | None = None


@resource("report_annotation")
class ReportAnnotation(Resource):
    """One finding of a report; ``annotation_type`` and ``summary`` are needed to write one."""

    type: str | None = None
    uuid: str | None = None
    external_id: str | None = None
    """The id that it was written under, unique in its report."""
    annotation_type: str | None = None
    """``VULNERABILITY``, ``CODE_SMELL`` or ``BUG``."""
    title: str | None = None
    summary: str | None = None
    details: str | None = None
    result: str | None = None
    """``PASSED``, ``FAILED``, ``SKIPPED`` or ``IGNORED``."""
    severity: str | None = None
    """``CRITICAL``, ``HIGH``, ``MEDIUM`` or ``LOW``."""
    path: str | None = None
    """The file that it is about; without one, it shows in the overview only."""
    line: int | None = None
    """From 1 on."""
    link: str | None = None
    """The finding on the other tool's own page."""
    created_on: datetime | None = None
    updated_on: datetime | None = None
