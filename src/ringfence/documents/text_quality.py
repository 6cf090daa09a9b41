"""Is a text layer worth having? Scanners and broken fonts leave layers that are not the words on the page."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["fault_of_text"]

_VOWELS = set("aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýœ")
LEAST_LETTERS = 60  # fewer say nothing about a page


def fault_of_text(characters: Sequence[str], unmapped: int = 0) -> str | None:
    """Why the characters of a page cannot be what is printed on it; None where nothing speaks against them.

    ``unmapped`` counts glyphs for which the font names no character. Latin text has vowels: 33 to 48 % of its letters
    in the languages measured here; an encoding that is shifted by some letters has under 20 %.
    """
    visible = [character for character in characters if not character.isspace()]
    if not visible:
        return None
    lost = sum(
        unicodedata.category(character) in ("Co", "Cn", "Cs", "Cc") or character == "\ufffd" for character in visible
    )
    if (lost + unmapped) / (len(visible) + unmapped) > 0.2:
        return "the font does not say which characters it draws"
    letters = [character for character in visible if character.isalpha() and character < "\u0250"]
    if len(letters) >= LEAST_LETTERS:
        vowels = sum(unicodedata.normalize("NFD", character)[0].lower() in _VOWELS for character in letters)
        if vowels / len(letters) < 0.18:
            return "its letters form no words"
        odd = sum(unicodedata.category(c) in ("So", "Sk", "Sm", "Cf") for c in visible)
        if odd / len(visible) > 0.25:
            return "it is mostly signs"
    return None
