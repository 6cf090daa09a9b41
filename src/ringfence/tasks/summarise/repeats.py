"""Sentences that a small model writes again with another word: *explained its features*, *explained its purpose*."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..number_words import number_words
from .notes import Sentence

__all__ = ["without_repeats"]

LEAST_WORDS = 8  # of a sentence that may be a repeat: in a short one each word counts
LEAST_LETTERS = 6  # of the one word that may be another: *never*, *not* and *two* say something else
_DENIALS = frozenset(["without", "against", "neither", "niemals", "keinen", "keiner", "keines", "jamais", "contre"])
_WORD = re.compile(r"\w+")


def without_repeats(earlier: Iterable[Sentence], sentences: Iterable[Sentence]) -> tuple[list[Sentence], int]:
    """The sentences that say something new beside the ``earlier`` ones, and how many are repeats in other words.

    A repeat has all its words but one from one earlier sentence under the same heading; that one is no name and no
    number. Of 39 sentences of the 1.5B about seven questions on meetings 5 were.
    """
    known, new, repeats = list(earlier), [], 0
    for sentence in sentences:
        if any(_is_repeat(sentence, each) for each in known):
            repeats += all(sentence.text != each.text for each in known)
            continue
        known.append(sentence)
        new.append(sentence)
    return new, repeats


def _is_repeat(sentence: Sentence, earlier: Sentence) -> bool:
    if sentence.text == earlier.text:
        return True
    words, said = _WORD.findall(sentence.text), {word.casefold() for word in _WORD.findall(earlier.text)}
    other = [word for word in words if word.casefold() not in said]
    return sentence.heading == earlier.heading and len(words) >= LEAST_WORDS and (not other or _is_filler(other))


def _is_filler(words: Sequence[str]) -> bool:
    """Whether the words that are new say nothing that an amount, a name or a denial would."""
    word, *more = words
    is_plain = len(word) >= LEAST_LETTERS and word.islower() and word not in _DENIALS
    return is_plain and not more and not any(number_words(word))
