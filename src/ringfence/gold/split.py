"""Parts of gold: calibration, dev and test, drawn by seed, families together; the test part stays sealed.

The parts are stored next to the gold (``gold.split.json``); ``gold.opened.jsonl`` lists every opening of the test part.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..clock import now
from ..contracts import GoldLine, value_at
from ..errors import InputError
from ..files import add_chained_line, parse_json, read_chained_lines, write_whole
from ..locks import canonical_digest
from ..tasks import Task
from .faults import iter_values
from .values import as_text

__all__ = ["PARTS", "Split", "SplitFile", "draw_split", "key_in", "key_of", "stratum_of"]

PARTS = ("calibration", "dev", "test")


@dataclass(frozen=True)
class Split:
    """``parts`` of documents, the ``families`` that stay together, and how the parts were drawn."""

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
        """The part of a document; None if it came after the split."""
        return next((name for name, ids in self.parts.items() if document in ids), None)

    def leaks(self, families: Mapping[str, str]) -> list[tuple[str, str]]:
        """Pairs of documents of one family that are in different parts."""
        members: dict[str, list[str]] = {}
        for document, family in families.items():
            if self.part_of(document):
                members.setdefault(family, []).append(document)
        found = []
        for group in members.values():
            first = group[0]
            found += [(first, member) for member in group[1:] if self.part_of(member) != self.part_of(first)]
        return found


def draw_split(
    families: Mapping[str, str],
    strata: Mapping[str, str],
    shares: Mapping[str, float],
    seed: int,
    key: str | None = None,
) -> Split:
    """Give each family to the part that lacks most of the family's stratum, in a seeded order, larger families first.

    ``strata`` names what to spread evenly (the label; which fields are null). Shares sum to one.
    """
    groups: dict[str, list[str]] = {}
    for document, family in families.items():
        groups.setdefault(family, []).append(document)
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda family: -len(groups[family]))  # stable: seeded within a size
    placed: dict[tuple[str, str], int] = {}
    parts: dict[str, list[str]] = {name: [] for name in shares}
    sizes: dict[str, int] = {}
    for document in families:
        sizes[strata[document]] = sizes.get(strata[document], 0) + 1
    total = len(families)
    for family in order:
        members = groups[family]
        stratum = strata[members[0]]

        def lack(name: str, stratum: str = stratum) -> tuple[float, float]:
            """How many documents the part lacks, of the stratum first, then of all."""
            return (
                round(shares[name] * sizes[stratum] - placed.get((name, stratum), 0), 6),
                shares[name] * total - len(parts[name]),
            )

        # Of a small stratum every part lacks a fraction; then the lack over all strata decides.
        lacking = [name for name in parts if shares[name] * total - len(parts[name]) > 0] or list(parts)
        chosen = max(lacking, key=lack)
        parts[chosen] += members
        placed[chosen, stratum] = placed.get((chosen, stratum), 0) + len(members)
    return Split({name: sorted(ids) for name, ids in parts.items()}, dict(families), dict(shares), seed, key, now())


def key_of(entry: GoldLine, task: Task, key: str) -> str | None:
    """What a document's gold says for the field that keeps documents together; None if it says nothing.

    Raises InputError if the task has no such field, or the field belongs to a list.
    """
    single = [path for path, spec in task.answer_fields().items() if not spec.of_list]
    if key not in single:
        raise InputError(
            f"The key {key!r} is not a single field of the task.",
            f"Name one of: {', '.join(single)}.",
        )
    return key_in(entry.values, key)


def key_in(values: Mapping[str, Any], key: str | None) -> str | None:
    """What values say of the field ``key``, without case and white space; None if they say nothing."""
    try:
        return " ".join(as_text(value_at(values, key)).casefold().split()) or None if key else None
    except (KeyError, TypeError):
        return None


def stratum_of(entry: GoldLine, task: Task) -> str:
    """What to spread evenly over the parts: what the task says (the label), else which values are null."""
    stratum = task.stratum(entry.values)
    if stratum is not None:
        return stratum
    return "|".join(path for _, path, value in iter_values(task, entry.values) if value is None and "[" not in path)


class SplitFile:
    """The parts of one gold file on disk."""

    def __init__(self, gold: Path) -> None:
        self.path = gold.with_suffix(".split.json")
        self.openings_path = gold.with_suffix(".opened.jsonl")

    def read(self) -> Split | None:
        """Read the split; None if the gold is not split. Raises InputError if somebody edited the file by hand."""
        if not self.path.exists():
            return None
        try:
            data = parse_json(self.path.read_text(encoding="utf-8"))
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
        """Store a split. Raises InputError if the gold is split already, unless ``again``."""
        if self.path.exists() and not again:
            raise InputError(
                f"{self.path} already exists.",
                "Keep it: a test part that somebody has seen is no longer a test. --again draws another, on record.",
            )
        if again and self.path.exists():
            self.opened("split drawn anew", "")
        data = {"schema": 1, **{name: getattr(split, name) for name in ("seed", "shares", "key", "made_at")}}
        text = json.dumps({**data, "digest": split.digest, "parts": split.parts, "families": split.families}, indent=1)
        write_whole(self.path, text + "\n", private=True)

    def opened(self, command: str, lock: str, looked_at: str = "", answers: str = "") -> None:
        """Record a look at the test part: command, lock, and the digests of what it shows and of the answers."""
        line = {"at": now(), "command": command, "lock": lock, "looked_at": looked_at, "answers": answers}
        add_chained_line(self.openings_path, {**line, "by": os.environ.get("USER", "")})

    def openings(self) -> list[dict[str, Any]]:
        """Every recorded opening of the test part, in order. Raises InputError if the record is damaged."""
        try:
            return list(read_chained_lines(self.openings_path))
        except ValueError as fault:
            raise InputError(
                f"Cannot read the record of openings: {fault}.", "Restore it from version control."
            ) from None
