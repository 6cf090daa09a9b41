"""Judge the text layer of a page. Scanners and broken fonts leave text that differs from the words on the page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["fault_of_recognised", "fault_of_text"]

_VOWELS = set("aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýœ")
MIN_LETTERS = 60  # too few to judge a page
_WORD = re.compile(r"[^\W\d_]{4,}")
_CAPITAL_INSIDE = re.compile(r"[a-zß-öø-ÿ][A-ZÀ-ÖØ-Þ]")
MIN_WORDS = 30
MOST_MIXED = 0.06  # of the different words of a page


def fault_of_text(characters: Sequence[str], unmapped: int = 0) -> str | None:
    """Return why the characters cannot be those printed on the page, or None if they look plausible.

    ``unmapped`` counts the glyphs that the font maps to no character. Vowels are 33 to 48 % of the letters in the Latin
    languages measured; in a text layer whose encoding is shifted by some letters they are under 20 %.
    """
    visible = [character for character in characters if not character.isspace()]
    if not visible:
        return None
    lost = sum(
        unicodedata.category(character) in ("Co", "Cn", "Cs", "Cc") or character == "\ufffd" for character in visible
    )
    if (lost + unmapped) / (len(visible) + unmapped) > 0.2:
        return "the font does not map its glyphs to characters"
    letters = [character for character in visible if character.isalpha() and character < "\u0250"]
    if len(letters) >= MIN_LETTERS:
        vowels = sum(unicodedata.normalize("NFD", character)[0].lower() in _VOWELS for character in letters)
        if vowels / len(letters) < 0.18:
            return "its letters do not form words"
        symbols = sum(unicodedata.category(c) in ("So", "Sk", "Sm", "Cf") for c in visible)
        if symbols / len(visible) > 0.25:
            return "it is mostly symbols"
    return None


def fault_of_recognised(words: Iterable[str]) -> str | None:
    """Return why the words that a scanner recognised cannot be that of the picture, or None if it looks plausible.

    Letters taken for others show as capitals inside words: `jeuHION` for NORMAL, of a page that was recognised upside
    down. On 38 scanned pages of advertising orders with a text layer, those whose layer had lost printed values had 8
    to 26 % of such words, the others up to 5 %, and what OCR here reads on the same pages up to 2 %. Names such as
    MwSt and GmbH are words like that too, so this says nothing about text that was never recognised.
    """
    different = {part for word in words for part in _WORD.findall(word)}
    mixed = sum(bool(_CAPITAL_INSIDE.search(word)) for word in different)
    if len(different) < MIN_WORDS or mixed <= MOST_MIXED * len(different):
        return None
    return "its words mix large and small letters"
