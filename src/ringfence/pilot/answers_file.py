"""The file of answers to the readiness questions: its template, and how it is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ..errors import InputError
from .readiness import QUESTIONS, Answer, Answers, Word

__all__ = ["answers_template", "parse_answer", "read_answers"]

_WORDS: dict[str, Word] = {
    **dict.fromkeys(("yes", "y", "true"), "yes"),
    **dict.fromkeys(("no", "n", "false"), "no"),
    **dict.fromkeys(("?", "unknown", "", "none"), "unknown"),
}


def answers_template() -> str:
    """A YAML file to fill in, with every question as a comment."""
    lines = ["# Answer yes, no or unknown. To give a reason, write {answer: yes, because: the contract says so}.\n"]
    for question in QUESTIONS:
        lines.append(f"\n# {question.text}\n{question.key}:\n")
        for part in question.parts:
            looked_up = " (Ringfence looks this up if it can.)" if part.gathered else ""
            lines.append(f"  # {part.text}{looked_up}\n  {part.key}: unknown\n")
    return "".join(lines)


def parse_answer(text: str) -> Answer | None:
    """An answer such as ``y`` or ``yes, the contract says so``; None if it starts with neither yes, no nor ?."""
    word, _, why = text.partition(",")
    known = _WORDS.get(word.strip().casefold())
    return None if known is None else (known, why.strip())


def read_answers(path: Path) -> Answers:
    """Read a file of answers, by question and part. Raises InputError with every fault."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InputError(f"{path} is not encoded in UTF-8.", "Save it as UTF-8.") from None
    except (OSError, yaml.YAMLError) as error:
        raise InputError(
            f"Cannot read {path} ({str(error).splitlines()[0]}).",
            "`ringfence assess --template` prints a file to fill in.",
        ) from None
    faults = list(_faults(data))
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise InputError(f"{path} has {len(faults)} faults:\n{listed}", "Correct them.")
    return {
        question: {part: (_word(stated) or "unknown", _reason(stated)) for part, stated in parts.items()}
        for question, parts in data.items()
    }


def _faults(data: Any) -> Iterator[str]:
    if not isinstance(data, dict):
        yield "it is not a mapping of questions"
        return
    known = {question.key: {part.key for part in question.parts} for question in QUESTIONS}
    for question, parts in data.items():
        if question not in known or not isinstance(parts, dict):
            yield f"{question}: is not one of {', '.join(known)}"
            continue
        for part, stated in parts.items():
            if part not in known[question]:
                yield f"{question}.{part}: is not one of {', '.join(sorted(known[question]))}"
            elif _word(stated) is None:
                yield f"{question}.{part}: say yes, no or unknown"


def _word(stated: Any) -> Word | None:
    answer = stated.get("answer") if isinstance(stated, dict) else stated
    return _WORDS.get(str(answer).strip().casefold())


def _reason(stated: Any) -> str:
    return str(stated.get("because", "")) if isinstance(stated, dict) else ""
