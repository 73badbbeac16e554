"""Reports on commits and their annotations: two of each from the beginning, then what was sent."""

from typing import Any, TypeVar

from attrs import Factory, define, field

from ..store import Repository, braced, uuid_of
from .history import Commit


@define(eq=False)
class Annotation:
    """A finding; `said` is what its writer sent."""

    uuid: str
    external_id: str
    said: dict[str, Any]
    created_on: str
    updated_on: str


@define(eq=False)
class Report:
    """A report; `said` is what its writer sent."""

    uuid: str
    external_id: str
    said: dict[str, Any]
    created_on: str
    updated_on: str
    annotations: dict[str, Annotation] = Factory(dict)


@define(eq=False)
class Insights:
    """The reports of one repository, by commit and the id that they were written under."""

    repository: Repository = field(repr=False)
    _known: dict[str, dict[str, Report]] = Factory(dict)

    def of(self, commit: Commit) -> dict[str, Report]:
        """Give those of a commit."""
        if commit.hash not in self._known:
            self._known[commit.hash] = {} if commit.made else _planted(self.repository, commit)
        return self._known[commit.hash]


Known = TypeVar("Known", Report, Annotation)


def pick_out(known: dict[str, Known], name: str) -> Known | None:
    """Find one by the id that it was written under, or by uuid."""
    uuid = braced(name)
    return known.get(name) or next((one for one in known.values() if one.uuid == uuid), None)


def _planted(repository: Repository, commit: Commit) -> dict[str, Report]:
    found = {}
    when = commit.date.isoformat(timespec="microseconds").replace("+00:00", "Z")
    for name, kind, result in (
        ("scanner-001", "SECURITY", "FAILED"),
        ("coverage-001", "COVERAGE", "PASSED"),
    ):
        key = f"{repository.uuid}:{commit.hash}:{name}"
        said = {
            "title": f"{kind.capitalize()} report",
            "details": f"What the {kind.lower()} run found.",
            "report_type": kind,
            "reporter": "scanner",
            "result": result,
            "link": f"https://scanner.example.com/{name}",
            "remote_link_enabled": False,
            "logo_url": "https://scanner.example.com/logo.png",
            "data": [
                {"title": "Duration", "type": "DURATION", "value": 14_000},
                {"title": "Safe to merge?", "type": "BOOLEAN", "value": result == "PASSED"},
                {
                    "title": "More",
                    "type": "LINK",
                    "value": {"text": "All of it", "href": "https://scanner.example.com/"},
                },
            ],
        }
        found[name] = Report(uuid_of(key), name, said, when, when)
        for line in (1, 3):
            own = {
                "annotation_type": "VULNERABILITY" if kind == "SECURITY" else "CODE_SMELL",
                "title": "Found",
                "summary": f"Line {line} looks wrong.",
                "details": "It may well be right.",
                "result": "FAILED",
                "severity": "MEDIUM",
                "path": "src/app/main.py",
                "line": line,
                "link": f"https://scanner.example.com/{name}/{line}",
            }
            own_id = f"{name}-{line}"
            found[name].annotations[own_id] = Annotation(
                uuid_of(f"{key}:{line}"), own_id, own, when, when
            )
    return found
