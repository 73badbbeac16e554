"""The rules that a policy is made of.

To add one is to write its function; its module is imported here, in the order of the findings.
"""

from . import access, given, around, unused  # noqa: F401, I001 - they fill the table, in order
from .case import Case
from .table import RULES, Hit, Option, Rule, rule

__all__ = ["RULES", "Case", "Hit", "Option", "Rule", "rule"]
