"""Weights: names become verified local files."""

from .catalog_entries import CatalogEntry, catalog, find_entry
from .derivation import file_name, require_file_name
from .download import Listener, PullOptions, pull
from .policy import LicenceReport, LicenceState, licence_report
from .signature import sign_weights, verify_weights_signature
from .source import Progress, SourceUnavailable, WeightsSource
from .store import (
    FileRecord,
    Manifest,
    Store,
    StoredWeights,
)

__all__ = [
    "CatalogEntry",
    "FileRecord",
    "LicenceReport",
    "LicenceState",
    "Listener",
    "Manifest",
    "Progress",
    "PullOptions",
    "SourceUnavailable",
    "Store",
    "StoredWeights",
    "WeightsSource",
    "catalog",
    "file_name",
    "find_entry",
    "licence_report",
    "pull",
    "require_file_name",
    "sign_weights",
    "verify_weights_signature",
]
