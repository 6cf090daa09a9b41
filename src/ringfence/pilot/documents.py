"""The documents of a pilot that have gold, and the parts that they fall into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..documents import Document, ReadingOptions, Source, expand_inputs, holds_several, read_ahead
from ..errors import InputError
from ..evaluation.evaluating import fit_for
from ..evaluation.families import families_of, near_duplicates
from ..evaluation.gold import GoldEntry, GoldFile
from ..evaluation.splitting import Split, SplitFile, draw_split, key_of, stratum_of
from ..tasks import Example, Task
from .spec import PilotSpec

__all__ = ["PilotDocuments", "read_documents_of"]


@dataclass(frozen=True)
class PilotDocuments:
    """``sources`` to run; the ``documents`` with gold that could be read; ``others`` counts files without gold."""

    sources: list[Source]
    documents: Mapping[str, Document]
    gold: Mapping[str, GoldEntry]
    split: Split
    gold_file: GoldFile
    others: int
    task: Task

    def part(self, name: str) -> dict[str, GoldEntry]:
        """The gold of a part."""
        return {i: self.gold[i] for i in self.split.parts.get(name, ()) if i in self.gold}

    def leaks(self) -> list[tuple[str, str]]:
        """Pairs of near-duplicates, or of documents with the split's key, that lie in two parts: gold that came or changed
        after the split was drawn, or a split that was drawn without the documents."""
        pairs = near_duplicates({i: one.text for i, one in self.documents.items()})
        key = self.split.key
        keys = {i: key_of(entry, self.task, key) for i, entry in self.gold.items()} if key else {}
        return self.split.leaks(families_of(self.gold, pairs, keys))

    def twins_of(self, pool: Sequence[Example]) -> list[str]:
        """The documents of dev and test that are nearly a labelled text of the pool."""
        looked_at = {i for name in ("dev", "test") for i in self.split.parts.get(name, ()) if i in self.documents}
        texts = {f"document {i}": self.documents[i].text for i in looked_at}
        texts |= {f"pool {number}": example.text for number, example in enumerate(pool)}
        found = [
            one.removeprefix("document ")
            for pair in near_duplicates(texts)
            for one, other in ((pair.first, pair.second), (pair.second, pair.first))
            if one.startswith("document ") and other.startswith("pool ")
        ]
        return list(dict.fromkeys(found))


def read_documents_of(
    spec: PilotSpec, folder: Path, task: Task, reading: ReadingOptions, say: Callable[[str], None]
) -> PilotDocuments:
    """Read what has gold, and draw the split where there is none. Raises InputError where the gold is not fit."""
    gold_file = GoldFile(folder / spec.gold)
    gold = gold_file.latest()
    if not gold:
        raise InputError(
            f"{gold_file.path} holds no gold.", "Draft some from a run: ringfence gold draft RUN --out gold.xlsx."
        )
    fit_for(task, gold, gold_file.path)
    every = expand_inputs([folder / one if not Path(one).is_absolute() else one for one in spec.documents])
    wanted = [source for source in every if _may_hold_gold(source, gold)]
    documents: dict[str, Document] = {}
    for _, outcomes in read_ahead(iter(wanted), reading):
        documents |= {one.id: one for one in outcomes if isinstance(one, Document) and one.id in gold}
    if not documents:
        raise InputError(
            "None of the pilot's documents has gold.",
            f"Ids must match: the gold says {next(iter(gold))!r}, the documents are {', '.join(repr(s.id) for s in every[:3])}.",
        )
    file = SplitFile(gold_file.path)
    split = file.read()
    if split is None:
        pairs = near_duplicates({i: one.text for i, one in documents.items()})
        shares = {name: getattr(spec.split, name) for name in ("calibration", "dev", "test")}
        keys = {i: key_of(entry, task, spec.split.key) for i, entry in gold.items()} if spec.split.key else {}
        strata = {i: stratum_of(entry, task) for i, entry in gold.items()}
        split = draw_split(families_of(gold, pairs, keys), strata, shares, spec.split.seed, spec.split.key)
        file.write(split)
        sizes = ", ".join(f"{name} {len(ids)}" for name, ids in split.parts.items())
        say(f"The gold was split into {sizes} ({file.path.name}); the test part stays sealed until the verdict.")
    if not any(i in documents for i in split.parts.get("test", ())):
        raise InputError(
            f"No document of the test part can be read ({len(gold)} documents of gold, {len(set(split.families.values()))} families).",
            "Label more documents, of more kinds than near-duplicates of one, and draw the split anew: ringfence gold split --again.",
        )
    return PilotDocuments(wanted, documents, gold, split, gold_file, len(every) - len(wanted), task)


def _may_hold_gold(source: Source, gold: Mapping[str, GoldEntry]) -> bool:
    return (
        source.id in gold
        or holds_several(source)
        or any(i.startswith((f"{source.id}!", f"{source.id}#")) for i in gold)
    )
