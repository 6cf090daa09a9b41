"""How often the check of claims errs: on sentences of people with their own passage, and on false ones made of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contracts import FoundPassage
from ..corpus import CorpusView
from ..engines import Engine, Score
from ..files import add_line, read_lines
from ..inference.support import EMPTY, SupportCheck, support_of
from ..tasks import AnswerTask
from ..tasks.answer.claim_sentences import sentences_for
from ..tasks.answer.claims import Draft, code_faults
from .questions import GoldQuestion, overlap
from .statistics import Proportion

__all__ = ["CheckErrors", "Journal", "SupportPair", "check_pairs", "measure_check"]

MOST_QUESTIONS = 40
WHOLE = 0.95  # of a sentence's words, for a passage to contain it
OWN = "its own passage"
OTHER = "another passage"
CHANGED = "a number changed"
NEGATED = "negated"
_LAST_DIGIT = re.compile(r"\d(?!.*\d)")
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|could|will|would|may|must|should|does|do|did)\b(?:\s+not\b)?", re.IGNORECASE
)


@dataclass(frozen=True)
class SupportPair:
    """A claim and a passage. ``kind`` says how it was made; it is supported only if that is OWN."""

    kind: str
    question: GoldQuestion
    claim: str
    passage: FoundPassage


@dataclass(frozen=True)
class CheckErrors:
    """Of the pairs of one kind, how many pass the look-up by code, the check of meaning, and both."""

    kind: str
    code: Proportion
    meaning: Proportion
    both: Proportion

    @property
    def supported(self) -> bool:
        """True if passing is right."""
        return self.kind == OWN

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        shares = {name: value.as_json() for name, value in vars(self).items() if isinstance(value, Proportion)}
        return {"kind": self.kind, "supported": self.supported, **shares}


def check_pairs(view: CorpusView, questions: Sequence[GoldQuestion], most: int = MOST_QUESTIONS) -> list[SupportPair]:
    """Return pairs made of gold sentences that stand in a passage of the corpus; none where gold has no sentences."""
    own: list[tuple[GoldQuestion, str, FoundPassage]] = []
    for question in questions:
        if len(own) == most:
            break
        if question.answerable and question.sentences:
            places = [passage for passage in view.find(question.question, 20) if question.holds(passage)]
            stands = ((s, p) for s in question.sentences for p in places if overlap(s, p.text) >= WHOLE)
            if first := next(stands, None):
                own.append((question, *first))
    pairs = []
    for number, (question, sentence, passage) in enumerate(own):
        pairs += [SupportPair(kind, question, claim, passage) for kind, claim in _claims(sentence)]
        others = (other for _, _, other in own[number + 1 :] + own[:number] if other.document != passage.document)
        if other := next(others, None):
            pairs.append(SupportPair(OTHER, question, sentence, other))
    return pairs


def _claims(sentence: str) -> Iterator[tuple[str, str]]:
    yield OWN, sentence
    if number := _NUMBER.search(sentence):
        changed = _LAST_DIGIT.sub(lambda digit: str((int(digit.group()) + 3) % 10), number.group())
        yield CHANGED, sentence[: number.start()] + changed + sentence[number.end() :]
    if verb := _VERB.search(sentence):
        word = verb.group().split()[0]
        said = word if len(verb.group().split()) > 1 else f"{word} not"
        yield NEGATED, sentence[: verb.start()] + said + sentence[verb.end() :]


def measure_check(
    engine: Engine,
    task: AnswerTask,
    pairs: Sequence[SupportPair],
    journal: Journal | None = None,
    on_pair: Callable[[int, int], None] = lambda done, total: None,
) -> list[CheckErrors]:
    """Check every pair as answers are checked; returns the shares that pass, by kind of pair.

    With a ``journal`` an interrupted measurement goes on where it was. ``on_pair`` hears pairs done and all pairs.
    """
    supports = _supports(engine, pairs, journal, on_pair)
    rows: dict[str, list[tuple[bool, bool, str]]] = {}
    for pair, support in zip(pairs, supports, strict=True):
        if support is None:
            continue
        draft = Draft(pair.claim, (0,))
        code = not code_faults(draft, pair.question.question, [pair.passage], task.locale)
        rows.setdefault(pair.kind, []).append((code, support >= task.support, pair.question.id))
    found = []
    for kind in (OWN, CHANGED, NEGATED, OTHER):
        if members := rows.get(kind):
            families = [family for _, _, family in members]
            parts = ([c for c, _, _ in members], [m for _, m, _ in members], [c and m for c, m, _ in members])
            found.append(CheckErrors(kind, *(Proportion.of(part, families) for part in parts)))
    return found


def _supports(
    engine: Engine, pairs: Sequence[SupportPair], journal: Journal | None, on_pair: Callable[[int, int], None]
) -> list[float | None]:
    """The support of each pair; None for one that is longer than the engine takes."""
    found = [journal.kept.get(journal.key(pair)) if journal else None for pair in pairs]
    missing = [number for number, support in enumerate(found) if support is None]
    check = SupportCheck(engine)
    halves: dict[str, Score] = {}
    requests = (
        request
        for number in missing
        for pair in [pairs[number]]
        for request in check.requests(
            str(number), pair.question.question, pair.claim, sentences_for(pair.claim, [pair.passage])
        )
    )
    done = len(pairs) - len(missing)
    for score in engine.score(requests):
        name = score.id.removesuffix(EMPTY)
        other = halves.pop(name, None)
        if other is None:
            halves[name] = score
            continue
        with_place, without = (other, score) if score.id.endswith(EMPTY) else (score, other)
        if not (with_place.error or without.error):
            found[int(name)] = support = support_of(with_place.logprobs, without.logprobs)
            if journal:
                journal.add(pairs[int(name)], support)
        done += 1
        on_pair(done, len(pairs))
    return found


class Journal:
    """Supports that were measured under one lock, in a file of lines. It holds digests of the pairs, not their texts.

    ``lock`` is the digest of what determines them.
    """

    def __init__(self, path: Path, lock: str) -> None:
        self.path, self.lock = path, lock
        lines = read_lines(path) if path.exists() else ()
        self.kept: dict[str, float] = {line["pair"]: line["support"] for line in lines}

    def key(self, pair: SupportPair) -> str:
        """The name of a pair under the lock."""
        parts = [self.lock, pair.question.question, pair.claim, pair.passage.text]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()

    def add(self, pair: SupportPair, support: float) -> None:
        """Keep the support of a pair."""
        add_line(self.path, {"pair": self.key(pair), "support": support})
