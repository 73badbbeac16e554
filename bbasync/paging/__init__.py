"""Lists: pagers that walk them page by page, and the cursors by which a walk goes on elsewhere.

What an item becomes, and how bytes travel, does not live here.
"""

from .page import ItemQuery, ListQuery, Page
from .pager import Pager

__all__ = ["ItemQuery", "ListQuery", "Page", "Pager"]
