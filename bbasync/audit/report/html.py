"""A report as one page of HTML that needs no network, and runs nothing but its own scripts.

Names come from anybody: the template escapes them, the data is embedded as JSON that can't end
its element, and a Content-Security-Policy holds whatever else might get in.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import islice
from typing import Any, Final, TextIO

from attrs import frozen

from ...errors import ConfigurationError
from ..found import WorkspaceAudit
from .around import FULL, around
from .cards import cards, repositories_unread, unread
from .columns import BOUND, Table, tables
from .figures import charts, standings
from .made import Report
from .packed import data_of, pack, visibility
from .shown import shown

STYLES: Final = ("page.css", "parts.css", "matrix.css", "print.css")
SCRIPTS: Final = (
    "data.js",
    "dom.js",
    "table.js",
    "detail.js",
    "grid.js",
    "matrix.js",
    "paper.js",
    "main.js",
)
"""They use each other in this order."""

_ESCAPES: Final = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}


@frozen
class Inlined:
    """A style or a script that is written into the page."""

    text: str

    @property
    def hash(self) -> str:
        """What the Content-Security-Policy knows it by."""
        return f"'sha256-{b64encode(sha256(self.text.encode()).digest()).decode('ascii')}'"


def write_html(report: Report, out: TextIO) -> None:
    """Write *report* to *out*, which takes UTF-8, as one page."""
    found = pack(report.audits)
    shown_tables = [*tables(report, found), *around(report, found)]
    data = {
        **data_of(found, report.audits),
        "tables": {one.id: _columns(one) for one in shown_tables},
    }
    head, style = _inlined(["theme.js"]), Inlined("".join(_text(name) for name in STYLES))
    scripts = _inlined(SCRIPTS)
    unknown = list(islice(report.unknown, BOUND))
    page = _template().render(
        report=report,
        found=found,
        cards=cards(report.audits, found),
        charts=charts(report.audits, found),
        tables={one.id: one for one in shown_tables},
        full=FULL,
        workspaces=[_workspace(audit) for audit in report.audits],
        unknown=unknown,
        unknowns=sum(len(audit.unknown) for audit in report.audits),
        bound=BOUND,
        severities=report.severities,
        policy=_policy([*head, *scripts], style),
        head=head,
        style=style,
        scripts=scripts,
        data=embedded(data),
    )
    out.write(page)


def embedded(data: Any) -> str:
    """*data* as JSON that can stand in a ``<script>``: nothing in it ends or comments it out."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def _policy(scripts: Iterable[Inlined], style: Inlined) -> str:
    allowed = " ".join(one.hash for one in scripts)
    return (
        f"default-src 'none'; style-src {style.hash}; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def _columns(table: Table) -> dict[str, Any]:
    return {
        "noun": table.noun,
        "empty": table.empty,
        "step": table.step,
        "columns": [
            {"title": one.title, "kind": one.kind, "choice": one.choice, "values": one.values}
            for one in table.columns
        ],
    }


def _workspace(audit: WorkspaceAudit) -> dict[str, Any]:
    members, outside = len(audit.members or ()), standings([audit])["outside"]
    repositories, rights = repositories_unread([audit]) > 0, unread([audit], "rights") > 0
    public = sum(visibility(one) == "public" for one in audit.repositories)
    nobody = audit.members is None
    return {
        "name": audit.workspace,
        "level": audit.level,
        "repositories": _counted(len(audit.repositories), partly=repositories),
        "public": _counted(public, partly=repositories),
        "members": _counted(members, partly=nobody),
        "outside": _counted(outside, partly=nobody or rights),
        "rights": _counted(len(audit.rights), partly=rights),
        "unknown": _counted(len(audit.unknown)),
    }


def _counted(count: int, *, partly: bool = False) -> str:
    """A count; of what was read in part it is at least that, or unknown."""
    if not partly:
        return f"{count:,}"
    return f"{count:,}+" if count else "?"


def _inlined(names: Sequence[str]) -> list[Inlined]:
    return [Inlined(_text(name)) for name in names]


@cache
def _text(name: str) -> str:
    """A file beside the template. Line ends are those that a browser hashes."""
    text = files(__package__).joinpath("templates", name).read_text("utf-8")
    return text.replace("\r\n", "\n")


@cache
def _template() -> Any:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigurationError(
            "a report in HTML takes Jinja2: python -m pip install 'bbasync[cli]'"
        ) from error
    env = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters["shown"] = shown
    return env.get_template("page.html.jinja2")
