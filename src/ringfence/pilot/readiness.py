"""Five questions that decide whether to start, their sub-questions, and the one recommendation that follows.

Most pilots fail on one of these, not on the model. "Mostly no, or we do not know" leads to a pilot on one task, never
to a platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "QUESTIONS",
    "Answer",
    "Answers",
    "Assessment",
    "Evidence",
    "Question",
    "ReadinessEvidence",
    "Standing",
    "SubQuestion",
    "Word",
    "assess",
]

Word = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class SubQuestion:
    """One thing that facts can answer. ``missing`` says what to do about a no.

    ``gathered``: Ringfence looks it up if it can.
    """

    key: str
    text: str
    missing: str
    gathered: bool = False


@dataclass(frozen=True)
class Question:
    """One of the five. A definite no to a sub-question in ``blocks`` rules out any pilot."""

    key: str
    text: str
    parts: tuple[SubQuestion, ...]
    blocks: tuple[str, ...] = ()


QUESTIONS = (
    Question(
        "need",
        "Is there a task that a commercial API cannot serve, for reasons of security or quality?",
        (
            SubQuestion(
                "task",
                "Is there one named task, with documents, and a person who will use the answers?",
                "Name one task and its owner; collect a few hundred of its documents.",
            ),
            SubQuestion(
                "may_not_leave",
                "Does a law, a contract or a policy keep these documents from a provider outside?",
                "Ask whoever answers for data protection, in writing.",
            ),
            SubQuestion(
                "api_falls_short",
                "Was a commercial API tried on public look-alikes of the task, and found wanting?",
                "Try one on documents that may leave: no comparison is cheaper.",
            ),
        ),
        ("task",),
    ),
    Question(
        "infrastructure",
        "Is there infrastructure for a model of the size that the task needs?",
        (
            SubQuestion(
                "fits",
                "Does a machine at hand hold the chosen weights?",
                "Choose smaller weights (ringfence weights list --catalog), or get a machine that holds these.",
                gathered=True,
            ),
            SubQuestion(
                "may_install",
                "May the team install software and weights on it?",
                "Get the permission, or have ringfence and weights installed by those who may.",
            ),
            SubQuestion(
                "fast_enough",
                "Is it fast enough for the number of documents?",
                "Measure: ringfence run on a hundred documents; then count machines, not wishes.",
                gathered=True,
            ),
        ),
        ("fits", "may_install"),
    ),
    Question(
        "people",
        "Does the team include people who work with weights, and not just with APIs?",
        (
            SubQuestion(
                "weights",
                "Has somebody here run, quantised, evaluated or fine-tuned open weights before?",
                "Give one person some weeks to learn it on the pilot, or bring one in.",
            ),
            SubQuestion(
                "time",
                "Has that person time for it, for months and not for days?",
                "Free a day a week; nobody sees an unwatched model degrade.",
            ),
            SubQuestion(
                "operations",
                "Will somebody run it: updates, monitoring, a call at night?",
                "Name the person before anything depends on it; a pilot can do without.",
            ),
        ),
    ),
    Question(
        "evaluation",
        "Is it clear how the quality of the output will be evaluated?",
        (
            SubQuestion(
                "bar",
                "Is it written down what is good enough?",
                "Write the bar into pilot.yaml before the first run.",
                gathered=True,
            ),
            SubQuestion(
                "gold",
                "Is there gold, and enough of it for the bar?",
                "Label documents: ringfence gold draft, import, check; ringfence budget says how many.",
                gathered=True,
            ),
            SubQuestion(
                "judge",
                "Is there a person who can say what the right answer is?",
                "Nobody can evaluate anything without one: find the person who does the task today.",
            ),
        ),
        ("judge",),
    ),
    Question(
        "cost",
        "Is the operational cost known and accepted?",
        (
            SubQuestion(
                "measured",
                "Are documents per hour measured on the machine?",
                "ringfence run --limit 100, or the pilot, measures it.",
                gathered=True,
            ),
            SubQuestion(
                "accepted",
                "Has whoever pays accepted machine, review and the people's time, for a year?",
                "Put the three figures of the pilot's report before them.",
            ),
            SubQuestion(
                "review",
                "Is it accepted that part of the documents still goes to a person?",
                "No such system is always right; decide who reviews, and what an error costs.",
            ),
        ),
    ),
)

Answer = tuple[Word, str]
"""An answer and its reason."""
Answers = Mapping[str, Mapping[str, Answer]]
"""Answers by question and part."""


@dataclass(frozen=True)
class Evidence:
    """What Ringfence itself finds for a sub-question."""

    word: Word
    what: str


@dataclass(frozen=True)
class ReadinessEvidence:
    """Evidence by question and part, and the verdict of the pilot on the task (None without one)."""

    parts: Mapping[str, Mapping[str, Evidence]] = field(default_factory=dict)
    verdict: str | None = None


@dataclass(frozen=True)
class Standing:
    """Where the team stands on one question: the word, the answer and reason for each part, and what is missing."""

    question: Question
    word: Word
    parts: Mapping[str, tuple[Word, str]]
    missing: list[str]


@dataclass(frozen=True)
class Assessment:
    """A standing for each of the five questions, and one recommendation with its reason and what is missing."""

    standings: list[Standing]
    recommendation: str
    reason: str
    missing: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The assessment as plain data."""
        return {
            "schema": 1,
            "recommendation": self.recommendation,
            "reason": self.reason,
            "missing": self.missing,
            "questions": [
                {
                    "question": one.question.key,
                    "text": one.question.text,
                    "stands": one.word,
                    "parts": {key: {"answer": word, "because": note} for key, (word, note) in one.parts.items()},
                    "missing": one.missing,
                }
                for one in self.standings
            ],
        }


def assess(answers: Answers, evidence: ReadinessEvidence | None = None) -> Assessment:
    """Assess readiness: five questions, one recommendation. Evidence overrules an answer."""
    evidence = evidence or ReadinessEvidence()
    standings = [
        _standing(question, answers.get(question.key, {}), evidence.parts.get(question.key, {}))
        for question in QUESTIONS
    ]
    by_key = {one.question.key: one for one in standings}
    missing = [advice for standing in standings for advice in standing.missing]
    need = by_key["need"]
    reasons = [need.parts[key][0] for key in ("may_not_leave", "api_falls_short")]
    if reasons == ["no", "no"]:
        return Assessment(
            standings,
            "use an API",
            "The documents may leave, and an API serves the task: your own weights would cost more and give less.",
        )
    blocked = [
        part.missing
        for one in standings
        for part in one.question.parts
        if part.key in one.question.blocks and one.parts[part.key][0] == "no"
    ]
    if blocked:
        return Assessment(
            standings,
            "not yet",
            "Something that every pilot needs is missing.",
            blocked + [advice for advice in missing if advice not in blocked],
        )
    if all(one.word == "yes" for one in standings) and evidence.verdict == "PASS":
        return Assessment(
            standings,
            "ready to go past a pilot",
            "All five questions stand, and the pilot on this task passed its bar.",
        )
    count = sum(one.word == "yes" for one in standings)
    reason = (
        f"{count} of five questions stand. "
        if count < 5
        else "All five questions stand; no pilot on the task has passed its bar yet. "
    ) + "One pilot on one task answers the open ones for little money; a platform built before it rests on guesses."
    return Assessment(standings, "start a pilot on this task", reason, missing)


def _standing(question: Question, answers: Mapping[str, Answer], evidence: Mapping[str, Evidence]) -> Standing:
    parts: dict[str, tuple[Word, str]] = {}
    for part in question.parts:
        found = evidence.get(part.key)
        said, note = answers.get(part.key, ("unknown", ""))
        if found and found.word != "unknown":
            differs = said not in ("unknown", found.word)
            parts[part.key] = (found.word, found.what + (f" (You said {said}.)" if differs else ""))
        else:
            parts[part.key] = (said, "; ".join(filter(None, (note, found.what if found else ""))))
    words = [word for word, _ in parts.values()]
    if question.key == "need":  # one good reason is enough
        why = [parts[key][0] for key in ("may_not_leave", "api_falls_short")]
        reason: Word = "yes" if "yes" in why else "no" if why == ["no", "no"] else "unknown"
        words = [parts["task"][0], reason]
    word: Word = "yes" if set(words) == {"yes"} else "no" if words.count("no") * 2 >= len(words) else "unknown"
    lacking = [part for part in question.parts if parts[part.key][0] != "yes"]
    if question.key == "need" and words[-1] == "yes":
        lacking = [part for part in lacking if part.key == "task"]
    return Standing(question, word, parts, [part.missing for part in lacking])
