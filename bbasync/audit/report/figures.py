"""The figures that a page draws: bars, and what they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from attrs import Factory, frozen

from ..found import WorkspaceAudit
from .packed import Packed, visibility
from .shown import shortened, shown

LEVELS: Final = ("admin", "write", "read")
TOP: Final = 10
"""How many people and repositories a chart has."""

_SOURCES: Final = {
    "owner": "Owner of the workspace",
    "user": "Given by hand on the repository",
    "group": "Group on the repository",
    "project-user": "Given by hand on the project",
    "project-group": "Group on the project",
    "default": "Group on every repository",
    "public": "The repository is public",
}


@frozen
class Bar:
    """One line of a chart; *parts* are as long as their share of the chart's *most*."""

    label: str
    parts: Sequence[tuple[str, int]]
    """A class of ``page.css``, and the figure."""
    mark: str = ""
    """What is written behind the label."""
    total: int = Factory(lambda bar: sum(value for _, value in bar.parts), takes_self=True)

    @property
    def short(self) -> str:
        """The label as a chart has place for it."""
        return shortened(self.label)


@frozen
class Chart:
    """Bars under one title; none where there is nothing to show, of which *empty* tells."""

    id: str
    title: str
    note: str
    bars: Sequence[Bar]
    columns: Sequence[str]
    """The titles of the table with the same figures: of the labels, then of each part."""
    legend: Sequence[tuple[str, str]] = ()
    empty: str = "Nothing to show."

    @property
    def most(self) -> int:
        """What the full width stands for."""
        return max((bar.total for bar in self.bars), default=0) or 1

    @property
    def told(self) -> str:
        """All figures as one sentence, for who does not see the bars."""
        lines = (f"{bar.short}{bar.mark and f' ({bar.mark})'} {bar.total:,}" for bar in self.bars)
        return f"{'; '.join(lines)}." if self.bars else self.empty


def standings(audits: Iterable[WorkspaceAudit]) -> Counter[str]:
    """How many people of each workspace are its owners, members, outside, or unknown."""
    return Counter(audit.standing(one) for audit in audits for one in audit.people)


def charts(audits: Sequence[WorkspaceAudit], found: Packed) -> list[Chart]:
    """All charts of a page."""
    return [
        _by_level(found),
        _by_source(audits),
        _by_standing(audits),
        _reach(found),
        _exposed(found),
    ]


def _by_level(found: Packed) -> Chart:
    counts: Counter[str] = sum((place.counts for place in found.places), Counter())
    others = sorted(set(counts) - set(LEVELS))
    bars = [Bar(shown(name).capitalize(), [(name, counts[name])]) for name in LEVELS]
    bars += [Bar(shown(name), [("other", counts[name])]) for name in others]
    return Chart(
        "rights-by-level",
        "Rights by level",
        "What each person may do at most, on each repository.",
        bars if counts else [],
        ("Level", "Rights"),
        empty="No right was read.",
    )


def _by_source(audits: Sequence[WorkspaceAudit]) -> Chart:
    cached: dict[int, frozenset[str]] = {}
    counts: Counter[str] = Counter()
    for audit in audits:
        if audit.level == "effective":
            continue
        for right in audit.rights:
            kinds = cached.get(id(right.sources))
            if kinds is None:
                kinds = cached[id(right.sources)] = frozenset(one.kind for one in right.sources)
            counts.update(kinds)
            counts["unexplained"] += right.explained is False
            counts["unsure"] += right.explained is None
    bars = [Bar(title, [("source", counts[kind])]) for kind, title in _SOURCES.items()]
    if counts["unexplained"]:
        bars.append(Bar("Unexplained", [("admin", counts["unexplained"])]))
    if counts["unsure"]:
        bars.append(Bar("Unknown: a list could not be read", [("other", counts["unsure"])]))
    return Chart(
        "rights-by-source",
        "Rights by source",
        "Where rights come from. One with several sources counts in each.",
        bars if counts else [],
        ("Source", "Rights"),
        empty="This audit did not read sources: the level explain does.",
    )


def _by_standing(audits: Sequence[WorkspaceAudit]) -> Chart:
    counts = standings(audits)
    titles = {"owner": "Owners", "member": "Members", "outside": "Outside", "unknown": "Unknown"}
    return Chart(
        "people-by-standing",
        "People by standing",
        "Their place in a workspace. Who is in several counts in each.",
        [
            Bar(title, [(kind, counts[kind])])
            for kind, title in titles.items()
            if counts[kind] or kind != "unknown"
        ]
        if counts
        else [],
        ("Standing", "People"),
        empty="Nobody is a member or has a right.",
    )


_LEGEND: Final = [(name, name.capitalize()) for name in LEVELS]


def _parts(counts: Mapping[str, int], names: Iterable[str] = LEVELS) -> list[tuple[str, int]]:
    return [(name, counts.get(name, 0)) for name in names]


def _top(counts: Sequence[Mapping[str, int]], key: Callable[[int], tuple[int, ...]]) -> list[int]:
    """The numbers of those with the most; ties stay in their order."""
    return sorted((index for index, one in enumerate(counts) if one), key=key, reverse=True)[:TOP]


def _reach(found: Packed) -> Chart:
    reach = found.reach

    def power(index: int) -> tuple[int, ...]:
        one = reach[index]
        return sum(one[name] for name in LEVELS), one["admin"], one["write"], -index

    return Chart(
        "reach",
        "People with the most reach",
        f"On how many repositories; the {TOP} with the most.",
        [Bar(shown(found.people[i].name), _parts(reach[i])) for i in _top(reach, power)],
        ("Person", "Admin", "Write", "Read"),
        _LEGEND,
        "Nobody has a right.",
    )


def _exposed(found: Packed) -> Chart:
    counts = [place.counts for place in found.places]

    def exposure(index: int) -> tuple[int, ...]:
        one, public = counts[index], visibility(found.places[index].repository) == "public"
        return one["admin"] + one["write"], one["admin"], public, -index

    top = [index for index in _top(counts, exposure) if exposure(index)[0]]
    places = [found.places[index] for index in top]
    return Chart(
        "exposed",
        "Repositories most exposed",
        f"How many people may change them; the {TOP} with the most. Public ones are marked.",
        [
            Bar(
                shown(one.repository.full_name),
                _parts(one.counts, ("admin", "write")),
                "public" if visibility(one.repository) == "public" else "",
            )
            for one in places
        ],
        ("Repository", "Admin", "Write"),
        _LEGEND[:2],
        "Nobody may change a repository.",
    )
