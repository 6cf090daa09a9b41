"""Runs: one task over many documents under one lock, in a folder that can be read, resumed and compared."""

from .asking import Windowing, request_for, windows_for
from .choosing import chooser
from .estimating import Estimate, estimate
from .examples import ExamplePool, read_pool
from .export import export_csv, export_json, export_parquet, export_xlsx, list_names
from .folder import RunFolder, Totals
from .opening import Opened, lock_of, open_engine, open_server
from .purging import purge
from .runner import Progress, RunSummary, run

__all__ = [
    "Estimate",
    "ExamplePool",
    "Opened",
    "Progress",
    "RunFolder",
    "RunSummary",
    "Totals",
    "Windowing",
    "chooser",
    "estimate",
    "export_csv",
    "export_json",
    "export_parquet",
    "export_xlsx",
    "list_names",
    "lock_of",
    "open_engine",
    "open_server",
    "purge",
    "read_pool",
    "request_for",
    "run",
    "windows_for",
]
