"""The documents of a pilot that have gold, and the parts that they fall into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..contracts import GoldLine
from ..documents import Document, ReadingOptions, Source, expand_inputs, holds_several, read_ahead
from ..errors import InputError
from ..gold.faults import require_gold_fits
from ..gold.file import GoldFile
from ..gold.near_duplicates import families_of, near_duplicates
from ..gold.split import PARTS, Split, SplitFile, draw_split, key_of, stratum_of
from ..learning import Ranker, read_ranker, text_digest
from ..runs import RunFolder
from .setup import PilotSetup
from .spec import Contender

__all__ = ["PilotData", "read_data"]


@dataclass(frozen=True)
class PilotData:
    """The pilot's gold and its split, the ``sources`` to run, and the ``documents`` with gold that can be read.

    ``without_gold`` counts the files of the pilot's folders that have no gold; ``reading`` is how all are read.
    """

    setup: PilotSetup
    sources: list[Source]
    documents: Mapping[str, Document]
    gold: Mapping[str, GoldLine]
    gold_file: GoldFile
    split: Split
    without_gold: int
    reading: ReadingOptions = field(default_factory=ReadingOptions)

    def part(self, name: str) -> dict[str, GoldLine]:
        """The gold of a part."""
        return {i: self.gold[i] for i in self.split.parts.get(name, ()) if i in self.gold}

    def leaks(self) -> list[tuple[str, str]]:
        """Pairs of near-duplicates, or of documents with equal keys, that are in different parts.

        They come from gold that is newer than the split, or from a split that was drawn without the documents.
        """
        return self.split.leaks(_families(self.setup, self.gold, self.documents, self.split.key))

    def pool_twins(self) -> list[str]:
        """The documents of dev and test that nearly repeat a labelled text of the pool."""
        parts = [self.split.parts.get(name, ()) for name in ("dev", "test")]
        texts = {f"document {i}": self.documents[i].text for ids in parts for i in ids if i in self.documents}
        texts |= {f"pool {number}": example.text for number, example in enumerate(self.setup.pool)}
        found = [
            left.removeprefix("document ")
            for pair in near_duplicates(texts)
            for left, right in ((pair.first, pair.second), (pair.second, pair.first))
            if left.startswith("document ") and right.startswith("pool ")
        ]
        return list(dict.fromkeys(found))

    def ranker_of(self, contender: Contender) -> Ranker | None:
        """The ranker of a contender. Raises InputError if it was learned from documents of the dev or the test part."""
        if contender.ranker is None:
            return None
        ranker = read_ranker(self.setup.folder / contender.ranker)
        seen = [
            identity
            for name in ("dev", "test")
            for identity in self.part(name)
            if identity in self.documents and text_digest(self.documents[identity]) in ranker.folds
        ]
        if seen:
            raise InputError(
                f"The ranker of contender {contender.name} was learned from {len(seen)} documents that are to test it.",
                "Learn it from the calibration part alone: ringfence learn --part calibration.",
            )
        return ranker

    def all_in(self, run: Path) -> bool:
        """Whether a run folder exists and already has every document of the gold."""
        return (run / "run.json").exists() and set(self.documents) <= set(RunFolder.open(run).index())


def read_data(setup: PilotSetup, reading: ReadingOptions, say: Callable[[str], None]) -> PilotData:
    """Read the documents that have gold, and split the gold if it is not split. Raises InputError for unfit gold."""
    spec, reading = setup.spec, setup.reading(reading)
    gold_file = GoldFile(setup.folder / spec.gold)
    gold = gold_file.latest()
    if not gold:
        raise InputError(
            f"{gold_file.path} holds no gold.", "Draft some from a run: ringfence gold draft RUN --out gold.xlsx."
        )
    require_gold_fits(setup.task, gold, gold_file.path)
    every = expand_inputs([path if Path(path).is_absolute() else setup.folder / path for path in spec.documents])
    wanted = [source for source in every if _may_hold_gold(source, gold)]
    documents: dict[str, Document] = {}
    for _, outcomes in read_ahead(iter(wanted), reading):
        documents |= {found.id: found for found in outcomes if isinstance(found, Document) and found.id in gold}
    if not documents:
        raise InputError(
            "None of the pilot's documents has gold.",
            f"Ids must match: the gold says {next(iter(gold))!r}, "
            f"the documents are {', '.join(repr(source.id) for source in every[:3])}.",
        )
    file = SplitFile(gold_file.path)
    split = file.read()
    if split is None:
        split = _draw(setup, gold, documents)
        file.write(split)
        sizes = ", ".join(f"{name} {len(ids)}" for name, ids in split.parts.items())
        say(f"Split the gold into {sizes} ({file.path.name}); the test part stays sealed until the verdict.")
    if not any(i in documents for i in split.parts.get("test", ())):
        raise InputError(
            f"Cannot read any document of the test part "
            f"({len(gold)} documents of gold, {len(set(split.families.values()))} families).",
            "Label more documents that are not near-duplicates of one another, and draw a new split: "
            "ringfence gold split --again.",
        )
    return PilotData(setup, wanted, documents, gold, gold_file, split, len(every) - len(wanted), reading)


def _draw(setup: PilotSetup, gold: Mapping[str, GoldLine], documents: Mapping[str, Document]) -> Split:
    terms = setup.spec.split
    shares: dict[str, float] = {name: getattr(terms, name) for name in PARTS}
    strata = {i: stratum_of(entry, setup.task) for i, entry in gold.items()}
    return draw_split(_families(setup, gold, documents, terms.key), strata, shares, terms.seed, terms.key)


def _families(
    setup: PilotSetup, gold: Mapping[str, GoldLine], documents: Mapping[str, Document], key: str | None
) -> dict[str, str]:
    pairs = near_duplicates({i: document.text for i, document in documents.items()})
    keys = {i: key_of(entry, setup.task, key) for i, entry in gold.items()} if key else {}
    return families_of(gold, pairs, keys)


def _may_hold_gold(source: Source, gold: Mapping[str, GoldLine]) -> bool:
    return (
        source.id in gold
        or holds_several(source)
        or any(i.startswith((f"{source.id}!", f"{source.id}#")) for i in gold)
    )
