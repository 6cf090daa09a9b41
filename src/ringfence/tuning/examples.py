"""Training examples: the prompts of run time, with the answers that the gold asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..contracts import GoldLine
from ..documents import Document
from ..engines import Engine
from ..inference import Windowing
from ..inference.prompts import messages_of, prompt_ids
from ..tasks import Example, Prompt, Task, kind_of

__all__ = [
    "Encoded",
    "Piece",
    "TrainingExample",
    "encode",
    "examples_of",
    "learned_share",
    "parity_fault",
    "tunable",
]


@dataclass(frozen=True)
class Piece:
    """A part of an answer, and whether it is ``learned``."""

    text: str
    learned: bool


@dataclass(frozen=True)
class TrainingExample:
    """One prompt of a document with the answer to learn.

    ``missing`` are the paths whose gold value the document does not print, so that nothing can be learned there;
    ``of`` is the number of values that the gold states for this prompt. ``shown`` is the document with its answer as an
    example for other prompts; None if its answer is not whole.
    """

    document: str
    window: int
    prompt: Prompt
    pieces: tuple[Piece, ...]
    missing: tuple[str, ...] = ()
    of: int = 1
    shown: Example | None = None

    @property
    def answer(self) -> str:
        """The whole answer as text."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class Encoded:
    """An example as token ids: ``ids`` begins with ``prompt`` ids of the prompt; ``learned`` marks what is learned."""

    example: TrainingExample
    ids: tuple[int, ...]
    prompt: int
    learned: tuple[bool, ...]

    @property
    def trained(self) -> int:
        """The number of tokens that are learned."""
        return sum(self.learned)


def tunable(task: Task) -> bool:
    """Whether there are training examples for this task: its kind has some, and the model writes a field."""
    return kind_of(task.kind).training is not None and getattr(task, "written", task) is not None


def examples_of(
    task: Task, document: Document, gold: GoldLine, engine: Engine, windowing: Windowing
) -> list[TrainingExample]:
    """The training examples of a labelled document, one for each of its windows.

    Raises ValueError with the reason if the document cannot be prepared.
    """
    make: Callable[..., list[TrainingExample]] = kind_of(task.kind).load_training()
    return make(task, document, gold, engine, windowing)


def encode(example: TrainingExample, engine: Engine) -> Encoded:
    """Turn an example into the engine's own token ids, the end of the turn included.

    The prompt's ids are those of run time. Pieces are tokenised one by one, as the model continues from what is there.
    """
    prompt = prompt_ids(example.prompt, engine)
    ids, learned = list(prompt), [False] * len(prompt)
    for piece in example.pieces:
        tokens = engine.tokenize(piece.text)
        ids += tokens
        learned += [piece.learned] * len(tokens)
    end = engine.turn_end()
    last = bool(example.pieces) and example.pieces[-1].learned
    return Encoded(example, (*ids, *end), len(prompt), (*learned, *([last] * len(end))))


def parity_fault(encoded: Encoded, engine: Engine) -> str | None:
    """What differs between the ids that are trained and those of the same text read at once; None if nothing does.

    A difference means that the template or the tokenizer joins text over the border of prompt and answer, so that
    training and serving would see other tokens.
    """
    example = encoded.example
    whole = engine.prompt(messages_of(example.prompt), example.prompt.answer_start + example.answer)
    trained = encoded.ids[: len(encoded.ids) - len(engine.turn_end())]
    if whole == trained:
        return None
    place = next((n for n, (one, two) in enumerate(zip(whole, trained, strict=False)) if one != two), len(trained))
    return f"token {place} of {len(trained)}" + (" (in the prompt)" if place < encoded.prompt else "")


def learned_share(examples: Sequence[TrainingExample]) -> tuple[int, int]:
    """How many of the values that the gold states can be learned, and how many it states."""
    stated = sum(example.of for example in examples)
    return stated - sum(len(example.missing) for example in examples), stated
