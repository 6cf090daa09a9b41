"""The documents of gold that nothing may train on, and nothing be labelled beside: those of its dev and test parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..contracts import TrainingLabel
from ..extras import need
from ..gold.file import GoldFile
from ..gold.near_duplicates import twins_of
from ..gold.source import GoldSource
from ..gold.split import SplitFile, key_in

__all__ = ["HELD_OUT", "HeldOut"]

HELD_OUT = ("dev", "test")


@dataclass(frozen=True)
class HeldOut:
    """``parts`` names the part of each such document, ``texts`` holds the text of those that could be read.

    If the split keeps documents together by a field, ``key`` is that field, and ``families`` are its values there.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    families: frozenset[str] = frozenset()

    @classmethod
    def of(cls, gold: Path | None, source: GoldSource | None = None) -> HeldOut:
        """What the split of a gold file holds out; nothing without gold or a split.

        ``source`` is where its documents lie. Raises InputError if there is no such gold, or if its split was changed
        by hand.
        """
        if gold is None:
            return cls()
        lines = GoldFile(gold).latest()
        split = SplitFile(gold).read()
        if split is None:
            return cls()
        parts = {identity: name for name in HELD_OUT for identity in split.parts.get(name, ())}
        documents = source.read_documents(parts) if source else {}
        texts = {identity: document.text for identity, document in documents.items()}
        values = (key_in(lines[identity].values, split.key) for identity in parts if identity in lines)
        return cls(parts, texts, split.key, frozenset(value for value in values if value))

    def over(self, other: HeldOut) -> HeldOut:
        """The same, with the texts that the other one could read too."""
        return replace(self, texts={**other.texts, **self.texts})

    def holds_family_of(self, label: TrainingLabel) -> bool:
        """Whether a label, or the answer behind it, says that its document belongs to a family that is held out."""
        return bool(self.families & {key_in(label.values, self.key), label.family})

    @property
    def unread(self) -> list[str]:
        """The documents whose text is not known, so that likeness to them cannot be told."""
        return sorted(set(self.parts) - set(self.texts))

    def named(self, documents: Iterable[str]) -> list[str]:
        """Those of ``documents`` that are held out, by their ids."""
        return sorted(identity for identity in documents if identity in self.parts)

    def twins(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Those of ``texts`` that are nearly the text of a held out document, with the id of that document."""
        if texts and self.texts:
            need("evaluation", "sklearn")
        return twins_of(texts, self.texts)
