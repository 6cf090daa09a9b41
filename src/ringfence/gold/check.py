"""Check gold: its form, its near-duplicates, and whether the documents contain what it states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..contracts import GoldLine
from ..extras import need
from .faults import GoldFault, form_faults, twin_faults, unsupported_values
from .file import GoldFile
from .near_duplicates import Pair, families_of, near_duplicates
from .source import GoldSource
from .split import SplitFile

__all__ = ["GoldCheck", "check_gold"]


@dataclass(frozen=True)
class GoldCheck:
    """Every fault of the gold. ``read_documents`` says whether the documents were compared with it."""

    documents: int
    faults: list[GoldFault]
    read_documents: bool

    @property
    def grave(self) -> int:
        """How many faults make figures wrong."""
        return sum(fault.grave for fault in self.faults)

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"schema": 1, "documents": self.documents, "faults": [asdict(fault) for fault in self.faults]}


def check_gold(gold: Path, source: GoldSource) -> GoldCheck:
    """Find what is wrong with a gold file.

    Without documents in ``source`` only the form is checked; with them, also near-duplicates that contradict each other
    or are in different parts of the split, and values that the documents do not contain.
    """
    if source.has_documents:
        need("evaluation", "sklearn")  # before documents are read
    latest, task = GoldFile(gold).latest(), source.load_task()
    faults = form_faults(latest, task)
    malformed = {fault.document for fault in faults}
    if source.has_documents:
        documents = source.read_documents(latest)
        pairs = near_duplicates({identity: document.text for identity, document in documents.items()})
        faults += _leaks(gold, latest, pairs)
        faults += [GoldFault(identity, "", "cannot be read") for identity in latest if identity not in documents]
        faults += twin_faults(latest, pairs)
        for identity, document in documents.items():
            if identity not in malformed:
                faults += unsupported_values(latest[identity], task, document)
    return GoldCheck(len(latest), faults, source.has_documents)


def _leaks(gold: Path, latest: Mapping[str, GoldLine], pairs: list[Pair]) -> list[GoldFault]:
    split = SplitFile(gold).read()
    leaks = split.leaks(families_of(latest, pairs, {})) if split else []
    return [
        GoldFault(identity, "", f"is in another part of the split than its near-duplicate {twin}")
        for identity, twin in leaks
    ]
