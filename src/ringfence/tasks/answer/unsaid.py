"""Sentences about the passages as such: that they do not say something is true, but no claim, and may be a refusal."""

from __future__ import annotations

import re

__all__ = ["says_nothing"]

_ENGLISH = (
    r"(?:(?:the|these|this|those|given|provided|above) )+(?:passages?|texts?|context|excerpts?|documents?|sources?)"
)
_GERMAN = (
    r"(?:de[nrm]|die|diese[nrm]?|das) (?:vorliegenden |gegebenen |obigen )?"
    r"(?:passagen?|texte?[ns]?|dokumente?n?|auszügen?|quellen?)"
)
_FRENCH = r"(?:les|le|ces|ce|des) (?:passages?|textes?|documents?|extraits?)"
_SAY = r"(?:mention|stat|provid|specif|giv|includ|contain|indicat|disclos|answer|say|find|found|describ|discuss)\w*"
_SAYS_NOTHING = re.compile(
    "|".join(
        (
            rf"\b(?:not|never)(?: \w+)? {_SAY}(?: \w+)? (?:in|by|within|from) {_ENGLISH}\b",
            rf"\b{_ENGLISH} (?:do|does|did) not(?: \w+)? {_SAY}",
            rf"\bno (?:\w+ )?information\b[^.]{{0,60}}\b{_ENGLISH}\b",
            rf"\b{_ENGLISH} (?:contain|provide|give)s? no\b",
            rf"\b(?:in|aus|laut) {_GERMAN} (?:nicht|kein\w*)\b",
            rf"\b{_GERMAN} (?:enthalten|enthält|nennen|nennt|sagen|sagt) (?:\w+ )?(?:nicht|kein\w*)\b",
            rf"\bn['’](?:est|a|ont|sont) pas \w+ dans {_FRENCH}\b",
            rf"\b{_FRENCH} ne \w+ (?:pas|aucun\w*)\b",
        )
    ),
    re.IGNORECASE,
)


def says_nothing(sentence: str) -> bool:
    """Whether a sentence says that the passages do not say something."""
    return _SAYS_NOTHING.search(sentence) is not None
