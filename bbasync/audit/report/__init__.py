"""Reports: what was found, as files for people and programs, and read back.

What is gathered, and what rules say of it, does not live here.
"""

from .csv import COLUMNS, FINDING_COLUMNS, write_csv, write_findings_csv
from .html import write_html
from .json import as_json, write_json
from .jsonl import schema, write_jsonl
from .junit import write_junit
from .made import Report
from .reading import read_report
from .sarif import as_sarif, write_sarif
from .summary import Reach, administrators, public_repositories, reach

__all__ = [
    "COLUMNS",
    "FINDING_COLUMNS",
    "Reach",
    "Report",
    "administrators",
    "as_json",
    "as_sarif",
    "public_repositories",
    "reach",
    "read_report",
    "schema",
    "write_csv",
    "write_findings_csv",
    "write_html",
    "write_json",
    "write_jsonl",
    "write_junit",
    "write_sarif",
]
