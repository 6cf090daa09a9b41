"""The five questions that decide whether to start, their sub-questions, and the one recommendation that follows.

Most pilots that fail do so on one of these, not on the model. "Mostly no, or we do not know" leads to a pilot on one
task, never to a platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["QUESTIONS", "Answer", "Assessment", "Evidence", "Question", "SubQuestion", "assess"]

Word = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class SubQuestion:
    """One thing that facts can answer. ``gathered`` ones the program looks up itself where it can; ``missing`` says what to do
    about a no."""

    key: str
    text: str
    missing: str
    gathered: bool = False


@dataclass(frozen=True)
class Question:
    """One of the five. ``blocks`` names sub-questions whose definite no stands in the way of any pilot."""

    key: str
    text: str
    parts: tuple[SubQuestion, ...]
    blocks: tuple[str, ...] = ()


QUESTIONS = (
    Question(
        "need",
        "Is there a task that a commercial API cannot serve, for reasons of security or quality?",
        (
            SubQuestion("task", "Is there one named task, with documents, and a person who will use the answers?", "Name one task and its owner; collect a few hundred of its documents."),
            SubQuestion("may_not_leave", "Does a law, a contract or a policy keep these documents from a provider outside?", "Ask whoever answers for data protection, in writing."),
            SubQuestion("api_falls_short", "Was a commercial API tried on public look-alikes of the task, and found wanting?", "Try one on documents that may leave: it is the cheapest comparison there is."),
        ),
        ("task",),
    ),
    Question(
        "infrastructure",
        "Is there infrastructure for a model of the size that the task needs?",
        (
            SubQuestion("fits", "Does a machine that is at hand hold the chosen weights?", "Choose smaller weights (ringfence weights list --catalog), or get a machine that holds these.", True),
            SubQuestion("may_install", "May the team install software and weights on it?", "Get the permission, or have ringfence and weights installed by those who may."),
            SubQuestion("fast_enough", "Is it fast enough for the number of documents?", "Measure: ringfence run on a hundred documents; then count machines, not wishes.", True),
        ),
        ("fits", "may_install"),
    ),
    Question(
        "people",
        "Does the team include people who work with weights, and not just with APIs?",
        (
            SubQuestion("weights", "Has somebody here run, quantised, evaluated or fine-tuned open weights before?", "Give one person the weeks to learn it on the pilot, or bring one in for it."),
            SubQuestion("time", "Has that person time for it, for months and not for days?", "Free a day a week; a model that nobody watches degrades unseen."),
            SubQuestion("operations", "Will somebody run it: updates, monitoring, a call at night?", "Name the person before anything depends on it; a pilot can do without."),
        ),
    ),
    Question(
        "evaluation",
        "Is it clear how the quality of the output will be evaluated?",
        (
            SubQuestion("bar", "Is it written down what is good enough?", "Write the bar into pilot.yaml before the first run.", True),
            SubQuestion("gold", "Is there gold, and enough of it for the bar?", "Label documents: ringfence gold draft, import, check; ringfence budget says how many.", True),
            SubQuestion("judge", "Is there a person who can say what the right answer is?", "Without one nothing can be evaluated, by anybody: find the person who does the task today."),
        ),
        ("judge",),
    ),
    Question(
        "cost",
        "Is the operational cost known and accepted?",
        (
            SubQuestion("measured", "Are documents per hour measured on the machine?", "ringfence run --limit 100, or the pilot, measures it.", True),
            SubQuestion("accepted", "Has whoever pays accepted machine, review and the people's time, for a year?", "Put the three figures of the pilot's report before them."),
            SubQuestion("review", "Is it accepted that part of the documents still goes to a person?", "No system of this kind is right always; decide who reviews, and what an error costs."),
        ),
    ),
)  # fmt: skip

Answer = tuple[Word, str]  # with a note


@dataclass(frozen=True)
class Evidence:
    """What the program found for a sub-question itself."""

    word: Word
    what: str


@dataclass(frozen=True)
class Standing:
    """Where the team stands on one question: the word, and for each part its answer, the evidence and what is missing."""

    question: Question
    word: Word
    parts: Mapping[str, tuple[Word, str]]
    missing: list[str]


@dataclass(frozen=True)
class Assessment:
    """The five standings and the one recommendation, with its reason and what is missing."""

    standings: list[Standing]
    recommendation: str
    reason: str
    missing: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The assessment for machines."""
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


def assess(
    answers: Mapping[str, Mapping[str, Answer]], evidence: Mapping[str, Mapping[str, Evidence]], verdict: str | None
) -> Assessment:
    """Where the team stands, and what to do. ``answers`` and ``evidence`` are by question and part; evidence counts before an
    answer, since it was looked up; ``verdict`` is that of a pilot on the task, where one was run."""
    standings = [
        _standing(question, answers.get(question.key, {}), evidence.get(question.key, {})) for question in QUESTIONS
    ]
    by_key = {one.question.key: one for one in standings}
    missing = [what for one in standings for what in one.missing]
    need = by_key["need"]
    reasons = [need.parts[key][0] for key in ("may_not_leave", "api_falls_short")]
    if reasons == ["no", "no"]:
        return Assessment(
            standings,
            "use an API",
            "Nothing keeps the documents in, and an API was not found wanting: running weights yourselves would cost more and give less.",
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
            "What a pilot cannot do without is missing.",
            blocked + [one for one in missing if one not in blocked],
        )
    if all(one.word == "yes" for one in standings) and verdict == "PASS":
        return Assessment(
            standings, "ready to go past a pilot", "All five stand, and the pilot on this task passed its bar."
        )
    count = sum(one.word == "yes" for one in standings)
    reason = (
        f"{count} of five questions stand. "
        if count < 5
        else "All five questions stand; no pilot on the task has passed its bar yet. "
    ) + "One pilot on one task answers the open ones for little money; a platform before it would be built on guesses."
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
            parts[part.key] = (said, "; ".join(one for one in (note, found.what if found else "") if one))
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
