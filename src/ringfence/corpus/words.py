"""The words of a text as an index holds them: stemmed by language, with numbers and codes kept whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from ..errors import InputError
from ..tasks.evidence import without_accents

__all__ = ["LIBRARIES", "WORD_RULES", "index_words", "language_of", "query_words"]

WORD_RULES = "words/3"
"""The version of the rules below; part of a corpus version's digest."""
LIBRARIES = ("PyStemmer", "py3langid")
UNKNOWN = ""  # the language of texts that are too short to tell

_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish",
}  # fmt: skip
# A code or number is one word with its inner marks: AB-1234/5, 12,345.60, §4.2(b) without its brackets.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+|(?:'\d{3})+(?!\d))?(?:[-./:,_+&@#][^\W_]+)*")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_NUMBER = re.compile(r"(\d{1,3}(?:([.,'])\d{3})(?:\2\d{3})*|\d+)(?:[.,](\d+))?")  # 1.234.567,80
_SPACED = re.compile(  # 12 500,00: a plain space joins only in front of decimals or a unit, for others part two numbers
    r"(?<![\w.,])\d{1,3}(?:(?:[\u00a0\u202f\u2009]\d{3})+(?:[.,]\d+)?|(?: \d{3})+(?:[.,]\d{1,2}|"
    r"(?=[ ]?(?:[€$£%]|EUR\b|USD\b|CHF\b|euros?\b|kg\b))))(?!\w)"
)
_BROKEN = re.compile(  # by the end of a line, but not Vor- und Nachname
    r"(?<![^\W_])([^\W\d_]{1,60})[-\u2010][ \t]*\n[ \t>]*"
    r"(?!(?:und|oder|bzw|and|or|et|ou|y|e|o)\b)([^\W_]{1,60}(?:[-./][^\W_]{1,60}){0,4})"
)
_SOFT_HYPHEN = "\u00ad"
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")  # Japanese and Chinese
LONGEST = 60  # characters of an indexed word
# Words too common to tell passages apart; frequent words of other languages weigh little by their own frequency.
_COMMON = frozenset(
    """
    a an and are as at be by did do does for from had has have how if in into is it its of on or that the their there
    these they this to was were what when where which who whose why will with you your
    der die das den dem des ein eine einer eines einem einen und oder ist sind war wie was wer wo wann
    le la les un une des du de et ou est sont que qui quel quelle
    """.split()  # noqa: SIM905 - a list of strings would take a line for each
)


def language_of(text: str) -> str:
    """Return the language of a text as an ISO 639-1 code; empty if it is too short to tell, or has no stemmer."""
    sample = text[:4000]
    if len(sample.split()) < 8:
        return UNKNOWN
    try:
        import py3langid
    except ImportError as error:
        raise _missing(error) from None
    code = str(py3langid.classify(sample)[0])
    return code if code in _STEMMERS else UNKNOWN


@cache
def _stemmer(language: str) -> Any:
    try:
        import Stemmer
    except ImportError as error:
        raise _missing(error) from None
    return Stemmer.Stemmer(_STEMMERS[language])


def _missing(error: ImportError) -> InputError:
    return InputError(f"A corpus needs {error.name}.", "Install it: pip install 'ringfence[corpus]'.")


def index_words(text: str, language: str) -> list[str]:
    """Return the words of a text in order, as they are indexed: a code as a whole, then its parts."""
    return [_stem(word, language) for word in _all_words(text)]


def query_words(question: str, languages: Iterable[str]) -> list[tuple[str, ...]]:
    """Return for each word of a question the forms that it may have in an index of these languages.

    Very common words are left out, unless the question has no others.
    """
    forms = [UNKNOWN, *languages]
    words = list(dict.fromkeys(_all_words(question)))
    wanted = [word for word in words if word not in _COMMON] or words
    return [tuple(dict.fromkeys(_stem(word, language) for language in forms)) for word in wanted]


def _all_words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(_folded(text)):
        whole = match.group().removesuffix("'s")
        if _UNSPACED.search(whole):
            yield from _pairs(whole)
            continue
        yield whole[:LONGEST]
        parts = [part.group() for part in _PARTS.finditer(whole)]
        if len(parts) > 1:
            yield from (form[:LONGEST] for form in _other_forms(whole, parts))
            yield from (part[:LONGEST] for part in parts)


def _other_forms(word: str, parts: list[str]) -> Iterator[str]:
    """The forms in which a word of several parts is also found: 1.234,50 as 1234.50, e-mail as email, U.S. as US."""
    if number := _NUMBER.fullmatch(word):
        whole = re.sub(r"\D", "", number[1])
        forms = [whole, f"{whole}.{number[3]}"] if number[3] else [whole]
        yield from (form for form in forms if form != word and form not in parts)
    elif all(part.isalpha() for part in parts) and re.fullmatch(r"[\w-]+|(?:\w\.)+\w", word):
        yield "".join(parts)


def _folded(text: str) -> str:
    """Return a text in lower case without accents; signs that stand for several letters are those letters.

    A word that the end of a line breaks, and a number with spaces, follow once more in one piece.
    """
    text = text.replace(_SOFT_HYPHEN, "").replace("’", "'")
    text = _BROKEN.sub(
        lambda found: f"{found.group()} {found[1]}{'' if found[2][0].islower() else '-'}{found[2]}", text
    )
    text = _SPACED.sub(lambda found: " ".join((found.group(), "".join(found.group().split()))), text)
    return without_accents(text.casefold())


def _pairs(word: str) -> Iterator[str]:
    """Return the pairs of neighbours in a run of a script that sets no spaces between words, and what else is in it."""
    for run in re.findall(rf"{_UNSPACED.pattern}+|[^\W_]+?(?={_UNSPACED.pattern}|\Z|\W)", word):
        if not _UNSPACED.match(run) or len(run) == 1:
            yield run[:LONGEST]
        else:
            yield from (run[at : at + 2] for at in range(len(run) - 1))


def _stem(word: str, language: str) -> str:
    if language == UNKNOWN or not word.isalpha():
        return word
    return str(_stemmer(language).stemWord(word))
