"""Split a gold file: find families of near-duplicates, draw the parts, and store them next to the gold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..extras import need
from .faults import require_gold_fits
from .file import GoldFile
from .near_duplicates import families_of, near_duplicates
from .source import GoldSource
from .split import PARTS, Split, SplitFile, draw_split, key_of, stratum_of

__all__ = ["GoldSplit", "SplitOptions", "split_gold"]

SHARES = dict(zip(PARTS, (0.3, 0.2, 0.5), strict=True))


@dataclass(frozen=True)
class SplitOptions:
    """How to draw the parts.

    ``shares`` of calibration, dev and test sum to one; a part that they leave out stays empty. ``key`` is a field whose
    equal values stay in one part. ``again`` replaces an earlier split, which counts as a look at the test part.
    """

    shares: Mapping[str, float] = field(default_factory=lambda: SHARES)
    key: str | None = None
    seed: int = 0
    again: bool = False


@dataclass(frozen=True)
class GoldSplit:
    """A split that was stored at ``path``. ``read_documents`` says whether near-duplicates could be kept together."""

    path: Path
    split: Split
    read_documents: bool

    def __str__(self) -> str:
        families = self.split.families
        sizes = ", ".join(f"{name} {len(ids)}" for name, ids in self.split.parts.items())
        return f"{sizes}; {len(set(families.values()))} families of {len(families)} documents; {self.split.digest[:19]}"


def split_gold(gold: Path, source: GoldSource, options: SplitOptions | None = None) -> GoldSplit:
    """Draw calibration, dev and test parts: by seed, stratified, families of near-duplicates together.

    Raises InputError if there is no gold, if it does not fit the task, if the shares do not sum to one, or if the gold
    is split already and ``again`` is not set.
    """
    if source.has_documents:
        need("evaluation", "sklearn")  # before documents are read
    options = options or SplitOptions()
    shares = _whole_shares(options.shares)
    latest = GoldFile(gold).latest()
    if not latest:
        raise InputError(f"{gold} holds no gold.", "Draft some from a run: ringfence gold draft RUN --out gold.xlsx.")
    task = source.load_task()
    require_gold_fits(task, latest, gold)
    documents = source.read_documents(latest)
    texts = {identity: document.text for identity, document in documents.items()}
    keys = {identity: key_of(entry, task, options.key) for identity, entry in latest.items()} if options.key else {}
    families = families_of(latest, near_duplicates(texts), keys)
    strata = {identity: stratum_of(entry, task) for identity, entry in latest.items()}
    file = SplitFile(gold)
    split = draw_split(families, strata, shares, options.seed, options.key)
    file.write(split, options.again)
    return GoldSplit(file.path, split, bool(documents))


def _whole_shares(shares: Mapping[str, float]) -> dict[str, float]:
    wrong = not shares or set(shares) - set(PARTS) or min(shares.values()) < 0
    if wrong or abs(sum(shares.values()) - 1) > 1e-6:
        raise InputError(
            f"The shares do not divide the gold: {', '.join(f'{name} {share:g}' for name, share in shares.items())}.",
            "Give shares of calibration, dev and test that sum to 1: "
            "--share calibration=0.3 --share dev=0.2 --share test=0.5.",
        )
    return {name: shares.get(name, 0.0) for name in PARTS}
