"""Classify: turn a document and a task into a prompt, and the scores of all labels into one or several labels."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...documents import Document
from ..example import Example
from ..prompt import Prompt, break_control_tokens
from .task import ClassifyTask

__all__ = [
    "Classification",
    "classify_prompt",
    "judge",
    "label_scores",
    "sentences_of",
    "with_likeness",
]

FEATURES_VERSION = 1
EXAMPLE_CHARACTERS = 600  # of an example; texts state their subject early
MOST_SENTENCES = 60  # considered as evidence
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]?")


def classify_prompt(
    task: ClassifyTask,
    text: str,
    examples: Sequence[Example] = (),
    control_tokens: tuple[str, ...] = (),
    chosen: Sequence[str] = (),
) -> Prompt:
    """The prompt for one text, up to the label. The labels come first, because they are the same for every text.

    A task may leave them out, for weights that were tuned on it. ``chosen`` are the labels that the text already has,
    in a task with several labels per text.
    """
    listed = "\n".join(f"- {label}: {meaning}" if meaning else f"- {label}" for label, meaning in task.options.items())
    what = "the labels that fit it, with commas between them" if task.several else "the one label that fits it best"
    shown_labels = f" The labels:\n{listed}" if task.list_labels else ""
    system = f"{task.instructions.strip()} You give each text {what}.{shown_labels}".strip()
    word = "Labels" if task.several else "Label"
    shown = "".join(
        f"Text: {_short(example.text, control_tokens)}\n{word}: {', '.join(example.labels)}\n\n" for example in examples
    )
    body = break_control_tokens(text.strip(), control_tokens)
    return Prompt(
        system, f"{shown}Text: {body}", ", ".join([f"{word}:", *chosen]).replace(":, ", ": ", 1) + "," * bool(chosen)
    )


def _short(text: str, control_tokens: tuple[str, ...]) -> str:
    one_line = " ".join(text.split())
    cut = one_line if len(one_line) <= EXAMPLE_CHARACTERS else one_line[:EXAMPLE_CHARACTERS].rsplit(" ", 1)[0] + " ..."
    return break_control_tokens(cut, control_tokens)


def label_scores(logprobs: Mapping[str, float], empty: Mapping[str, float] | None) -> dict[str, float]:
    """Scores that sum to 1, from the log-probability of each label.

    ``empty`` holds the log-probabilities for an empty document, which are subtracted (contextual calibration, Zhao et
    al. 2021, "Calibrate Before Use").
    """
    levels = {label: logprob - (empty[label] if empty else 0.0) for label, logprob in logprobs.items()}
    top = max(levels.values())
    weights = {label: math.exp(level - top) for label, level in levels.items()}
    total = sum(weights.values())
    return {label: weight / total for label, weight in weights.items()}


def with_likeness(scores: Mapping[str, float], likeness: Mapping[str, float], power: float) -> dict[str, float]:
    """Multiply each score by the likeness to the label's texts in the pool, raised to ``power``; scores sum to 1 again.

    This is a product of two experts that err differently. A label without a text in the pool gets the mean share, so
    that the pool counts neither for nor against it.
    """
    if not likeness or not power:
        return dict(scores)
    smallest = 1e-12  # the likeness of a distant text may round to 0, which must not rule a label out
    share = {label: max(likeness.get(label, 1 / len(scores)), smallest) ** power for label in scores}
    weights = {label: score * share[label] for label, score in scores.items()}
    total = sum(weights.values())
    return {label: weight / total for label, weight in weights.items()} if total > 0 else dict(scores)


@dataclass(frozen=True)
class Classification:
    """The labels of a document, best first, or the reason why it has none."""

    labels: tuple[str, ...]
    abstained: str | None
    features: dict[str, Any]


def judge(task: ClassifyTask, scores: Mapping[str, float], chosen: Sequence[str]) -> Classification:
    """Return the label with the best score, or the ``chosen`` labels of a task with several; or abstain."""
    ordered = sorted(scores, key=lambda label: (-scores[label], label))
    best, second = scores[ordered[0]], scores[ordered[1]]
    features = {
        "v": FEATURES_VERSION,
        "score": round(best, 6),
        "margin": round(best - second, 6),
        "entropy": round(-sum(score * math.log(score) for score in scores.values() if score > 0), 6),
        "labels": len(scores),
    }
    if task.abstain_below is not None and best < task.abstain_below:
        reason = f"abstained: the best label has a score of {best:.2f}, under {task.abstain_below:g}"
        return Classification((), reason, features)
    return Classification(tuple(chosen) if task.several else (ordered[0],), None, features)


def sentences_of(document: Document, start: int, end: int) -> list[tuple[int, int]]:
    """The spans of the sentences in ``document.text[start:end]``; a line end also ends a sentence."""
    found = []
    for match in _SENTENCE.finditer(document.text, start, end):
        text = match.group()
        if sum(map(str.isalpha, text)) >= 3:
            lead = len(text) - len(text.lstrip())
            found.append((match.start() + lead, match.start() + len(text.rstrip())))
    return found[:MOST_SENTENCES]
