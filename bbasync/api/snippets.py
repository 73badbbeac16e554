"""The operations on snippets: small repositories of a few files."""

from __future__ import annotations

from .operation import Group


class Snippets(Group, name="snippets"):
    """Snippets: small repositories of a few files."""
