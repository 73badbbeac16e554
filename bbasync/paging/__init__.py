"""Lists: pagers that walk them page by page, and the cursors by which a walk goes on elsewhere.

What an item becomes, and how bytes travel, does not live here.
"""

from .page import AS_USUAL, ItemQuery, ListQuery, Page, Walk
from .pager import Pager

__all__ = ["AS_USUAL", "ItemQuery", "ListQuery", "Page", "Pager", "Walk"]
