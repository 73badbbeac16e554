"""Files of the downloads section."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..model.link import link
from ..model.resource import Resource, resource
from ..wire.stream import Stream

if TYPE_CHECKING:
    from .account import Account

__all__ = ["Download"]


@resource("download")
class Download(Resource):
    """A file that people put beside the repository."""

    type: str | None = None
    name: str | None = None
    size: int | None = None
    """Bytes."""
    downloads: int | None = None
    """How often it was fetched."""
    created_on: datetime | None = None
    user: Account | None = None

    @link("self")
    def read(self) -> Stream:
        """Read its bytes, which come from a storage elsewhere and count as one more fetch."""
