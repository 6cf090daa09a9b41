"""Runs: one task over many documents under one lock, in a folder that can be read, resumed and compared."""

from .estimating import Estimate, estimate
from .export import export_csv, export_json
from .folder import RunFolder, Totals
from .opening import Opened, lock_of, open_engine
from .runner import Progress, RunSummary, request_for, run

__all__ = [
    "Estimate",
    "Opened",
    "Progress",
    "RunFolder",
    "RunSummary",
    "Totals",
    "estimate",
    "export_csv",
    "export_json",
    "lock_of",
    "open_engine",
    "request_for",
    "run",
]
