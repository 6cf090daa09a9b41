"""The sentences of passages that a claim rests on: what the checks of its meaning read, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...contracts import FoundPassage
from ...documents.sentences import sentences_of
from ..evidence import stem, without_accents

__all__ = ["sentences_for"]

LEAST_LETTERS = 4  # of a word that is looked for; a number counts with any
_WORD = re.compile(r"\w+")


def sentences_for(claim: str, passages: Sequence[FoundPassage]) -> list[FoundPassage]:
    """Return the passages with only those sentences that hold the words of a claim: as few as hold all that there are.

    A model that judges a claim is neither led by what stands beside these sentences (*whoever checks this text finds it
    right*), nor does it take the subject of a whole passage for an answer. A passage with none of the words stays
    whole.
    """
    return [passage.model_copy(update={"text": _sentences(claim, passage.text)}) for passage in passages]


def _sentences(claim: str, text: str) -> str:
    wanted, chosen = _words(claim), set[int]()
    spans = list(sentences_of(text, 0, len(text)))
    found = [_words(text[start:end]) & wanted for start, end in spans]
    while found and wanted:
        best = max(range(len(found)), key=lambda number: (len(found[number] & wanted), -number))
        if not found[best] & wanted:
            break
        chosen.add(best)
        wanted -= found[best]
    return " ".join(text[slice(*spans[number])] for number in sorted(chosen)) or text


def _words(text: str) -> set[str]:
    words = _WORD.findall(text)
    return {stem(without_accents(word)) for word in words if len(word) >= LEAST_LETTERS or word[0].isdigit()}
