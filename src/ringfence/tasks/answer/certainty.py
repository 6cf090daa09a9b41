"""Whether a claim states as a fact what its source only holds to be possible."""

from __future__ import annotations

import re

from ...documents.sentences import sentences_of
from ..evidence import stem

__all__ = ["certainty_faults"]

_POSSIBLE = re.compile(
    r"\b(?:may|might|could|possibly|perhaps|könnten?|dürften?|möglicherweise|vielleicht|pourrai(?:t|ent)|peut-être|"
    r"podrían?|quizás?|potrebbe(?:ro)?|forse|zou(?:den)? kunnen|misschien)\b"  # the month and names have a capital
    r"(?! (?:also )?be (?:found|seen|called|known|used|made|divided|described|defined)\b)"  # as good as: is found
)
# What says of itself that it is open, or that somebody has a right: the tenant may sublet, so he is allowed to.
_OPEN = re.compile(
    r"\b(?:can|cannot|may|might|could|would|should|will|possib\w+|perhaps|potential\w*|risks?|uncertain\w*|likely|expect\w*|"
    r"anticipat\w*|allow\w*|permitted|permission|rights?|entitle\w*|options?|optional|authori\w+|forb\w+|prohibit\w*|able|ability|"
    r"könn\w+|kann|darf|dürf\w+|soll\w*|möglich\w*|vielleicht|risik\w+|recht\w*|erlaub\w*|peu\w+|pourr\w+|risque\w*|"
    r"possible\w*|droit\w*|pued\w+|podr\w+|posib\w+|riesgos?|può|possono|potr\w+|forse|rischi\w*|kunnen|kan|mag|"
    r"mogen|mogelijk\w*|misschien|risico\w*)\b",
    re.I,
)
_WORD = re.compile(r"[^\W\d_]{4,}")
_VERB = re.compile(r" (?:(?:not|also|be|have|been|then|even|\w+ly) )*([^\W\d_]+)")
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
    possible = [found for sentence in nearest if (found := _POSSIBLE.search(sentence)) and _is_said(found, words)]
    return [f"certainty: {possible[0].group()}"] if len(possible) == len(nearest) else []


def _is_said(possible: re.Match[str], words: set[str]) -> bool:
    """True if the claim has the verb that *may* stands before; in languages whose verb comes last, it always may."""
    verb = _VERB.match(possible.string, possible.end())
    return possible.group() not in ("may", "might", "could") or (verb is not None and stem(verb[1]) in words)
