"""Who may do what: facts gathered from the service, and what to say of them.

`audit` gives rows, `gather` whole workspaces, `plan` what that will take. A `Policy` says what is
wrong, `changes` what is new, a `Report` is written in many forms, and `fix_plan` says what would
mend it. How it is shown on a screen does not live here (that is cli).
"""

from .apply import Applied, apply
from .changes import Change, changes
from .explain import explain
from .facts import (
    LEVELS,
    DeployKey,
    Grant,
    Group,
    Hook,
    Level,
    Member,
    Part,
    Person,
    Project,
    Repo,
    Restriction,
    Reviewer,
    Right,
    Source,
    Unknown,
)
from .findings import Allowance, Finding, RuleInfo, Severity
from .fix import Fix, fix_plan, read_fixes, write_fixes
from .found import Fact, WorkspaceAudit
from .gather import Progress, gather
from .journal import Journal
from .plan import Plan, plan
from .policy import Policy
from .report import (
    Report,
    as_json,
    read_report,
    schema,
    write_csv,
    write_findings_csv,
    write_html,
    write_json,
    write_jsonl,
    write_junit,
    write_sarif,
)
from .stream import Row, audit

__all__ = [
    "LEVELS",
    "Allowance",
    "Applied",
    "Change",
    "DeployKey",
    "Fact",
    "Finding",
    "Fix",
    "Grant",
    "Group",
    "Hook",
    "Journal",
    "Level",
    "Member",
    "Part",
    "Person",
    "Plan",
    "Policy",
    "Progress",
    "Project",
    "Repo",
    "Report",
    "Restriction",
    "Reviewer",
    "Right",
    "Row",
    "RuleInfo",
    "Severity",
    "Source",
    "Unknown",
    "WorkspaceAudit",
    "apply",
    "as_json",
    "audit",
    "changes",
    "explain",
    "fix_plan",
    "gather",
    "plan",
    "read_fixes",
    "read_report",
    "schema",
    "write_csv",
    "write_findings_csv",
    "write_fixes",
    "write_html",
    "write_json",
    "write_jsonl",
    "write_junit",
    "write_sarif",
]
