"""Training examples of a classify task: the label, and the end of the turn behind it."""

from __future__ import annotations

from ..contracts import GoldLine
from ..documents import Document
from ..engines import Engine
from ..inference import Windowing
from ..inference.prompts import prompt_ids, split_into_windows
from ..tasks import ClassifyTask, Example, classify_prompt
from .examples import Piece, TrainingExample

__all__ = ["training_examples"]


def training_examples(
    task: ClassifyTask, document: Document, gold: GoldLine, engine: Engine, windowing: Windowing
) -> list[TrainingExample]:
    """One example: the beginning of the document with its label, or its labels with commas between them.

    A label that is not one of the task's is missing. Later windows of a long document are not learned from.
    """
    stated = gold.values.get(task.value_name)
    labels = [label for label in (stated if isinstance(stated, list) else [stated]) if label in task.options]
    empty = len(prompt_ids(classify_prompt(task, "", (), engine.control_tokens), engine))
    room = len(engine.tokenize(f" {max(task.options, key=len)}"))
    window = split_into_windows(document, engine, windowing, empty, room)[0]
    prompt = classify_prompt(task, document.text[window.start : window.end], (), engine.control_tokens)
    if not labels:
        return [TrainingExample(document.id, 0, prompt, (), (task.value_name,))]
    shown = Example(document.text, tuple(labels)) if document.text.strip() else None
    return [TrainingExample(document.id, 0, prompt, (Piece(" " + ", ".join(labels), True),), shown=shown)]
