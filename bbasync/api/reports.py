"""The operations on reports on commits, with their annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Unpack

from ..errors import ArgumentError
from ..paging import ItemQuery, ListQuery, Pager
from ..resources import Report, ReportAnnotation
from ..wire.message import Safety
from .operation import DELETE, GET, POST, PUT, Group
from .reference import by_name

Annotation = ReportAnnotation | Mapping[str, Any]

_AT_ONCE: Final = 100
_IN_ALL: Final = 1000


class Annotations(Group):
    """The findings of a report."""

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/reports/{reportId}/annotations",
        scope="repository",
        granular="read:repository",
    )
    def list_annotations(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        reportId: str,
        **query: Unpack[ListQuery],
    ) -> Pager[ReportAnnotation]:
        """Walk the annotations of a report."""

    @by_name
    @POST(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/reports/{reportId}/annotations",
        scope="repository",
        granular="read:repository",
        safety=Safety.REPEATABLE,
        max_items=_AT_ONCE,
    )
    async def create_annotations(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        reportId: str,
        body: Sequence[ReportAnnotation | Mapping[str, Any]],
    ) -> Sequence[ReportAnnotation]:
        """Write up to 100 annotations, over those that have their ``external_id`` already."""

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/reports/{reportId}/annotations"
        "/{annotationId}",
        scope="repository",
        granular="read:repository",
    )
    async def get_annotation(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        reportId: str,
        annotationId: str,
        **query: Unpack[ItemQuery],
    ) -> ReportAnnotation:
        """Get an annotation, by uuid or by the id that it was written under."""

    @by_name
    @PUT(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/reports/{reportId}/annotations"
        "/{annotationId}",
        scope="repository",
        granular="read:repository",
    )
    async def update_annotation(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        reportId: str,
        annotationId: str,
        body: ReportAnnotation | Mapping[str, Any],
    ) -> ReportAnnotation:
        """Write an annotation under an id of the caller's, over the one that has it already."""

    @by_name
    @DELETE(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/reports/{reportId}/annotations"
        "/{annotationId}",
        scope="repository",
        granular="read:repository",
    )
    async def delete_annotation(
        self, workspace: str, repo_slug: str, commit: str, reportId: str, annotationId: str
    ) -> None:
        """Delete an annotation."""

    async def write_annotations(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        reportId: str,
        annotations: Sequence[Annotation],
    ) -> Sequence[ReportAnnotation]:
        """Write any number of annotations up to the 1000 that a report may have, 100 a call.

        Each needs an ``external_id`` of its own. Where a call fails, those before it stay
        written, and all can be written again.
        """
        _check(annotations)
        made: list[ReportAnnotation] = []
        for start in range(0, len(annotations), _AT_ONCE):
            some = annotations[start : start + _AT_ONCE]
            made += await self.create_annotations(workspace, repo_slug, commit, reportId, some)
        return tuple(made)


def _check(annotations: Sequence[Annotation]) -> None:
    if not isinstance(annotations, Sequence):
        raise ArgumentError(f"annotations takes a list, not {type(annotations).__name__}")
    if len(annotations) > _IN_ALL:
        raise ArgumentError(f"a report has at most {_IN_ALL} annotations, not {len(annotations)}")
    seen: set[object] = set()
    for number, one in enumerate(annotations):
        if not isinstance(one, ReportAnnotation | Mapping):
            raise ArgumentError(f"annotations[{number}] is no annotation but {one!r}")
        name = one.external_id if isinstance(one, ReportAnnotation) else one.get("external_id")
        if not name:
            raise ArgumentError(f"annotations[{number}] has no external_id")
        if name in seen:
            raise ArgumentError(f"annotations[{number}] has the external_id of one before: {name}")
        seen.add(name)


class Reports(Annotations, Group, name="reports"):
    """Reports on commits, with their annotations.

    ``{reportId}`` is a uuid, or the id of the caller's own that a report was written under.
    """

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/reports",
        scope="repository",
        granular="read:repository",
    )
    def list(
        self, workspace: str, repo_slug: str, commit: str, **query: Unpack[ListQuery]
    ) -> Pager[Report]:
        """Walk the reports on a commit."""

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/reports/{reportId}",
        scope="repository",
        granular="read:repository",
    )
    async def get(
        self, workspace: str, repo_slug: str, commit: str, reportId: str, **query: Unpack[ItemQuery]
    ) -> Report:
        """Get a report."""

    @by_name
    @PUT(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/reports/{reportId}",
        scope="repository",
        granular="read:repository",
    )
    async def update(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        reportId: str,
        body: Report | Mapping[str, Any],
    ) -> Report:
        """Write a report under an id of the caller's, over the one that has it already.

        ``title`` and ``details`` are needed. It is reported that a body without its ``type``,
        ``report``, is refused without a message, and one of an annotation likewise.
        """

    @by_name
    @DELETE(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/reports/{reportId}",
        scope="repository",
        granular="read:repository",
    )
    async def delete(self, workspace: str, repo_slug: str, commit: str, reportId: str) -> None:
        """Delete a report with its annotations."""
