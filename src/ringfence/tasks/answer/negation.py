"""Whether a claim says what its source denies, or denies what it says."""

from __future__ import annotations

import re

from ...documents.sentences import sentences_of
from ..evidence import stem, without_accents

__all__ = ["negation_faults"]

SHARE = 0.7  # of the words of a claim, that make a part of a sentence its source
OTHERWISE = 0.5  # of these words in another part, that may be its source as well
LEAST, LEAST_OF_PART = 2, 4  # words of a claim, and of one of its parts, of which that can be said
_NOT = re.compile(
    r"\b(?:not(?! (?:only|less|more|later|earlier|exceed\w*|apply to)\b)|never|neither|cannot|nowhere|nobody|"
    r"nicht(?! (?:nur|weniger|mehr|später|länger)\b)|niemals|keine?[mnrs]?(?! (?:mehr|weniger) als\b)|jamais|aucune?|"
    r"nunca|ningun[ao]?|nessun[ao]?|niet(?! (?:alleen|meer)\b)|geen|nooit)\b|n['’]t\b|"
    r"\bn(?:e\b|['’])[^.;,]{1,30}\b(?:pas|plus|point)\b|"
    r"\bno (?=[a-z]{3,} (?:is|are|was|were|has|have|may|must|shall|will|can)\b)",
    re.IGNORECASE,
)
# Words that deny by themselves: what has one can be said with a negation or without.
_DENIES = re.compile(
    r"\b(?:prohibit|forbid|exclud|exclus|exempt|bar(?:s|red)\b|ban(?:s|ned)?\b|refus|den(?:y|ies|ied)\b|lack|fail|without|"
    r"free\b|void\b|no\b|non|in(?:valid|eligible|applicable|admissible)|verboten|untersag|ausgeschlossen|"
    r"un[a-zäöü]{4}|frei\b|ohne|entfäll|interdi|exclu|sans|prohib|vieta|esclu|senza|verboden|zonder)",
    re.IGNORECASE,
)
# What follows them is another part of a sentence.
_PART = re.compile(
    r"[;:,()–—]|\b(?:but|and|or|while|whereas|although|though|if|unless|except|because|since|which|that|who|when|than|"
    r"und|oder|aber|sondern|während|wenn|falls|dass|weil|außer|mais|et|ou|si|sauf|que|qui|pero|y|sino|ma|e|se|che|maar|en|"
    r"of|als|dat)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_COMMON = frozenset(
    """
    the and are was were has have had his her its for with from this that may must can shall will does did not never
    der die das den dem des ein eine einen ist sind war hat nicht kein keine
    les des une est sont dans pour par pas los las una del para con che per della het een van niet geen
    """.split()  # noqa: SIM905 - a list of strings would take a line for each
)


def negation_faults(claim: str, said: str) -> list[str]:
    """The fault of a claim of which a part has its words in parts of sentences that say the contrary, and in no others.

    A short part of several is left alone.
    """
    parts = [part for part in _PART.split(claim) if part.strip(" .!?")]
    source: list[tuple[set[str], bool | None]] = []
    for start, end in sentences_of(said, 0, len(said)):
        source += [(_words(part), _is_denied(part)) for part in _PART.split(said[start:end])]
    for part in parts:
        words, denied = _words(part), _is_denied(part)
        if denied is None or len(words) < (LEAST if len(parts) == 1 else LEAST_OF_PART):
            continue
        shares = [(len(words & others) / len(words), is_denied) for others, is_denied in source]
        alike = any(share >= OTHERWISE and is_denied in (denied, None) for share, is_denied in shares)
        if not alike and max((share for share, _ in shares), default=0.0) >= SHARE:
            return [f"negation: {' '.join(part.split())}"]
    return []


def _is_denied(part: str) -> bool | None:
    """Whether a part denies what it says; None if a word of it denies by itself."""
    return None if _DENIES.search(part) else _NOT.search(part) is not None


def _words(text: str) -> set[str]:
    return {stem(without_accents(word)) for word in _WORD.findall(text) if word.casefold() not in _COMMON}
