"""The other side of the wire: a small Bitbucket Cloud on the loopback, for tests and demos.

Nothing of the client lives here or is imported here: it answers as the service does, not as the
client hopes.
"""

from .exchange import Exchange
from .faults import Fault
from .server import FakeBitbucket
from .store import Account, ConnectApp, Consumer

__all__ = ["Account", "ConnectApp", "Consumer", "Exchange", "FakeBitbucket", "Fault"]
