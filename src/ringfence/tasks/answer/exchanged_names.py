"""Two names that a claim puts in each other's place: A succeeded B, where B succeeded A."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...contracts import FoundPassage
from ...documents.sentences import sentences_of
from ..evidence import stem, without_accents
from ..names import LEGAL_FORMS, plain_name

__all__ = ["exchanged_names"]

LEAST_KNOWN = 0.8  # of a claim's longer words, that the sentence with the same verb has
LONGER = 5  # letters
_RUN = r"[^\W\d_a-zß-ÿ][\w'’&-]*(?:[ ](?:(?:of|the|von|van|de|du|del)[ ])?[^\W\d_a-zß-ÿ][\w'’&-]*)*"
_MONEY = r"(?:EUR|USD|GBP|CHF)"
_TOKEN = rf"[ ](?:[a-zß-ÿ][\w'’-]*|[$€£]?\d[\d.,]*%?|{_MONEY})"
_PAIR = re.compile(
    rf"(?<![\w'’&-])(?P<one>{_RUN})(?=(?P<between>(?:{_TOKEN}){{1,8}}?)[ ](?!{_MONEY}\b)(?P<other>{_RUN}))"
)
_FROM_TO = re.compile(
    rf"(?P<verb>\w+)[ ](?:from|de|da)[ ](?:the[ ])?(?P<one>{_RUN})[ ](?:to|into|à|a)[ ](?:the[ ])?(?P<other>{_RUN})"
)
_BY = re.compile(r"\b(?:by|par|por|da|dal|dalla|door)\b")
_AUXILIARY = re.compile(
    r"(?:is|are|was|were|be|been|being|has|have|had|will|would|may|must|shall|can|est|sont|été|a|ont|fut|es|son|fue|ha|"
    r"han|sido|è|sono|stat[oaie]|hanno|wordt|werd|heeft|also|then|later|first|again|only|which|who|that|soon|finally|"
    r"now|still|aussi|qui|que|che)\Z"
)
_IS = re.compile(r"\b(?:is|are|was|were|be|been|being|est|sont|été|fut|fue|sido|è|sono|stat[oaie]|wordt|werd)\b")
_LINK = re.compile(
    r"\b(?:to|for|from|at|in|of|on|under|over|against|into|à|de|pour|a|para|di|aan|voor)(?: (?:the|its|his|her))?\Z"
)
# What holds of two in either order.
_BOTH = re.compile(
    r"\b(?:and|or|with|et|ou|avec|y|e|con|en|met|meets?|marr\w+|merg\w+|shar\w+|border\w*|match\w*|agree\w*|equal\w*|same|"
    r"joint\w*|together|between|versus|fought|talk\w*|spoke\w*|near|next|beside|oppos\w+|similar\w*|differ\w*|"
    r"relat\w+|connect\w*|linked|touch\w*|neighbou?r\w*|including|such|like|as|than|not|never)\b"
)
_GERMAN = re.compile(
    r"\b(?:der|das|dem|im|zum|zur|vom|und|wird|wurden?|nicht|bei|nach|mit|für|auf|eine[mnrs]?|folgte|sich|seit|ab)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(r"(?:In|On|At|To|From|After|Before|For|By|With|Auf|Mit|Nach|Vor|Für|Von|Bei|An|À|En|Après|A|Con) ")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class _Deed:
    """Who does it to whom, by the names without their legal forms, and the verb and its preposition."""

    one: str
    other: str
    verb: str


def exchanged_names(claim: str, sources: Sequence[FoundPassage]) -> list[str]:
    """Return the pairs of names of a claim that its sources only have the other way round, with the same verb.

    A passive (*was acquired by*) turns a pair. Left alone are verbs that hold in either order (*met*), a claim with
    words that the sentence lacks, and German, in which an object may stand first (*Im Juli steigt der Beitrag*).
    """
    if _GERMAN.search(claim):
        return []
    known = [
        (deed, _longer(source.text[start:end]))
        for source in sources
        for start, end in sentences_of(source.text, 0, len(source.text))
        for deed in _deeds(source.text[start:end])
    ]
    words, found = _longer(claim), []
    for deed in _deeds(claim):
        pair = {deed.one, deed.other}
        alike = [(each, said) for each, said in known if {each.one, each.other} == pair and each.verb == deed.verb]
        if alike and all(
            each.one == deed.other and len(words & said) >= LEAST_KNOWN * len(words) for each, said in alike
        ):
            found.append(f"{deed.one} and {deed.other}, where the passage has them the other way round")
    return list(dict.fromkeys(found))


def _deeds(text: str) -> Iterator[_Deed]:
    text = " ".join(text.split())
    for match in _FROM_TO.finditer(text):
        yield _Deed(_name(match["one"]), _name(match["other"]), f"{_plain(match['verb'])} from to")
    for match in _PAIR.finditer(text):
        one, other, between = _name(match["one"]), _name(match["other"]), match["between"].strip()
        verb = next((word for word in between.split() if not _AUXILIARY.match(word)), "")
        passive = _BY.search(between) is not None
        if not verb or one == other or match["one"].endswith(("'s", "’s")) or _BOTH.search(between):
            continue
        if _LINK.match(verb) or _OPENS.match(match["one"]) or (_IS.search(between) and not passive):
            continue
        link = "" if passive else "".join(_LINK.findall(between))
        yield _Deed(*((other, one) if passive else (one, other)), f"{_plain(verb)} {link}")


def _plain(verb: str) -> str:
    """A verb without its ending."""
    return re.sub(r"(?<=\w{3})(?:ies|ied|es|ed|ing|s|d|t|e|y)\Z", "", without_accents(verb.casefold()))


def _name(run: str) -> str:
    words = [re.sub(r"'s?\Z", "", word) for word in plain_name(run).split()]
    return next((word for word in reversed(words) if word not in LEGAL_FORMS), run)


def _longer(text: str) -> frozenset[str]:
    return frozenset(
        stem(without_accents(word))
        for word in _WORD.findall(text)
        if len(word) >= LONGER and not _AUXILIARY.match(word)
    )
