"""Text as people write it, and as it is shown."""

from __future__ import annotations

from ..model.resource import Resource, resource

__all__ = ["Content"]


@resource("rendered")
class Content(Resource):
    """A text, its markup, and the HTML that it is shown as; set ``raw`` alone to write one."""

    type: str | None = None
    raw: str | None = None  # the wire's key; to_dict() has the whole object
    markup: str | None = None
    """``markdown``, ``creole`` or ``plaintext``."""
    html: str | None = None
