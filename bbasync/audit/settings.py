"""How a policy has each rule, and how it does by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from .findings import Severity
from .rules import RULES, Rule

UNUSED: Final = "unused-allowances"


@frozen
class Setting:
    """How a policy has one rule."""

    rule: Rule
    severity: Severity
    enabled: bool
    options: Mapping[str, Any]

    @classmethod
    def of(cls, rule: Rule) -> Setting:
        """The defaults of *rule*."""
        return cls(rule, rule.severity, enabled=True, options=rule.defaults)


def defaults() -> dict[str, Setting]:
    """All rules as they are by default, by name."""
    return {name: Setting.of(rule) for name, rule in RULES.items()}
