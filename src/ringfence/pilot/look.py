"""A look at the test part of a pilot: what it shows, and whether it is on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..gold.file import gold_digest
from ..locks import canonical_digest
from .digests import VerdictBasis, answers_digest

__all__ = ["Look"]


@dataclass(frozen=True)
class Look:
    """One look: the command, the lock of the answers, and digests.

    ``looked_at`` covers terms, gold and split, ``answers`` what was answered for the documents of the test part.
    """

    command: str
    lock: str
    looked_at: str
    answers: str

    @classmethod
    def at(cls, basis: VerdictBasis) -> Look:
        """The look that a verdict on this basis takes."""
        spec, gold = basis.setup.spec, basis.test_gold
        return cls(
            f"pilot run {spec.name}: {basis.chosen}",
            basis.lock,
            canonical_digest([spec.terms, gold_digest(gold), basis.split.digest]),
            answers_digest(basis.results, gold),
        )

    def on_record(self, openings: Sequence[Mapping[str, Any]]) -> bool:
        """Whether one of the recorded openings is this look; those of earlier versions do not name the answers."""
        return any(
            (opening["command"], opening["lock"], opening.get("looked_at"), opening.get("answers") or self.answers)
            == (self.command, self.lock, self.looked_at, self.answers)
            for opening in openings
        )
