"""The names in a text, and whether another text has them, in another order or form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .evidence import without_accents

__all__ = ["LEGAL_FORMS", "NameSource", "names_in", "nouns_have_capitals", "plain_name"]

_NAME = re.compile(r"\b[^\W\d_][\w'’&.-]*")
_JOINTS = {"of", "the", "and", "for", "von", "van", "de", "der", "du", "la", "le", "del"}
# Words that begin a sentence and are not part of the name after them.
_OPENERS = frozenset(
    """
    A According After All Also Although An And As At Because Before Between Both But By Did Does During Each Every
    Finally For From He Her Here His However If In Is It Its Later My Neither Next No Now On One Only Open Our Overall
    Per See She Since So Some That The Their Then There These They This Those Though Thus To Today Together Under Until
    Was We Were When Where Which While Who With Yesterday You Ab Alle Am Auch Auf Bei Beim Das Dann Dem Den Der Des
    Die Diese Dieser Ein Eine Einem Einen Einer Er Es Für Im Laut Mit Nach Nur Seit Sie Um Und Vom Von Vor
    Wenn Wir Zu Zum Zur Au Aux Avec Ce Cette Dans De Elle En Et Il Ils La Le Les Nous Par Pour Selon Sur Un Une
    """.split()  # noqa: SIM905 - a list of strings would take a line for each
)
_TITLES = frozenset({"Dr.", "Mr.", "Mrs.", "Ms.", "St.", "Prof.", "Hr.", "Fr.", "Mme.", "Jr.", "Sr."})
_TITLE_WORDS = frozenset("dr mr mrs ms prof professor herr herrn frau hr fr mme mlle monsieur madame m sir".split())  # noqa: SIM905
_MEN = frozenset("mr herr herrn hr monsieur".split())  # noqa: SIM905
_WOMEN = frozenset("mrs ms frau mme mlle madame".split())  # noqa: SIM905
_FORMS = {
    "limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co", "gesellschaft": "ges",
    "article": "art", "articles": "art", "artikel": "art", "section": "sec", "sections": "sec", "paragraph": "para",
    "number": "no", "figure": "fig", "chapter": "ch", "saint": "st", "sankt": "st", "january": "jan", "february": "feb",
    "march": "mar", "april": "apr", "june": "jun", "july": "jul", "august": "aug", "september": "sep", "sept": "sep",
    "october": "oct", "november": "nov", "december": "dec",
}  # fmt: skip
LEGAL_FORMS = frozenset("ltd inc corp co llc plc gmbh ag sa bv nv spa srl sarl kg se".split())  # noqa: SIM905
# Words with a capital that say what somebody or something is, in front of its name.
_ROLES = frozenset(
    """
    ceo cfo cto coo chairman chairwoman chair president director directors minister mayor judge senator secretary
    manager treasurer counsel professor tenant landlord lessee lessor buyer seller purchaser vendor supplier customer
    employer employee borrower lender licensor licensee contractor board committee shareholders section article clause
    item chapter part model version figure table note exhibit schedule appendix annex rent city mieter vermieter
    käufer verkäufer geschäftsführer geschäftsführerin vorstand bürgermeister bürgermeisterin direktor präsident
    directeur président
    """.split()  # noqa: SIM905
)
NOUNS_HAVE_CAPITALS = 0.25  # of the words inside sentences; above this the language is one like German


@dataclass(frozen=True)
class NameSource:
    """A text in which names are looked up: by their words, whatever their letter case, accents, dots and hyphens."""

    text: str

    def has(self, name: str) -> bool:
        """True if the text has the name, or all names that "and", "of" and the like join in it."""
        if self._is_of_other_title(name):
            return False
        if self._has_run(name):
            return True
        parts = re.split(rf"\s(?:{'|'.join(sorted(_JOINTS))})\s|['’]s?\s", name)
        return all(self._has_part(part) for part in parts if part.lower() not in _JOINTS)

    def _is_of_other_title(self, name: str) -> bool:
        """True if a man's title stands here before a name that the text has with a woman's only, or the reverse."""
        title, _, rest = plain_name(name).partition(" ")
        own, other = (
            (_MEN, _WOMEN) if title in _MEN else (_WOMEN, _MEN) if title in _WOMEN else (frozenset(), frozenset())
        )
        if not own or not rest:
            return False
        found = re.findall(rf"(?<!\w)((?:\w+ ){{0,2}}){re.escape(rest.split()[-1])}(?!\w)", self._words)
        titles = {word for before in found for word in before.split()}
        return bool(titles & other) and not titles & own

    def _has_part(self, part: str) -> bool:
        words = [word for word in plain_name(part).split() if word not in _TITLE_WORDS]
        while len(words) > 1 and words[0] in _ROLES:
            if not self._has_run(words.pop(0)):
                return False
        return not words or self._has_run(" ".join(words))

    def _has_run(self, name: str) -> bool:
        plain = plain_name(name)
        forms = {plain, re.sub(r"'s?$", "", plain), re.sub(r"(?<=\w{3})s$", "", plain), f"{plain}s"}
        if any(re.search(rf"(?<!\w){re.escape(form)}(?![^\W\d_]|(?<=\d)\d)", self._words) for form in forms if form):
            return True
        if re.fullmatch(r"[A-Z]{2,6}", name.replace(".", "")):
            return any(initials.endswith(name.replace(".", "")) for initials in self._acronyms)
        if re.search(r"\d", name):
            return re.search(re.escape(re.sub(r"\W", "", plain)) + r"(?!\d)", self._squashed) is not None
        words = plain.split()
        if len(words) < 2 or not re.fullmatch(r"[\w' ]+", plain):
            return False
        # German adjectives are inflected: of the Deutsche Bank is der Deutschen Bank.
        inflected = " ".join(
            [
                *(re.sub(r"(?<=\w{3})e[nmrs]?$", "e[nmrs]?", re.escape(word)) for word in words[:-1]),
                re.escape(words[-1]),
            ]
        )
        if re.search(rf"(?<!\w){inflected}(?!\w)", self._words):
            return True
        # John Smith is John A. Smith, J. Smith, and Smith, John; Acme Inc is Acme, Inc.
        first = rf"{re.escape(words[0])}\w*" if len(words[0]) == 1 else rf"(?:{re.escape(words[0])}|{words[0][0]})"
        loose = r"(?: \w)? ".join([first, *map(re.escape, words[1:])])
        turned = rf"{re.escape(words[-1])} {' '.join(map(re.escape, words[:-1]))}"
        reverse = words[-1] not in LEGAL_FORMS and f"{words[-1]}, {' '.join(words[:-1])}" in self._commas
        return re.search(rf"(?<!\w){loose}(?!\w)", self._words) is not None or (
            reverse and re.search(rf"(?<!\w){turned}(?!\w)", self._words) is not None
        )

    @cached_property
    def _words(self) -> str:
        return plain_name(self.text)

    @cached_property
    def _commas(self) -> str:
        return " ".join(unicodedata.normalize("NFC", self.text).casefold().split())

    @cached_property
    def _squashed(self) -> str:
        return re.sub(r"\W", "", self._words)

    @cached_property
    def _acronyms(self) -> set[str]:
        runs = re.findall(r"\b[A-Z][\w-]+(?:[ ](?:(?:of|and|the|for)[ ])?[A-Z][\w-]+)+", self.text)
        initials = {"".join(word[0] for word in run.split() if word[0].isupper()) for run in runs}
        return initials | {found.replace(".", "") for found in re.findall(r"\b(?:[A-Z]\.){2,}", self.text)}


def plain_name(text: str) -> str:
    """Return words in small letters without accents, dots, commas and hyphens, and legal forms in their short form."""
    text = re.sub(r"\u00ad|[-‑]\n(?=[a-zß-ÿ])", "", text)
    bare = without_accents(text.replace("’", "'").casefold())
    bare = re.sub(r"([aou])e", r"\1", bare.replace("ø", "o").replace("ł", "l"))  # Mueller is Müller
    bare = re.sub(r"strasse\b", "str", bare)
    words = re.sub(r"\.(?=\w)|[.,;()\"]", lambda dot: "" if dot.group() == "." else " ", bare)
    return " ".join(_FORMS.get(word, word) for word in re.sub(r"[-‑–]", " ", words).split())


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
