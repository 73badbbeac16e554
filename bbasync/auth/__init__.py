"""Who is asking: the credentials, and where they come from.

Where a credential may go does not live here (that is wire), and no credential can be printed,
logged or pickled.
"""

from .basic import BasicAuth
from .bearer import BearerAuth

__all__ = ["BasicAuth", "BearerAuth"]
