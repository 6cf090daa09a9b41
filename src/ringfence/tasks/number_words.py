"""Numbers in words: three, twenty-four, vierundzwanzig, quatre-vingts; found in the language that a text is most in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from text_to_num import text2num

__all__ = ["language_of_numbers", "number_words"]

_ATOMS = {
    "en": r"zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand",
    "de": r"(?:ein|zwei|drei|vier|fünf|sech|sieb|acht|neun|zehn|elf|zwölf|zwanzig|dreißig|dreissig|hundert|tausend)"
    r"(?:ein|und|zwei|drei|vier|fünf|sechs?|sieben|sieb|acht|neun|zehn|elf|zwölf|zwanzig|ßig|ssig|zig|hundert|tausend|s|en)*",
    "fr": r"zéro|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente|"
    r"quarante|cinquante|soixante|cents?|mille",
    "es": r"cero|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|dieci\w+|veint\w+|"
    r"treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cien|ciento|mil",
    "it": r"zero|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|undici|dodici|tredici|quattordici|quindici|sedici|"
    r"diciassette|diciotto|diciannove|vent\w*|trent\w*|quarant\w*|cinquant\w*|sessant\w*|cento|mille",
    "nl": r"nul|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf|dertien|veertien|vijftien|zestien|zeventien|"
    r"achttien|negentien|twintig|dertig|veertig|vijftig|zestig|honderd|duizend",
}
_TELLING = {
    "en": r"the|of|and|is|was|are|to|by",
    "de": r"der|die|das|und|ist|den|dem|von|mit|für|beträgt|es|ein",
    "nl": r"het|een|van|en|is|voor|de",
    "fr": r"le|la|les|des|est|et|du|une|pour|que",
    "es": r"el|los|las|y|es|del|una|por|que|la",
    "it": r"il|che|di|è|della|gli|per|una|la",
}


@cache
def _runs(language: str) -> re.Pattern[str]:
    atom = _ATOMS[language]
    return re.compile(rf"(?<![\w-])(?:{atom})(?:(?:[ -]|[ ](?:and|und|et|y|e)[ ])(?:{atom}))*(?![\w])", re.I)


def language_of_numbers(text: str) -> str:
    """The language, of those whose number words are known, that a text is most in: en, de, fr, es, it or nl."""
    sample = text[:5000]
    counts = {name: len(re.findall(rf"\b(?:{words})\b", sample, re.I)) for name, words in _TELLING.items()}
    return max(counts, key=lambda name: (counts[name], name == "en"))


def number_words(text: str) -> Iterator[tuple[int, int, str]]:
    """The numbers in words of a text: start, end, and the digits."""
    language = language_of_numbers(text)
    for match in _runs(language).finditer(text):
        if (number := _number(match.group().lower(), language)) is not None:
            yield match.start(), match.end(), number


@cache
def _number(words: str, language: str) -> str | None:
    try:
        return str(text2num(words, language))
    except (ValueError, OverflowError):
        return None
