"""Write names as the document prints them, where a written one differs from a name of the document by its letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from .names import names_in, nouns_have_capitals

__all__ = ["PrintedNames"]

SHORTEST = 5  # letters of a name that may differ by one letter
LONG = 8  # letters of a name that may differ by two
_WORD = re.compile(r"(?<!\w)[^\W\d_]{2,}(?!\w)")
_OPENER = re.compile(r"(?:^|[.!?]\s+)([^\W\d_]{2,})(?!\w)")


class PrintedNames:
    """The names of a document by their letters, with the forms that it prints.

    A word that the document also writes small is no name.
    """

    def __init__(self, text: str) -> None:
        self._nouns = nouns_have_capitals(text)
        self._words = set(_WORD.findall(text))
        self._known = {word.casefold() for word in self._words}
        self._forms: dict[str, Counter[str]] = {}
        for start, end in names_in(text, self._nouns):
            for word in _WORD.findall(text[start:end]):
                if word[0].isupper() and word.lower() not in self._words:
                    self._forms.setdefault(word.casefold(), Counter())[word] += 1

    def mend(self, text: str) -> tuple[str, list[tuple[str, str]]]:
        """Return ``text`` with names as printed, and each change as (written, printed)."""
        changes = []
        for start, end in sorted(set(self._written(text)), reverse=True):
            word = text[start:end]
            printed = self._printed(word)
            if printed and printed != word:
                changes.append((word, printed))
                text = text[:start] + printed + text[end:]
        return text, list(dict.fromkeys(reversed(changes)))

    def _written(self, text: str) -> Iterator[tuple[int, int]]:
        """The words of names, and the first words of sentences in a language where a capital means a name."""
        for start, end in names_in(text, self._nouns):
            for match in _WORD.finditer(text, start, end):
                if match.group()[0].isupper():
                    yield match.span()
        if not self._nouns:
            yield from (match.span(1) for match in _OPENER.finditer(text) if match.group(1)[0].isupper())

    def _printed(self, word: str) -> str | None:
        """The document's own form of a name; None if it has the word as written, or no name or several so near."""
        letters = word.casefold()
        if word in self._words or word.lower() in self._words:
            return None
        if letters not in self._forms:
            if letters in self._known or len(letters) < SHORTEST:
                return None
            near = {name: _distance(letters, name) for name in self._forms if _alike(letters, name)}
            least = min(near.values(), default=9)
            nearest = [name for name, distance in near.items() if distance == least]
            if least > (2 if len(letters) >= LONG else 1) or len(nearest) > 1:
                return None
            letters = nearest[0]
        forms = self._forms[letters]
        return max(sorted(forms), key=lambda form: (forms[form], form.istitle() == word.istitle()))


def _alike(left: str, right: str) -> bool:
    """True if two words may be one name: the same first letter, like lengths, and not one with an ending (Berlins)."""
    ending = left.startswith(right) or right.startswith(left)
    return left[0] == right[0] and abs(len(left) - len(right)) <= 2 and not ending


def _distance(left: str, right: str) -> int:
    """The number of letters to add, leave out or change (Levenshtein 1966)."""
    row = list(range(len(right) + 1))
    for place, letter in enumerate(left, 1):
        before, row = row, [place]
        for column, other in enumerate(right, 1):
            row.append(min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != other)))
    return row[-1]
