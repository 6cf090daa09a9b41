"""Gold questions for a corpus: what is asked, what is right, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..contracts import Citation, FoundPassage, GoldLine
from ..errors import InputError

__all__ = ["GoldQuestion", "overlap", "read_questions", "slices_of_questions", "words_of"]

_WORD = re.compile(r"[^\W_]+(?:[.,][^\W_]+)*")
_ARTICLES = frozenset(
    ["a", "an", "the", "of", "in", "on", "at", "to", "is", "was", "were", "are", "and", "or", "by", "for", "with", "as"]
)
MOST_SLICES = 20  # values of a column that figures are sliced by
SAME = 0.5  # of a gold sentence's words, for a passage or a place to contain it


class GoldQuestion(BaseModel):
    """A question that a person has answered.

    ``answers`` are right answers; none means that the documents do not answer it. ``documents`` are the ids of the
    documents that do, ``pages`` their pages, ``sentences`` the sentences that do. A ``draft`` was written by a model,
    and no person has confirmed it yet. ``columns`` are the other texts and numbers of its line, by which figures can be
    sliced.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    question: str = Field(min_length=1)
    answers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    sentences: tuple[str, ...] = ()
    draft: bool = False
    columns: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _with_columns(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "columns" in data:
            return data
        others = sorted(data.keys() - cls.model_fields)
        return {**data, "columns": {name: str(data[name]) for name in others if isinstance(data[name], str | int)}}

    @classmethod
    def of_gold(cls, entry: GoldLine) -> GoldQuestion:
        """Return the question of a line of gold; one that states only an ``answer`` has that one right answer."""
        values = entry.values
        answers = values.get("answers", [values["answer"]] if values.get("answer") else [])
        stated = {name: values.get(name, ()) for name in ("documents", "pages", "sentences")}
        asked = values.get("question") or entry.document
        return cls(id=entry.document, question=asked, answers=answers, columns=entry.columns, **stated)

    @property
    def answerable(self) -> bool:
        """True if the documents answer it."""
        return bool(self.answers)

    @property
    def has_place(self) -> bool:
        """True if it is known where the answer stands."""
        return bool(self.documents or self.pages or self.sentences)

    def holds(self, place: FoundPassage | Citation) -> bool:
        """Return whether a place is in a gold document, on a gold page, and says a gold sentence, if they are known.

        Without any of them nothing is known of a place, and none is right.
        """
        if not self.has_place:
            return False
        if self.documents and place.document not in self.documents:
            return False
        if self.pages and (place.page or 1) not in self.pages:  # a document of one page does not name it
            return False
        return not self.sentences or any(
            overlap(sentence, place.text) >= SAME or overlap(place.text, sentence) >= SAME
            for sentence in self.sentences
        )


def read_questions(path: Path) -> list[GoldQuestion]:
    """Read gold questions: JSONL with id, question, answers, documents, sentences. Raises InputError with the line."""
    remedy = (
        'A line is such as {"id": "q1", "question": "Who signs?", "answers": ["the board"], "documents": ["a.pdf"]}.'
    )
    questions: list[GoldQuestion] = []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                questions.append(GoldQuestion.model_validate_json(line))
            except ValidationError as error:
                where = ".".join(map(str, error.errors()[0]["loc"])) or "it is not JSON"
                raise InputError(f"Line {number} of {path} is no gold question ({where}).", remedy) from None
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read the gold questions {path} ({type(error).__name__}).", remedy) from None
    if drafts := [question.id for question in questions if question.draft]:
        raise InputError(
            f"{len(drafts)} questions in {path} are drafts that nobody has confirmed ({', '.join(drafts[:3])}).",
            "Read each with its answer, correct or delete it, and set draft to false.",
        )
    twice = {q.id for q in questions if sum(other.id == q.id for other in questions) > 1}
    if twice or not questions:
        what = f"the id {min(twice)} occurs twice" if twice else "it has no lines"
        raise InputError(f"{path} cannot be used: {what}.", remedy)
    return questions


def slices_of_questions(questions: Sequence[GoldQuestion]) -> dict[str, dict[str, str]]:
    """Return the slices that questions fall into, by name and id: each further column, and the documents' folder.

    A column with more than MOST_SLICES values, or with one for every question or so, tells no kinds of questions apart.
    """
    found: dict[str, dict[str, str]] = {}
    for question in questions:
        for name, value in question.columns.items():
            found.setdefault(name, {})[question.id] = value
        if question.documents:
            folder, inside, _ = question.documents[0].partition("/")
            found.setdefault("folder", {})[question.id] = folder if inside else "(top folder)"
    return {
        name: values
        for name, values in found.items()
        if 1 < len(set(values.values())) <= min(MOST_SLICES, len(values) / 2)
    }


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without articles and grouping commas."""
    words = (word.casefold().replace(",", "") for word in _WORD.findall(text))
    return [word for word in words if word not in _ARTICLES]


def overlap(part: str, whole: str | Iterable[str]) -> float:
    """Return the share of the words of ``part`` that ``whole`` has; 0 if ``part`` has none."""
    wanted = words_of(part)
    known: Sequence[str] | set[str] = set(words_of(whole) if isinstance(whole, str) else whole)
    return sum(word in known for word in wanted) / len(wanted) if wanted else 0.0
