"""Who may do what: facts gathered from the service, and what to say of them.

How it is shown on a screen does not live here (that is cli).
"""

from .facts import Person, Problem, Repo, Right, WorkspaceAudit
from .gather import Progress, audit
from .report import as_json, write_csv, write_json

__all__ = [
    "Person",
    "Problem",
    "Progress",
    "Repo",
    "Right",
    "WorkspaceAudit",
    "as_json",
    "audit",
    "write_csv",
    "write_json",
]
