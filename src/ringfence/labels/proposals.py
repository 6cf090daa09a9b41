"""Which documents to label next: those whose labels say most about what is in doubt.

A label says something about its document, and about others in as far as they are alike. So a document is worth what it
adds to the likeness of each candidate to the nearest labelled document, the more the greater the doubt of that one.
After each choice this is counted again: ten of one look are not proposed, and an odd document is worth itself alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..evaluation.calibrator import Calibrator
from ..extras import need
from ..files import write_whole
from ..gold.file import GoldFile
from ..gold.near_duplicates import near_duplicates
from ..learning import Ranker
from .candidates import Candidate, Candidates, Pool
from .held_out import HeldOut
from .likeness import Embed, Likeness

__all__ = ["CompareBy", "NextTerms", "Proposal", "Proposals", "next_to_label"]

CompareBy = Literal["meaning", "words"]
MOST = 3000  # candidates that are compared with each other, those in most doubt: their likeness takes 36 MB
SAME_TEXT = 0.9999  # the likeness of two near-duplicates that are one text
# What a document counts for without any doubt: doubts of a model are not calibrated, and many flags are harmless. The
# ranker's first 10 labels, with 0 and with 0.3: receipts 0.801 and 0.826 (7 draws), orders 0.835 and 0.842 (5 draws).
BASE = 0.3
SAME_KEY = 0.9  # how alike two documents count whose key is the same
NEW = 0.5  # the likeness to the nearest labelled document under which a document counts as new


@dataclass(frozen=True)
class NextTerms:
    """How to choose: how many documents, and what says how doubtful and how alike they are.

    ``ranker`` and ``calibrator`` say how sure answers are where their runs do not. Documents whose answers agree on the
    field ``key`` (the company, the sender) count as alike; by default it is the key of the split. ``compare_by`` says
    by what texts are compared; None takes the meaning if there are embedding weights, else the words.
    """

    count: int = 10
    ranker: Ranker | None = None
    calibrator: Calibrator | None = None
    key: str | None = None
    compare_by: CompareBy | None = None


@dataclass(frozen=True)
class Proposal:
    """A document to label, and why, in words.

    ``worth`` is its share of what labels of all candidates would be worth, ``doubt`` its own (0 to 1), ``nearest`` its
    likeness to the nearest document that is labelled or proposed before it. ``alike`` counts the other candidates of
    its look. These figures order documents; they say nothing of accuracy.
    """

    document: str
    worth: float
    doubt: float
    nearest: float
    alike: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Proposals:
    """The documents to label next, the most worth first.

    ``considered`` is how many there were to choose from, ``left_out`` counts others by reason, ``compared`` says by
    what texts were compared (words or meaning). ``unread`` are documents of the gold whose text is not known.
    """

    documents: Sequence[Proposal]
    considered: int
    left_out: Mapping[str, int]
    compared: str
    unread: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        facts = {"considered": self.considered, "left_out": dict(self.left_out), "compared": self.compared}
        return {"schema": 1, "next": [asdict(one) for one in self.documents], **facts, "unread": list(self.unread)}

    def write(self, path: Path) -> None:
        """Save the list for `ringfence gold draft RUN --only FILE`, for its owner alone."""
        write_whole(path, json.dumps(self.as_json(), indent=1) + "\n", private=True)


def next_to_label(
    pool: Pool, gold: Path | None = None, terms: NextTerms | None = None, embed: Embed | None = None
) -> Proposals:
    """Choose documents of a pool to label next; none that the gold has, and none like those that it holds out.

    Texts are compared by ``embed``, or by their words without it. Raises InputError if there is no document to choose
    from, if the runs answer several tasks, or if the ranker or the calibrator belongs to something else.
    """
    need("evaluation", "sklearn")
    terms = terms or NextTerms()
    lines = GoldFile(gold).latest() if gold else {}
    held = HeldOut.of(gold)
    key = terms.key or held.key
    candidates = Candidates.of(pool, lines, terms.ranker, terms.calibrator, key, held.key)
    kept, left_out = _kept(candidates, held)
    if not kept:
        raise InputError(
            "There is no document to label next.", "Give a run or a folder with documents that the gold does not have."
        )
    considered = len(kept)
    kept = sorted(kept, key=lambda one: -one.doubt.share)[:MOST]
    labelled = list(candidates.labelled.values())
    texts = [*(one.text for one in kept), *(one.text for one in labelled)]
    likeness = Likeness.by_meaning(texts, embed) if embed else Likeness.by_words(texts)
    own, known = slice(0, len(kept)), slice(len(kept), len(texts))
    alike, nearest = likeness.between(own, own), np.zeros(len(kept), np.float32)
    if labelled:
        to_labelled = likeness.between(own, known)
        _join(to_labelled, [one.key for one in kept], [one.key for one in labelled])
        nearest = to_labelled.max(axis=1)
    _join(alike, [one.key for one in kept], [one.key for one in kept])
    found = chosen_of(kept, alike, nearest, terms.count, likeness.same_look)
    unread = sorted(set(lines) - set(candidates.labelled))
    return Proposals(found, considered, left_out, "meaning" if embed else "words", unread)


def _kept(candidates: Candidates, held: HeldOut) -> tuple[list[Candidate], Counter[str]]:
    """The candidates without those that the gold has under another name, or that are like what it holds out."""
    gold = {f"gold {name}": one.text for name, one in candidates.labelled.items()}
    mine = {f"mine {one.document}": one.text for one in candidates.documents}
    why: dict[str, str] = {}
    for pair in near_duplicates({**gold, **mine}) if gold else ():
        first, second = sorted((pair.first, pair.second))
        if first in gold and second in mine:
            if pair.likeness >= SAME_TEXT:
                why[second] = "the same text as gold"
            elif first.removeprefix("gold ") in held.parts:
                why.setdefault(second, "nearly the text of gold that is held out (dev, test)")
    of_families = [one.document for one in candidates.documents if one.family in held.families]
    why |= {f"mine {name}": "of a family that gold holds out (dev, test)" for name in of_families}
    kept = [one for one in candidates.documents if f"mine {one.document}" not in why]
    left_out = Counter(why.values())
    if candidates.labelled:
        left_out["in the gold"] = len(candidates.labelled)
    if candidates.unread:
        left_out["that cannot be read"] = len(candidates.unread)
    return kept, left_out


def _join(alike: npt.NDArray[np.float32], rows: Sequence[str | None], columns: Sequence[str | None]) -> None:
    """Count documents with the same key as alike, whatever their texts."""
    places: dict[str, list[int]] = {}
    for place, key in enumerate(columns):
        if key:
            places.setdefault(key, []).append(place)
    for row, key in enumerate(rows):
        if key in places:
            alike[row, places[key]] = np.maximum(alike[row, places[key]], SAME_KEY)


def chosen_of(
    kept: Sequence[Candidate],
    alike: npt.NDArray[np.float32],
    nearest: npt.NDArray[np.float32],
    count: int,
    same_look: float,
) -> list[Proposal]:
    """Take the document that is worth most, count again, and so on (greedy facility location)."""
    weights = np.array([BASE + one.doubt.share for one in kept], np.float32)
    labelled, found, taken = bool(nearest.any()), [], np.zeros(len(kept), bool)
    for _ in range(min(count, len(kept))):
        gains = weights @ np.maximum(alike - nearest[:, None], 0.0)
        gains[taken] = -1.0
        place = int(np.argmax(gains))
        others = int((alike[place] >= same_look).sum()) - 1
        one = kept[place]
        reasons = list(one.doubt.reasons)
        if labelled and nearest[place] < NEW:
            reasons.append(f"unlike what is labelled or proposed before it (at most {nearest[place]:.2f} alike)")
        if others > 0:
            reasons.append(f"stands for {others} other{'s' if others > 1 else ''} of its look")
        if not reasons:
            reasons.append("the most alike to the rest")
        worth = float(max(0.0, gains[place]) / weights.sum())
        figures = (round(worth, 4), round(one.doubt.share, 4), round(float(nearest[place]), 4))
        found.append(Proposal(one.document, *figures, others, tuple(reasons)))
        taken[place] = True
        nearest = np.maximum(nearest, alike[:, place])
    return found
