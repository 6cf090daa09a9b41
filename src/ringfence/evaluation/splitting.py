"""Parts of gold: calibration, dev and test, drawn by seed, families together; the test part is sealed.

The parts lie beside the gold (``gold.split.json``); every opening of the test part is appended to ``gold.opened.jsonl``.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import add_line, read_lines, write_whole
from ..locks import canonical_digest
from ..tasks import ClassifyTask, Task
from ..weights import now
from .gold import GoldEntry
from .gold_check import leaves
from .gold_values import as_text, fields_of

__all__ = ["PARTS", "Split", "SplitFile", "draw_split", "key_of", "stratum_of"]

PARTS = ("calibration", "dev", "test")


@dataclass(frozen=True)
class Split:
    """``parts`` of documents, the ``families`` that were kept together, and how they were drawn."""

    parts: Mapping[str, list[str]]
    families: Mapping[str, str]
    shares: Mapping[str, float]
    seed: int
    key: str | None
    made_at: str

    @property
    def digest(self) -> str:
        """The sha256 of which document is in which part, and of the families, which decide what a figure is worth."""
        parts = {name: sorted(ids) for name, ids in self.parts.items()}
        drawn = {"seed": self.seed, "shares": self.shares, "key": self.key, "families": self.families}
        return canonical_digest({"parts": parts, **drawn})

    def part_of(self, document: str) -> str | None:
        """The part of a document; None for one that came after the split."""
        return next((name for name, ids in self.parts.items() if document in ids), None)

    def leaks(self, families: Mapping[str, str]) -> list[tuple[str, str]]:
        """Pairs of documents of one family (as it is known now) that lie in two parts."""
        members: dict[str, list[str]] = {}
        for document, family in families.items():
            if self.part_of(document):
                members.setdefault(family, []).append(document)
        found = []
        for group in members.values():
            first = group[0]
            found += [(first, other) for other in group[1:] if self.part_of(other) != self.part_of(first)]
        return found


def draw_split(
    families: Mapping[str, str],
    strata: Mapping[str, str],
    shares: Mapping[str, float],
    seed: int,
    key: str | None = None,
) -> Split:
    """Give each family to the part that lacks most of the family's stratum, in a seeded order, larger families first.

    ``strata`` names what is to be spread evenly (the label; which fields are null). Shares sum to one.
    """
    groups: dict[str, list[str]] = {}
    for document, family in families.items():
        groups.setdefault(family, []).append(document)
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda family: -len(groups[family]))  # stable: seeded within a size
    have: dict[tuple[str, str], float] = {}
    parts: dict[str, list[str]] = {name: [] for name in shares}
    sizes: dict[str, int] = {}
    for document in families:
        sizes[strata[document]] = sizes.get(strata[document], 0) + 1
    total = len(families)
    for family in order:
        members = groups[family]
        stratum = strata[members[0]]

        def lack(name: str, stratum: str = stratum) -> tuple[float, float]:
            """What the part still lacks of the stratum, and of everything where that is even."""
            return (
                round(shares[name] * sizes[stratum] - have.get((name, stratum), 0.0), 6),
                shares[name] * total - len(parts[name]),
            )

        # Where a stratum is small every part lacks a fraction of it: then what a part lacks of all decides.
        lacking = [name for name in parts if shares[name] * total - len(parts[name]) > 0] or list(parts)
        chosen = max(lacking, key=lack)
        parts[chosen] += members
        have[chosen, stratum] = have.get((chosen, stratum), 0.0) + len(members)
    return Split({name: sorted(ids) for name, ids in parts.items()}, dict(families), dict(shares), seed, key, now())


def key_of(entry: GoldEntry, task: Task, key: str) -> str | None:
    """What a document's gold says for the field that keeps documents together; None where it says nothing.

    Raises InputError where the task has no such field, or it is one of a list.
    """
    single = [path for path, spec in fields_of(task).items() if not spec.of_list]
    if key not in single:
        raise InputError(
            f"The key {key!r} that keeps documents together is no single field of the task.",
            f"Name one of: {', '.join(single)}.",
        )
    value = next((value for _, path, value in leaves(task, entry.values) if path == key), None)
    return None if value is None else " ".join(as_text(value).casefold().split())


def stratum_of(entry: GoldEntry, task: Task) -> str:
    """What is spread evenly over the parts: the label, else which values are null."""
    if isinstance(task, ClassifyTask):
        return as_text(entry.values.get("labels" if task.several else "label"))
    return "|".join(path for _, path, value in leaves(task, entry.values) if value is None and "[" not in path)


class SplitFile:
    """The parts of one gold file on disk."""

    def __init__(self, gold: Path) -> None:
        self.path = gold.with_suffix(".split.json")
        self.openings_path = gold.with_suffix(".opened.jsonl")

    def read(self) -> Split | None:
        """The split; None where none was drawn. Raises InputError where the file was changed by hand."""
        if not self.path.exists():
            return None
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            split = Split(
                data["parts"], data["families"], data["shares"], data["seed"], data.get("key"), data["made_at"]
            )
            stated = data["digest"]
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(f"{self.path} is damaged.", "Restore it from version control.") from None
        if stated != split.digest:
            raise InputError(
                f"{self.path} was changed after the split was drawn.",
                "Restore it from version control; a new split needs new gold for its test part.",
            )
        return split

    def write(self, split: Split, again: bool = False) -> None:
        """Store a split. Raises InputError where there is one already, unless ``again``."""
        if self.path.exists() and not again:
            raise InputError(
                f"{self.path} exists already.",
                "Keep it: a part that was looked at is no test part any more. --again draws anew and records that.",
            )
        if again and self.path.exists():
            self.opened("split drawn anew", "")
        data = {"schema": 1, **{name: getattr(split, name) for name in ("seed", "shares", "key", "made_at")}}
        text = json.dumps({**data, "digest": split.digest, "parts": split.parts, "families": split.families}, indent=1)
        write_whole(self.path, text + "\n")

    def opened(self, command: str, lock: str, looked_at: str = "") -> None:
        """Record that the test part was looked at: by which command, for which lock, and the digest of what was seen."""
        line = {"at": now(), "command": command, "lock": lock, "looked_at": looked_at, "by": os.environ.get("USER", "")}
        add_line(self.openings_path, line)

    def openings(self) -> list[dict[str, Any]]:
        """Every recorded opening of the test part, in order. Raises InputError where the record is damaged."""
        try:
            return list(read_lines(self.openings_path))
        except ValueError as fault:
            raise InputError(
                f"The record of openings cannot be read: {fault}.", "Restore it from version control."
            ) from None
