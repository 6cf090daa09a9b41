"""Find numbers, dates, amounts and names in a written text that are not in its source document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..contracts import UnsupportedText
from ..documents import Document
from .fields import PatternField
from .locale import Locale
from .recognisers import Candidate, find_candidates

__all__ = ["names_in", "nouns_have_capitals", "unsupported"]

_WORDS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        map(str, range(1, 13)),
        strict=True,
    )
)
_NAME = re.compile(r"\b[^\W\d_][\w'’&.-]*")
_JOINTS = {"of", "the", "and", "for", "von", "van", "de", "der", "du", "la", "le", "del"}
# Words that begin a sentence and are not part of the name after them.
_OPENERS = frozenset(
    """
    A According After Also Although An And As At Before Both But By During Each Finally For From He Her Here His
    However If In Its It Later My Next No Now On One Our Overall She Since So Some That The Their Then There These
    They This Those Though Thus Today Together Under Until We When Where While With Yesterday You Am Auch Auf Bei
    Das Dann Der Des Die Diese Dieser Ein Eine Er Es Für Herr Frau Im Laut Mit Nach Sie Und Von Vor Wir Zu Zum Au
    Avec Ce Cette Dans De Elle En Et Il Ils La Le Les Nous Pour Selon Sur Un Une
    """.split()  # noqa: SIM905 - a list of strings would take a line for each
)
_TITLES = frozenset({"Dr.", "Mr.", "Mrs.", "Ms.", "St.", "Prof.", "Hr.", "Fr.", "Mme.", "Jr.", "Sr."})
NOUNS_HAVE_CAPITALS = 0.25  # of the words inside sentences; above this the language is one like German


def unsupported(
    written: Document, document: Document, locale: Locale, capital_nouns: bool | None = None
) -> list[UnsupportedText]:
    """Texts in ``written`` without support in ``document``, in order; their spans are in ``written``.

    Numbers, amounts and dates are compared as values, so that 12 March 2024 equals 2024-03-12 and 1,000 equals 1000;
    names letter by letter, ignoring case. In a language that capitalises nouns, only runs of two or more capitalised
    words and words with inner capitals count as names; ``capital_nouns`` says that where ``document`` is too short to
    tell.
    """
    found: list[tuple[int, int, str]] = []
    taken: set[int] = set()
    numbers = find_candidates(PatternField.model_validate({"kind": "number"}), document, locale)
    for kind in ("date", "money", "number"):
        spec = PatternField.model_validate({"kind": kind})
        stated = numbers if kind == "number" else find_candidates(spec, document, locale)
        known = {_value(c.value, kind) for c in stated} | {reading for c in stated for reading in c.readings}
        raws = {document.text[c.start : c.end] for c in stated}
        if kind != "date":
            known |= {_value(c.value, "number") for c in numbers}
            known |= {value.removeprefix("-") for value in known if value}  # "it fell by 12 percent" for -12 %
            known |= {_WORDS[word] for word in re.findall(r"[a-z]+", document.text.lower()) if word in _WORDS}
        known.discard(None)
        for candidate in find_candidates(spec, written, locale):
            places = set(range(candidate.start, candidate.end))
            if taken & places:
                continue
            if kind == "money" and candidate.value is not None and candidate.value["currency"] is None:
                continue  # a plain number
            taken |= places
            readings = {_value(candidate.value, kind), *candidate.readings} - {None}
            raw = written.text[candidate.start : candidate.end]
            if not (readings & known or raw in raws) or _other_currency(candidate.value, stated):
                found.append((candidate.start, candidate.end, kind))
    plain = " ".join(document.text.casefold().split())
    nouns = nouns_have_capitals(document.text) if capital_nouns is None else capital_nouns
    for start, end in names_in(written.text, nouns):
        if not taken & set(range(start, end)) and not _appears(written.text[start:end], plain):
            found.append((start, end, "name"))
    return [
        UnsupportedText(kind=kind, text=written.text[start:end], span=(start, end))
        for start, end, kind in sorted(found)
    ]


def _other_currency(value: Any, stated: list[Candidate]) -> bool:
    """True if the document states the amount only in other currencies."""
    if not isinstance(value, dict) or value["currency"] is None:
        return False
    same = [c.value["currency"] for c in stated if isinstance(c.value, dict) and c.value["amount"] == value["amount"]]
    return bool(same) and None not in same and value["currency"] not in same


def _value(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    text = value["amount"] if isinstance(value, dict) else str(value)
    return text.rstrip("0").rstrip(".") if kind != "date" and "." in text else text


def _appears(name: str, plain: str) -> bool:
    wanted = " ".join(name.casefold().split())
    stem = re.sub(r"['’]s$", "", wanted)
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", plain) for form in {wanted, stem})


def nouns_have_capitals(text: str) -> bool:
    """True if a text is in a language that writes nouns with capitals, like German."""
    inside = re.findall(r"(?<=[a-zäöüß,] )([^\W\d_]\w{2,})", text)
    return len(inside) >= 40 and sum(word[0].isupper() for word in inside) / len(inside) > NOUNS_HAVE_CAPITALS


def names_in(text: str, capital_nouns: bool) -> Iterator[tuple[int, int]]:
    """Runs of capitalised words: the spans of the names in a text.

    The first word of a sentence counts only if it has an inner capital, or another capitalised word follows it.
    """
    words = list(_NAME.finditer(text))
    at = 0
    while at < len(words):
        first = words[at]
        if not first.group()[0].isupper():
            at += 1
            continue
        last = at
        while last + 1 < len(words) and _follows(text, words[last], words[last + 1]):
            following = words[last + 1].group()
            joint = following in _JOINTS and last + 2 < len(words) and words[last + 2].group()[0].isupper()
            if not following[0].isupper() and not (joint and _follows(text, words[last + 1], words[last + 2])):
                break
            last += 1
        opens = _opens(text, first.start())
        if opens and last > at and first.group() in _OPENERS:
            opens = False
            at = next(number for number in range(at + 1, last + 1) if words[number].group()[0].isupper())
            first = words[at]
        inner = any(letter.isupper() for letter in first.group()[1:])
        alone = last == at
        if not alone or inner or not (opens or capital_nouns):
            end = words[last].end()
            yield first.start(), end - (1 if text[end - 1] in ".-" else 0)
        at = last + 1


def _opens(text: str, at: int) -> bool:
    """True if a sentence begins at ``at``."""
    while at and text[at - 1].isspace():
        at -= 1
    return not at or text[at - 1] in '.!?:#"“'


def _follows(text: str, left: re.Match[str], right: re.Match[str]) -> bool:
    """True if two words belong to one run: a space between them, and a full stop only after a title or initial."""
    if text[left.end() : right.start()] != " ":
        return False
    word = left.group()
    return not word.endswith(".") or len(word) == 2 or word in _TITLES
