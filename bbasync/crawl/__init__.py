"""Many walks at once: bounded, fair, and with an error as a record instead of the end.

What is read, and what it means, does not live here.
"""

from .fanout import Outcome, fan_out

__all__ = ["Outcome", "fan_out"]
