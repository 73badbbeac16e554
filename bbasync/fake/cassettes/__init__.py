"""Cassettes: exchanges with the real service, recorded once and played back to tests.

Nothing that is secret or somebody's own is ever written here, and nothing of the client or of the
fake's own data is known.
"""

from .cassette import Answered, Body, CassetteError, Recorded, Sent
from .player import Player
from .recorder import Recorder

__all__ = ["Answered", "Body", "CassetteError", "Player", "Recorded", "Recorder", "Sent"]
