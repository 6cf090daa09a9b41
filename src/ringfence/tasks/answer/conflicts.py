"""Find sources that contradict a claim: the same sentence with another number, date or name in another document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...contracts import Citation, Claim, FoundPassage, Span
from ...documents.sentences import sentences_of
from ..evidence import as_document, words_in
from ..fields import PatternField
from ..locale import Locale
from ..names import names_in
from ..recognisers import find_candidates
from .claims import place_of

__all__ = ["conflicts_with"]

ALIKE = 0.6  # of the words of two sentences, for them to say the same of something
LEAST_WORDS = 3  # such words
NEARLY_ALL, MANY_WORDS = 0.85, 8  # then the title need not speak of the question
MOST_CONFLICTS = 3  # places that are shown for a claim
_DIGITS = re.compile(r"\d")
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])[\w./-]+")  # part numbers and the like tell things apart
# Numbers that name a place or a thing and are no value of it.
_LABEL = re.compile(
    r"\b(?:figure|fig|table|section|sec|chapter|step|page|item|article|art|clause|appendix|annex|note|version|"
    r"no|nr|number|part|phase|lot|unit|room|floor|line|level|class|type|model|grade|"
    r"abschnitt|kapitel|tabelle|abbildung|seite|absatz|ziffer|nummer)\.?\s*$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:1[6-9]|20|21)\d\d")
_PERIOD = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\bQ[1-4]\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Statement:
    """A sentence: its words without values, the readings of each of its values, codes and names."""

    text: str
    words: frozenset[str]
    values: tuple[frozenset[str], ...] = ()
    codes: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Own:
    """A cited sentence, the words of the question that stand in it or above it, and the periods of its document."""

    said: _Statement
    needed: set[str]
    periods: set[str]

    def meets(self, words: set[str], head: set[str], periods: set[str]) -> bool:
        """Return whether a sentence under a title and headings says the same of the same, but for its values."""
        if self.periods and periods and self.periods != periods:
            return False
        other = {word for word in words if not _DIGITS.search(word)}
        shared, whole = len(self.said.words & other), len(self.said.words | other)
        if shared >= MANY_WORDS and shared >= NEARLY_ALL * whole:
            return True
        return shared >= LEAST_WORDS and shared >= ALIKE * whole and self.needed <= words | head


def conflicts_with(
    claim: Claim, question: str, passages: Sequence[FoundPassage], locale: Locale, capital_nouns: bool = False
) -> list[Citation]:
    """Return the places in passages of other documents that say the same as the cited ones, with another value.

    Two sentences conflict if most of their words are the same, all values but one are equal, the claim states the one
    of the cited sentence, and the other sentence says of the question's words whatever the cited one does. Codes and
    other names tell different things apart; so do years beside another value, numbers such as that of a table, and the
    years of two reports in their names, titles or headings.
    """
    cited = {place.document for place in claim.citations}
    asked = words_in(question)
    ours = [
        _Own(
            _statement(text, locale, capital_nouns),
            asked & words_in(f"{place.title} {place.lead} {text}"),
            _periods(place),
        )
        for place in claim.citations
        for text in _sentences(place.text)
    ]
    stated = _statement(claim.text, locale, capital_nouns)
    found: list[Citation] = []
    for number, passage in enumerate(passages, 1):
        if passage.document in cited or len(found) == MOST_CONFLICTS:
            continue
        head, periods = words_in(f"{passage.title} {passage.lead}"), _periods(passage)
        for start, end in sentences_of(passage.text, 0, len(passage.text)):
            text = passage.text[start:end]
            words = words_in(text)
            near = [own.said for own in ours if own.meets(words, head, periods)]
            if near and any(_differ(said, _statement(text, locale, capital_nouns), stated, asked) for said in near):
                found.append(place_of(number, passage, (start, end)))
                break
    return found


def _periods(place: Citation | FoundPassage) -> set[str]:
    return {found.casefold() for found in _PERIOD.findall(f"{place.document} {place.title} {place.lead}")}


def _sentences(text: str) -> Iterator[str]:
    for start, end in sentences_of(text, 0, len(text)):
        yield text[start:end]


def _statement(text: str, locale: Locale, capital_nouns: bool) -> _Statement:
    codes = frozenset(code.casefold() for code in _CODE.findall(text))
    document = as_document(text)
    taken: list[Span] = [match.span() for match in _CODE.finditer(text)]
    values: list[frozenset[str]] = []
    for kind in ("date", "number"):
        for candidate in find_candidates(PatternField.model_validate({"kind": kind}), document, locale):
            span = (candidate.start, candidate.end)
            if any(span[0] < end and start < span[1] for start, end in taken):
                continue
            taken.append(span)
            if not _LABEL.search(text[: span[0]]):
                readings = [str(candidate.value)] if candidate.value is not None else candidate.readings
                values.append(frozenset(map(_plain, readings or [text[slice(*span)]])))
    names = frozenset(
        text[start:end].casefold()
        for start, end in names_in(text, capital_nouns)
        if not any(start < last and first < end for first, last in taken)  # May, of a date
    )
    return _Statement(text, frozenset(w for w in words_in(text) if not _DIGITS.search(w)), tuple(values), codes, names)


def _plain(value: str) -> str:
    return value.rstrip("0").rstrip(".") if "." in value else value


def _without(values: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Return the values that share no reading with any of the others."""
    return [value for value in values if not any(value & other for other in others)]


def _differ(own: _Statement, other: _Statement, stated: _Statement, asked: set[str]) -> bool:
    """Return whether two sentences that are alike differ in one value, which the claim states, and in nothing else."""
    if own.codes != other.codes:
        return False
    mine, theirs = _without(own.values, other.values), _without(other.values, own.values)
    if own.names == other.names and len(mine) == len(theirs) == 1:
        years = all(_YEAR.fullmatch(reading) for reading in mine[0] | theirs[0])
        return len(_without(mine, stated.values)) == 0 and not (years and len(own.values) > 1)
    if mine or theirs or not own.names & other.names:
        return False
    named, called = own.names - other.names, other.names - own.names
    if len(named) != 1 or len(called) != 1:
        return False
    (name,), (second,) = named, called
    return name in stated.names and not (words_in(name) | words_in(second)) & asked
