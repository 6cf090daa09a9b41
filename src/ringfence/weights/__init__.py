"""Weights: names become verified local files."""

from .catalog import CatalogEntry, catalog, find_entry
from .pulling import Listener, now, pull
from .source import Progress, SourceUnavailable, WeightsSource
from .store import FileRecord, Manifest, Store, StoredWeights

__all__ = [
    "CatalogEntry",
    "FileRecord",
    "Listener",
    "Manifest",
    "Progress",
    "SourceUnavailable",
    "Store",
    "StoredWeights",
    "WeightsSource",
    "catalog",
    "find_entry",
    "now",
    "pull",
]
