"""Whether a claim states as a fact what its source only holds to be possible."""

from __future__ import annotations

import re

from ...documents.sentences import sentences_of
from ..evidence import stem

__all__ = ["certainty_faults"]

# Only with verbs of what happens, and of no person: a tenant who may sublet, or reduce his rent, has a right to.
_HAPPENS = (
    r"increase|decrease|reduce|rise|fall|lead|result|cause|affect|impact|harm|delay|postpone|prevent|lose|fail|exceed|decline|"
    r"disrupt|damage|suffer|incur|become|occur|happen|impair|hurt|trigger|worsen|deteriorate"
)
_PERSON = (
    r"(?:lessee|lessor|lender|borrower|tenant|landlord|supplier|buyer|seller|licensee|licensor|customer|contractor|party|"
    r"parties|pilot|user|employee|employer|member|director|court|you|we|he|she|they|who|[A-Z]\w+)"
)
_POSSIBLE = re.compile(
    rf"(?<!\w)(?!{_PERSON} (?:may|might|could)\b)\w+ (?P<modal>may|might|could)(?:,[^,.;]{{1,40}},)?"
    rf"(?: (?:also|then|even|\w+ly|\w+ly and))* (?:{_HAPPENS})\b|"
    r"\b(?:[Ii]t is possible that|[Pp]ossibly|[Pp]erhaps|könnten?|dürften?|[Mm]öglicherweise|[Vv]ielleicht|"
    r"pourrai(?:t|ent)|[Pp]eut-être|podrían?|[Qq]uizás?|potrebbe(?:ro)?|[Ff]orse|zou(?:den)? kunnen|[Mm]isschien)\b"
)
# What says of itself that it is open.
_OPEN = re.compile(
    r"\b(?:can|cannot|may|might|could|would|should|will|possib\w+|perhaps|potential\w*|risks?|uncertain\w*|likely|expect\w*|"
    r"anticipat\w*|must|able|ability|könn\w+|kann|darf|dürf\w+|soll\w*|möglich\w*|vielleicht|risik\w+|peu\w+|pourr\w+|"
    r"risque\w*|possible\w*|pued\w+|podr\w+|posib\w+|riesgos?|può|possono|potr\w+|forse|rischi\w*|kunnen|kan|mag|"
    r"mogelijk\w*|misschien|risico\w*)\b",
    re.I,
)
_WORD = re.compile(r"[^\W\d_]{4,}")
SHARE = 0.6  # of the words of a claim, or of a sentence in the other, that make the sentence its source
LEAST = 4  # words of which that can be said


def certainty_faults(claim: str, said: str) -> list[str]:
    """The fault of a claim without *may* whose words stand in a sentence with it, and in no other one as well."""
    words = {stem(word) for word in _WORD.findall(claim.casefold())}
    if len(words) < LEAST or _OPEN.search(claim):
        return []
    shares: list[tuple[float, str]] = []
    for start, end in sentences_of(said, 0, len(said)):
        own = {stem(word) for word in _WORD.findall(said[start:end].casefold())}
        shorter = min(len(own), len(words))
        shares.append((len(words & own) / shorter if shorter >= LEAST else 0.0, said[start:end]))
    best = max((share for share, _ in shares), default=0.0)
    if best < SHARE:
        return []
    nearest = [sentence for share, sentence in shares if share >= best - 1 / len(words)]
    possible = [found for sentence in nearest if (found := _POSSIBLE.search(sentence))]
    if len(possible) < len(nearest):
        return []
    return [f"certainty: {possible[0]['modal'] or possible[0].group()}"]
