"""Checking: confirm what a run claims, with none of the code that made it."""

from .check import CheckReport, Finding, check_run

__all__ = ["CheckReport", "Finding", "check_run"]
