"""Links as data: where each leads, by the name that the service gives to the relation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen
from msgspec import Raw
from uritemplate import URITemplate

from ..errors import ArgumentError, DecodingError, UnknownRelError
from ..wire.message import loads
from ..wire.origin import segment


@frozen
class Link:
    """One link: *href* as sent, and the *name* and *title* that some have."""

    href: str
    name: str | None = None
    title: str | None = None
    templated: bool = False
    """Whether *href* is an RFC 6570 template. Literal braces alone do not make it one."""

    @classmethod
    def of_wire(cls, data: Any) -> Link | None:
        """A link from its object; None where it has no address."""
        href = data.get("href") if isinstance(data, dict) else None
        if not isinstance(href, str) or not href:
            return None
        templated = str(data.get("templated", False)).lower() == "true"
        return cls(href, data.get("name"), data.get("title"), templated)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that a template wants."""
        return tuple(URITemplate(self.href).variable_names) if self.templated else ()

    def expand(self, variables: Mapping[str, object]) -> Link:
        """Fill in a template; ArgumentError for a variable that is missing or has no place."""
        wanted = set(self.variables)
        if wanted != set(variables):
            what = f"the variables {', '.join(sorted(wanted))}" if wanted else "no variables"
            got = ", ".join(sorted(variables)) or "none"
            raise ArgumentError(f"the link {self.href} takes {what}, not {got}")
        if not self.templated:
            return self
        for name, value in variables.items():
            segment(name, value)  # refuses what would address something else
        href = URITemplate(self.href).expand({name: str(one) for name, one in variables.items()})
        return evolve(self, href=href, templated=False)


class Links:
    """A resource's links by rel: ``links["html"].href``; iterating gives the rels."""

    def __init__(self, data: Any, owner: object) -> None:
        self._owner = owner
        if isinstance(data, list):  # the layout of API 1.0, still seen: [{"rel", "href"}]
            by_rel: dict[str, list[Any]] = {}
            for one in data:
                if isinstance(one, dict) and isinstance(one.get("rel"), str):
                    by_rel.setdefault(one["rel"], []).append(one)
            data = by_rel
        self._data: Mapping[str, Any] = data if isinstance(data, dict) else {}

    def __contains__(self, rel: object) -> bool:
        return isinstance(rel, str) and bool(self.all(rel))

    def __iter__(self) -> Iterator[str]:
        return (rel for rel in self._data if self.all(rel))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Links {', '.join(self) or 'none'}>"

    def __getitem__(self, rel: str) -> Link:
        return self.choose(rel, None)

    def all(self, rel: str) -> tuple[Link, ...]:
        """Every link of *rel*: repositories have two to clone from."""
        value = self._data.get(rel)
        if type(value) is Raw:
            try:
                value = loads(value)
            except (ValueError, RecursionError) as error:
                raise DecodingError(f"the link {rel!r} is not JSON: {error}") from error
        made = [Link.of_wire(one) for one in (value if isinstance(value, list) else [value])]
        return tuple(one for one in made if one is not None)

    def choose(self, rel: str, named: str | None) -> Link:
        """The one link of *rel*, or the one called *named*; UnknownRelError where there is none."""
        every = self.all(rel)
        fitting = [one for one in every if named is None or one.name == named]
        if len(fitting) == 1:
            return fitting[0]
        if not every:
            known = ", ".join(self) or "no links at all: did fields= leave them out?"
            raise UnknownRelError(f"{self._owner!r} has no link {rel!r}; it has {known}")
        names = ", ".join(str(one.name) for one in every)
        asked = f"none called {named!r}" if named is not None else "choose one with named="
        raise UnknownRelError(f"{self._owner!r} has {len(every)} links {rel!r} ({names}): {asked}")
