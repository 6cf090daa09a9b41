"""Compare a stored answer with its replay: IDENTICAL, SAME TEXT, SAME VALUES, NEAR-TIE or CHANGED."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from ..contracts import FieldAnswer, Result, TraceLine

__all__ = [
    "NEAR_TIE",
    "OutcomeWord",
    "RecordedAnswers",
    "ReplayOutcome",
    "ScoreAlternatives",
    "compare_results",
    "distance_of_crossing",
]

NEAR_TIE = 0.1  # nats between the two best tokens; the composition of a batch moves log-probabilities by less
OutcomeWord = Literal["IDENTICAL", "SAME TEXT", "SAME VALUES", "NEAR-TIE", "CHANGED", "NOT REPLAYED"]
"""SAME TEXT: the engine told no tokens, but the same text. SAME VALUES: nothing but the values could be compared."""
ScoreAlternatives = Callable[[str, int, Sequence[int], int, int], tuple[float, str]]
"""(request, look, tokens before, stored token, replayed token) -> the margin between the two tokens, and the method."""
RecordedAnswers = Mapping[str, Sequence[TraceLine]]
"""The engine's answers about one document by request, in order."""


@dataclass(frozen=True)
class ReplayOutcome:
    """The outcome of a replay for one document.

    ``request`` and ``token`` (its index in the answer) name the place where the answers diverge. ``margin`` is the
    distance of the two alternatives in nats. ``method`` is `bound` (log p - log(1-p) of the stored token alone is over
    the threshold), `scored` (the engine scored both alternatives again), `not known` (the engine cannot score, which
    counts as CHANGED), or `bound of a flag` (the answers do not diverge, but a token crossed the bound of a flag).
    ``fields`` are the fields whose value differs. ``drift`` is the largest change of a log-probability.
    """

    document: str
    word: OutcomeWord
    why: str = ""
    request: str | None = None
    token: int | None = None
    margin: float | None = None
    method: str | None = None
    fields: tuple[str, ...] = ()
    drift: float = 0.0

    @property
    def same(self) -> bool:
        """True if nothing that could be compared differs."""
        return self.word in ("IDENTICAL", "SAME TEXT", "SAME VALUES")

    def as_json(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


class _Split(NamedTuple):
    """The first answer of the engine that differs; None for a run that did not make the request."""

    request: str
    look: int
    stored: TraceLine | None
    replayed: TraceLine | None


def margin_bound(logprob: float) -> float:
    """Return the smallest possible lead of a token with this log-probability over the next best token.

    In the worst case, one token has all the remaining probability.
    """
    rest = -math.expm1(logprob)
    return math.inf if rest <= 0 else logprob - math.log(rest)


def compare_results(
    stored: Result,
    replayed: Result,
    stored_answers: RecordedAnswers,
    replayed_answers: RecordedAnswers,
    alternatives: ScoreAlternatives,
    threshold: float = NEAR_TIE,
) -> ReplayOutcome:
    """Compare two results of one document, using the engine's answers behind each."""
    name = stored.document.id
    fields = differing_fields(stored, replayed)
    same = not fields and _same_answer(stored, replayed)
    if not stored_answers and not same:
        return ReplayOutcome(name, "CHANGED", "it differs, and the run has no trace of the engine", fields=fields)
    split = _first_split(stored_answers, replayed_answers, same) if stored_answers else None
    drift = _drift(stored_answers, replayed_answers)
    if split is None and _told(stored_answers) != _told(replayed_answers) and stored_answers:
        return ReplayOutcome(name, "CHANGED", "the runs do not tell log-probabilities of the same tokens", drift=drift)
    if split is None:
        if same:
            word, why = _sameness(stored_answers, replayed_answers)
            return ReplayOutcome(name, word, why, drift=drift)
        why = "the engine gave the same answers, but they were parsed into other values"
        return ReplayOutcome(name, "CHANGED", why, fields=fields)
    facts: dict[str, Any] = {"request": _readable(split.request, name), "fields": fields, "drift": drift}
    return _outcome_of_split(name, split, alternatives, threshold, facts)


def _sameness(stored: RecordedAnswers, replayed: RecordedAnswers) -> tuple[OutcomeWord, str]:
    """Return how far equal results are known to be the same, and why no further."""
    if not stored and replayed:
        return "SAME VALUES", "the run has no trace of the engine"
    told = [line for answers in (stored, replayed) for lines in answers.values() for line in lines]
    silent = [line for line in told if not line.tells_tokens]
    if not silent:
        return "IDENTICAL", ""
    if all(line.text for line in silent):
        return "SAME TEXT", "the engine tells no tokens; the digest of its text was compared"
    return "SAME VALUES", "the engine tells no tokens, and the run stored no digest of its text"


def _outcome_of_split(
    name: str, split: _Split, alternatives: ScoreAlternatives, threshold: float, facts: Mapping[str, Any]
) -> ReplayOutcome:
    stored, replayed = split.stored, split.replayed
    if stored is None or replayed is None:
        return ReplayOutcome(name, "CHANGED", "only one of the runs made this request", **facts)
    if stored.prompt != replayed.prompt:
        return ReplayOutcome(name, "CHANGED", "the prompts differ", **facts)
    if stored.error or replayed.error:
        return ReplayOutcome(name, "CHANGED", str(replayed.error or stored.error), **facts)
    if stored.scores and replayed.scores and len(stored.scores) == len(replayed.scores):
        return _outcome_of_scores(name, stored.scores, replayed.scores, threshold, facts)
    stored_tokens, replayed_tokens = stored.tokens or [], replayed.tokens or []
    if not (stored.tells_tokens and replayed.tells_tokens):
        return ReplayOutcome(name, "CHANGED", "the engine's text differs; it tells no tokens", **facts)
    place = _common_length(stored_tokens, replayed_tokens)
    if place >= min(len(stored_tokens), len(replayed_tokens)):
        return ReplayOutcome(name, "CHANGED", "one answer ends before the other", token=place, **facts)
    told = stored.logprobs or []
    if place < len(told) and (margin := margin_bound(told[place])) > threshold:
        method = "bound"
    else:
        margin, method = alternatives(
            split.request, split.look, stored_tokens[:place], stored_tokens[place], replayed_tokens[place]
        )
        if method == "not known":
            why = f"token {place + 1} differs; this engine cannot score, so the margin is not known"
            return ReplayOutcome(name, "CHANGED", why, token=place, method=method, **facts)
    word: OutcomeWord = "NEAR-TIE" if margin <= threshold else "CHANGED"
    why = f"token {place + 1} differs; the stored one led by {'at least ' if method == 'bound' else ''}{margin:.3f}"
    return ReplayOutcome(name, word, why, token=place, margin=round(margin, 4), method=method, **facts)


def _same_answer(stored: Result, replayed: Result) -> bool:
    """Return whether two results agree apart from their fields; an empty part equals a missing one."""
    left, right = (
        (
            result.status,
            result.values,
            result.checks or None,
            result.rows or None,
            result.unsupported or None,
            result.left_out or None,
            (result.reason or "").partition(":")[0],  # the kind of failure or abstention, without an engine's message
        )
        for result in (stored, replayed)
    )
    return left == right


def differing_fields(stored: Result, replayed: Result) -> tuple[str, ...]:
    """Return the paths whose value or place differs."""
    left, right = stored.fields or {}, replayed.fields or {}
    paths = [path for path in {**left, **right} if _evidence(left.get(path)) != _evidence(right.get(path))]
    if not paths and stored.values != replayed.values:
        values, again = stored.values or {}, replayed.values or {}
        paths = [name for name in {**values, **again} if values.get(name) != again.get(name)]
    return tuple(paths)


def _evidence(answer: FieldAnswer | None) -> Any:
    return answer and (answer.raw, answer.spans, answer.kind, answer.address)


def _first_split(stored: RecordedAnswers, replayed: RecordedAnswers, same: bool) -> _Split | None:
    """Return the first answer of the engine that differs, in the order of the stored run's requests."""
    order = sorted(
        {
            (request, look)
            for answers in (stored, replayed)
            for request in answers
            for look in range(len(answers[request]))
        },
        key=lambda place: (stored.get(place[0]) or replayed[place[0]])[0].n + place[1] / 1000,
    )
    for request, look in order:
        left, right = (
            answers[request][look] if look < len(answers.get(request, ())) else None for answers in (stored, replayed)
        )
        if left is None or right is None:
            return _Split(request, look, left, right)
        if (left.prompt, left.tokens, left.error) != (right.prompt, right.tokens, right.error):
            return _Split(request, look, left, right)
        if left.text and right.text and left.text != right.text:
            return _Split(request, look, left, right)
        if not same and left.scores != right.scores:
            return _Split(request, look, left, right)
    return None


def _outcome_of_scores(
    name: str, stored: Sequence[float], replayed: Sequence[float], threshold: float, facts: Mapping[str, Any]
) -> ReplayOutcome:
    """Compare scores of labels or of sentences.

    The margin is the stored lead of the stored winner over the replay's winner. If both have the same winner, it is the
    largest change of a score, because a threshold of the task may lie between the two scores.
    """
    winner, replay_winner = (max(range(len(scores)), key=scores.__getitem__) for scores in (stored, replayed))
    moved = max(abs(before - after) for before, after in zip(stored, replayed, strict=True))
    margin = stored[winner] - stored[replay_winner] if winner != replay_winner else moved
    word: OutcomeWord = "NEAR-TIE" if margin <= threshold else "CHANGED"
    why = f"the scores differ by up to {moved:.3f}" + (
        f"; the stored winner led the replayed one by {margin:.3f}"
        if winner != replay_winner
        else "; the winner is the same"
    )
    return ReplayOutcome(name, word, why, margin=round(margin, 4), method="scored", **facts)


def _common_length(left: Sequence[int], right: Sequence[int]) -> int:
    """Return the length of the common beginning of two answers, in tokens."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(left), len(right)))


def _told(answers: RecordedAnswers) -> dict[tuple[str, int], int]:
    """Return how many log-probabilities each answer tells."""
    return {
        (request, look): len(line.logprobs or line.scores or ())
        for request, lines in answers.items()
        for look, line in enumerate(lines)
    }


def _drift(stored: RecordedAnswers, replayed: RecordedAnswers) -> float:
    """Return the largest change of a log-probability over the tokens and scores that both runs share."""
    shared = [*_shared_tokens(stored, replayed), *_shared_scores(stored, replayed)]
    return round(max((abs(a - b) for a, b in shared if max(a, b) > -12), default=0.0), 5)


def distance_of_crossing(stored: RecordedAnswers, replayed: RecordedAnswers, bound: float) -> float | None:
    """How far a stored token is from a bound that its replay crossed, in nats; the nearest one, None without any."""
    crossings = [abs(a - bound) for a, b in _shared_tokens(stored, replayed) if (a < bound) != (b < bound)]
    return min(crossings, default=None)


def _shared_tokens(stored: RecordedAnswers, replayed: RecordedAnswers) -> Iterator[tuple[float, float]]:
    """The log-probabilities of the tokens that both runs have after the same prompts."""
    for left, right in _shared_lines(stored, replayed):
        if left.tokens is not None and right.tokens is not None:
            size = _common_length(left.tokens, right.tokens)
            yield from zip((left.logprobs or [])[:size], (right.logprobs or [])[:size], strict=False)


def _shared_scores(stored: RecordedAnswers, replayed: RecordedAnswers) -> Iterator[tuple[float, float]]:
    """The scores that both runs have after the same prompts."""
    for left, right in _shared_lines(stored, replayed):
        if left.tokens is None or right.tokens is None:
            yield from zip(left.scores or (), right.scores or (), strict=False)


def _shared_lines(stored: RecordedAnswers, replayed: RecordedAnswers) -> Iterator[tuple[TraceLine, TraceLine]]:
    for request in set(stored) & set(replayed):
        for left, right in zip(stored[request], replayed[request], strict=False):
            if left.prompt != right.prompt:
                break
            yield left, right


def _readable(request: str, document: str) -> str:
    return request.removeprefix(document).lstrip("\0") or "the answer"
