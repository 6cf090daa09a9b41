"""How good answers from a corpus are: right, wrong, refused, unsupported; judged by gold, never by a model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..contracts import Claim, Result
from .questions import GoldQuestion, overlap, slices_of_questions, words_of
from .statistics import Proportion

__all__ = ["AnswerScores", "Judged", "judge_answer", "score_answers"]

Outcome = Literal["right", "wrong", "refused", "failed"]
SHORT = 6  # words; a gold answer up to this long must stand in the answer as a whole
PRECISION = 0.6  # of an answer's words beyond the question, for it to be a part of a longer gold answer
LEAST_OWN = 3  # such words
RECALL = 0.5  # of the words of a longer gold answer
_NUMBER = re.compile(r"(?<![\w.,-])[-−]?\d[\d,.]*|\d[\d,.]*")


@dataclass(frozen=True)
class Judged:
    """One question: its outcome, the claims that were shown, those without gold support, and the right citations."""

    question: GoldQuestion
    outcome: Outcome
    answer: str | None
    claims: int
    unsupported: int
    citations: int
    right_citations: int
    found_places: bool
    seconds: float

    @property
    def handled(self) -> bool:
        """True if it was answered right, or refused where there is no answer."""
        return self.outcome == ("right" if self.question.answerable else "refused")

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        facts = {name: value for name, value in vars(self).items() if name != "question"}
        return {"id": self.question.id, "question": self.question.question, **facts}


def judge_answer(question: GoldQuestion, result: Result | None) -> Judged:
    """Compare the answer to a question with its gold.

    Right: a gold answer stands in it, numbers compared as numbers. Of a gold answer of more than six words, at least
    half of its words and all its numbers stand in it, or 0.6 of what it says beyond the question is from the gold
    answer. Unsupported: a claim that shares fewer than half of its words with every gold
    sentence (the gold answers, where no sentences are known), or any claim about a question that has no answer.
    """
    if result is None or not result.answered:
        return Judged(question, "failed", None, 0, 0, 0, 0, False, 0.0)
    answer = (result.values or {}).get("answer")
    claims = [c for c in (result.from_corpus.claims if result.from_corpus else []) if c.verdict == "supported"]
    places = [place for claim in claims for place in claim.citations if question.has_place or not question.answerable]
    right_places = [place for place in places if question.answerable and question.holds(place)]
    outcome: Outcome = "refused"
    if answer:
        outcome = "right" if any(_says(answer, gold, question.question) for gold in question.answers) else "wrong"
    return Judged(
        question,
        outcome,
        answer,
        len(claims),
        sum(not _gold_supports(question, claim) for claim in claims),
        len(places),
        len(right_places),
        bool(right_places),
        result.usage.seconds if result.usage else 0.0,
    )


def _says(answer: str, gold: str, question: str) -> bool:
    numbers = {_plain(number) for number in _NUMBER.findall(gold)}
    wanted = words_of(gold)
    if len(wanted) > SHORT:
        own = " ".join(word for word in words_of(answer) if word not in words_of(question))
        if len(own.split()) >= LEAST_OWN and overlap(own, gold) >= PRECISION:
            return True
    if not numbers <= {_plain(number) for number in _NUMBER.findall(answer)}:
        return False
    if len(wanted) <= SHORT:
        words = [word for word in wanted if not word[0].isdigit()]
        return overlap(" ".join(words), answer) == 1.0 if words else bool(numbers)
    return overlap(gold, answer) >= RECALL


def _plain(number: str) -> str:
    text = number.replace("−", "-").rstrip(".,")
    text = text.replace(",", "") if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", text) else text.replace(",", ".")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _gold_supports(question: GoldQuestion, claim: Claim) -> bool:
    if not question.answerable:
        return False
    gold = question.sentences or question.answers
    return any(
        overlap(claim.text, f"{text} {question.question}") >= RECALL and _shares(claim.text, text) for text in gold
    )


def _shares(claim: str, gold: str) -> bool:
    """Return whether a claim has a word of the gold text at all, beside those of the question."""
    return overlap(gold, claim) > 0


@dataclass(frozen=True)
class AnswerScores:
    """The shares that a corpus is judged by; those of no items have n 0.

    ``handled`` of all questions were answered right, or refused where there is no answer; ``right`` of the answerable
    questions, ``refused_wrongly`` of them, ``refused_rightly`` of the unanswerable ones, ``unsupported`` of the shown
    claims, ``precise`` of the citations. ``slices`` holds the share handled for each value of each slice.
    """

    handled: Proportion
    right: Proportion
    wrong: Proportion
    refused_wrongly: Proportion
    refused_rightly: Proportion
    unsupported: Proportion
    precise: Proportion
    cited: Proportion
    failed: int
    judged: Sequence[Judged]
    slices: Mapping[str, Mapping[str, Proportion]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        shares = {name: value.as_json() for name, value in vars(self).items() if isinstance(value, Proportion)}
        slices = {name: {v: share.as_json() for v, share in values.items()} for name, values in self.slices.items()}
        questions = [judged.as_json() for judged in self.judged]
        return {**shares, "failed": self.failed, "slices": slices, "questions": questions}


def score_answers(questions: Sequence[GoldQuestion], results: Mapping[str, Result]) -> AnswerScores:
    """Judge the result of each question, by its id, and count. A question without a result has failed."""
    judged = [judge_answer(question, results.get(question.id)) for question in questions]
    can = [one for one in judged if one.question.answerable]
    cannot = [one for one in judged if not one.question.answerable]
    claims = [(one.question.id, number < one.unsupported) for one in judged for number in range(one.claims)]
    places = [(one.question.id, number < one.right_citations) for one in judged for number in range(one.citations)]
    shown = [one for one in can if one.answer]
    return AnswerScores(
        handled=_share([(one.question.id, one.handled) for one in judged]),
        right=_share([(one.question.id, one.outcome == "right") for one in can]),
        wrong=_share([(one.question.id, one.outcome == "wrong") for one in can]),
        refused_wrongly=_share([(one.question.id, one.outcome == "refused") for one in can]),
        refused_rightly=_share([(one.question.id, one.outcome == "refused") for one in cannot]),
        unsupported=_share(claims),
        precise=_share(places),
        cited=_share([(one.question.id, one.found_places) for one in shown]),
        failed=sum(one.outcome == "failed" for one in judged),
        judged=judged,
        slices={name: _sliced(judged, values) for name, values in slices_of_questions(questions).items()},
    )


def _sliced(judged: Sequence[Judged], values: Mapping[str, str]) -> dict[str, Proportion]:
    groups: dict[str, list[tuple[str, bool]]] = {}
    for one in judged:
        groups.setdefault(values.get(one.question.id, "unknown"), []).append((one.question.id, one.handled))
    return {value: _share(group) for value, group in sorted(groups.items())}


def _share(items: Sequence[tuple[str, bool]]) -> Proportion:
    return Proportion.of([hit for _, hit in items], [family for family, _ in items])
