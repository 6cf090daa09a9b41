"""Runs: one task over many documents under one lock, in a folder that can be read, resumed and compared."""

from .erasure import purge
from .export import export_csv, export_json, export_parquet, export_run, export_xlsx, list_names
from .intake import finished_in
from .output import require_output
from .pace import Costs, Pace
from .products import GOLD, TRAINING_LABELS, Product, erase_product, note_product, products_of
from .run_folder import RunFolder, Totals
from .runner import Progress, RunControl, RunHooks, RunSummary, run_task

__all__ = [
    "GOLD",
    "TRAINING_LABELS",
    "Costs",
    "Pace",
    "Product",
    "Progress",
    "RunControl",
    "RunFolder",
    "RunHooks",
    "RunSummary",
    "Totals",
    "erase_product",
    "export_csv",
    "export_json",
    "export_parquet",
    "export_run",
    "export_xlsx",
    "finished_in",
    "list_names",
    "note_product",
    "products_of",
    "purge",
    "require_output",
    "run_task",
]
