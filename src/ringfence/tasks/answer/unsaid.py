"""Sentences about the passages as such: that they do not say something is true, but no claim, and may be a refusal."""

from __future__ import annotations

import re

__all__ = ["says_nothing"]

# What a document denies is a claim (The documents do not include drawings), so texts and documents have to be given.
_ENGLISH = (
    r"(?:(?:any of |none of |neither of )?(?:(?:the|these|this|those|given|provided|above|retrieved) )*"
    r"(?:passages?|excerpts?|context)|(?:(?:the|these|this) )?(?:given|provided|above) (?:texts?|documents?|sources?))"
)
_GERMAN = r"(?:de[nrm]|die) (?:vorliegenden |gegebenen |obigen )?(?:passagen?|textstellen?|auszüge?n?)"
_FRENCH = r"(?:les|ces|des) (?:passages|extraits)"
_SAY = r"(?:mention|stat|provid|specif|giv|includ|contain|indicat|disclos|answer|say|find|found|describ|discuss)\w*"
_NOT = r"(?:not|never|n['’]t)"
_SAYS_NOTHING = re.compile(
    "|".join(
        (
            rf"(?:\b|(?<=is|es|do))(?:{_NOT}|cannot be)(?: \w+)? {_SAY}(?: \w+)? (?:in|by|within|from) {_ENGLISH}\b",
            rf"\b{_ENGLISH} (?:(?:do|does|did)(?: not|n['’]t)|never|cannot)(?: \w+)? {_SAY}",
            rf"\b(?:none|neither) of {_ENGLISH} {_SAY}",
            rf"\bno (?:\w+ )?information\b[^.]{{0,60}}\b{_ENGLISH}\b",
            rf"\b{_ENGLISH} (?:contain|provide|give)s? no\b",
            rf"\b(?:in|aus|laut) {_GERMAN} (?:\w+ ){{0,4}}(?:nicht|kein\w*)\b",
            rf"\b{_GERMAN} (?:enthalten|nennen|sagen|erwähnen) (?:\w+ ){{0,3}}(?:nicht|kein\w*)\b",
            rf"\bn['’](?:est|a|ont|sont) pas \w+ dans {_FRENCH}\b",
            rf"\b{_FRENCH} ne \w+ (?:pas|aucun\w*)\b",
        )
    ),
    re.IGNORECASE,
)
# Then a sentence says something as well.
_SAYS_MORE = re.compile(
    r";|\d|\b(?:but|while|whereas|although|though|however|if|when|unless|aber|jedoch|sondern|während|wenn|obwohl|mais|si)\b",
    re.IGNORECASE,
)


def says_nothing(sentence: str) -> bool:
    """Whether all that a sentence says is that the passages do not say something."""
    return _SAYS_NOTHING.search(sentence) is not None and not _SAYS_MORE.search(sentence)
