"""Families of documents: near-duplicates, and documents with the same key, which a split keeps together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from ..extras import need

__all__ = ["Pair", "families_of", "near_duplicates"]

ALIKE = 0.8  # cosine of the sets of three-word shingles; forms filled in differently stay under it
CHUNK = 512
MOST_EQUAL = 100  # texts of which each pair is told


@dataclass(frozen=True)
class Pair:
    """Two documents with nearly the same text; ``likeness`` is 1 if the texts are equal."""

    first: str
    second: str
    likeness: float


def near_duplicates(texts: Mapping[str, str], alike: float = ALIKE) -> list[Pair]:
    """Pairs of documents whose shingles (runs of up to three words, digits kept) agree, the most alike first.

    The cosine of binary shingle vectors (scikit-learn hashes them) is exact over all pairs, in chunks.
    """
    if len(texts) < 2:
        return []
    need("evaluation", "sklearn")
    from sklearn.feature_extraction.text import HashingVectorizer

    same: dict[str, list[str]] = {}
    for name, text in texts.items():
        same.setdefault(text, []).append(name)
    found = [Pair(*pair, 1.0) for equal in same.values() for pair in _pairs(equal)]
    groups = list(same.values())
    vectoriser = HashingVectorizer(
        analyzer="word", ngram_range=(1, 3), token_pattern=r"\S+", binary=True, alternate_sign=False, n_features=2**22
    )
    rows = vectoriser.transform(same)
    for start in range(0, len(groups), CHUNK):
        likeness = (rows[start : start + CHUNK] @ rows.T).tocoo()
        for row, column, value in zip(likeness.row, likeness.col, likeness.data, strict=True):
            if start + row < column and value >= alike:
                rounded = round(float(min(value, 1.0)), 4)
                alike_texts = product(groups[start + row][:MOST_EQUAL], groups[column][:MOST_EQUAL])
                found += [Pair(*pair, rounded) for pair in alike_texts]
    return sorted(found, key=lambda pair: (-pair.likeness, pair.first, pair.second))


def _pairs(equal: list[str]) -> Iterable[tuple[str, str]]:
    """The pairs of equal texts; of very many each with the first, for thousands of copies have millions of pairs."""
    return combinations(equal, 2) if len(equal) <= MOST_EQUAL else ((equal[0], other) for other in equal[1:])


def twins_of(texts: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Those of ``texts`` that are nearly a ``known`` text, with the id of that one. Both may use one id for two."""
    if not (texts and known):
        return {}
    every = [("known", one, text) for one, text in known.items()] + [("", one, text) for one, text in texts.items()]
    found: dict[str, str] = {}
    for pair in near_duplicates({str(number): text for number, (_, _, text) in enumerate(every)}):
        (first, held, _), (second, other, _) = every[int(pair.first)], every[int(pair.second)]
        if first and not second:
            found.setdefault(other, held)
    return found


def families_of(documents: Iterable[str], pairs: Iterable[Pair], *keys: Mapping[str, str | None]) -> dict[str, str]:
    """The family of each document, by the name of its first member. Pairs and equal keys of one kind join documents."""
    root = {identity: identity for identity in documents}

    def find(identity: str) -> str:
        while root[identity] != identity:
            root[identity] = root[root[identity]]
            identity = root[identity]
        return identity

    def join(left: str, right: str) -> None:
        first, second = sorted((find(left), find(right)))
        root[second] = first

    for pair in pairs:
        if pair.first in root and pair.second in root:
            join(pair.first, pair.second)
    for of in keys:
        by_key: dict[str, str] = {}
        for identity in root:
            if key := of.get(identity):
                join(identity, by_key.setdefault(key, identity))
    return {identity: find(identity) for identity in root}
