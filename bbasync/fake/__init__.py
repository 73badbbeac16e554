"""The other side of the wire: a small Bitbucket Cloud on the loopback, for tests and demos.

Nothing of the client lives here or is imported here: it answers as the service does, not as the
client hopes.
"""

from .exchange import Exchange
from .faults import Fault
from .kit.pullrequest import PullRequestBuilder
from .kit.repository import RepositoryBuilder
from .kit.workspace import ProjectBuilder, WorkspaceBuilder
from .server import FakeBitbucket
from .store import Account, ConnectApp, Consumer, Group, Hook
from .webhook.posting import Attempt, Delivery, Webhooks
from .witness import told

__all__ = [
    "Account",
    "Attempt",
    "ConnectApp",
    "Consumer",
    "Delivery",
    "Exchange",
    "FakeBitbucket",
    "Fault",
    "Group",
    "Hook",
    "ProjectBuilder",
    "PullRequestBuilder",
    "RepositoryBuilder",
    "Webhooks",
    "WorkspaceBuilder",
    "told",
]
