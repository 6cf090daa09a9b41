"""Check: confirm what a run claims, without the code that made it."""

from .check import CheckReport, Finding, check_run
from .kind import KindChecker

__all__ = ["CheckReport", "Finding", "KindChecker", "check_run"]
