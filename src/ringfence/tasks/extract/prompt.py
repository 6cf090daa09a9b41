"""The wording of the prompt.

The lock contains ``ExtractTask.prompt_version``: change it whenever a word of the prompt or its structure changes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..example import Example
from ..fields import (
    BooleanField,
    ChoiceField,
    LeafSpec,
    ListField,
)
from ..prompt import Prompt, break_control_tokens
from .task import ExtractTask

__all__ = ["answer_form", "write_prompt"]

ANSWER_FORM = "Answer with one line for each field, in this order, as name: value."
LIST_FORM = "A list has one line for each of its records, with - in front and | between the values."
_EXAMPLE_FRAME = re.compile(r"\bi(?=ts answer:)|\be(?=xample document:)", re.I)
_KIND_WORDS = {
    "text": "copied exactly as it stands",
    "number": "a number, as printed",
    "money": "an amount of money, only the number, as printed",
    "percent": "a percentage, as printed",
    "date": "a date, as printed",
    "period": "a range of dates from first to last day, as printed",
    "duration": "a length of time, as printed",
    "email": "an e-mail address",
    "iban": "a bank account (IBAN)",
    "phone": "a telephone number, as printed",
    "address": "a postal address, as printed",
    "code": "copied exactly as it stands",
}


def write_prompt(
    task: ExtractTask,
    text: str,
    control_tokens: tuple[str, ...] = (),
    context: str = "",
    examples: Sequence[Example] = (),
) -> Prompt:
    """The prompt for a document or a window of it. Control tokens are broken up in the prompt's copy only.

    ``context`` holds lines from before the window that help to read it. ``examples`` come first, for an engine with a
    prefix cache reads them once.
    """
    flat = task.flat
    fields = "\n".join(f"{name}: {_describe(name, spec)}" for name, spec in flat.items())
    system = (
        f"{task.instructions.strip()} You copy facts from one document. "
        "Copy each value exactly from the document. Write null where the document does not say it."
    ).strip()
    shown = f"{context}\n...\n{text}" if context else text

    def copy(document: str) -> str:
        """A document as the prompt shows it: it cannot seem to end, nor to be answered already."""
        broken = _EXAMPLE_FRAME.sub(r"\g<0> ", document.strip()) if examples else document.strip()
        return _indented(break_control_tokens(broken, control_tokens))

    # The form of the answer comes last: everything before it is the same for all requests about the document with these
    # fields, so an engine with a prefix cache reads the document once.
    before = "".join(
        f"Example document:\n\n{copy(example.text)}\n\n"
        f"Its answer:\n{break_control_tokens(example.answer.strip(), control_tokens)}\n\n"
        for example in examples
    )
    user = (
        f"{before}Document:\n\n{copy(shown)}\n\n"
        f"End of document. The fields to fill in:\n{fields}\n\n{answer_form(task)}"
    )
    return Prompt(system, user, f"{next(iter(flat))}:")


def answer_form(task: ExtractTask) -> str:
    """The sentence that asks for the form of the answer."""
    if any(isinstance(spec, ListField) for spec in task.flat.values()):
        return f"{ANSWER_FORM} {LIST_FORM}"
    return ANSWER_FORM


def _indented(text: str) -> str:
    """Put a space before every line, so that the first word of a line is the same token as inside a line.

    An answer starts with a space after its colon; without the indent, a small model prefers words that follow a space
    in the document.
    """
    return re.sub(r"^(?=\S)", " ", text, flags=re.M)


def _describe(name: str, field: LeafSpec | ListField) -> str:
    if isinstance(field, ListField):
        columns = " | ".join(field.fields)
        what = "; ".join(f"{leaf} {_describe(leaf, spec)}" for leaf, spec in field.fields.items())
        description = field.description.strip() or name.replace("_", " ")
        return f"({description}; a list, each on a line: - {columns}; where {what})"
    if isinstance(field, ChoiceField):
        what = "one of " + ", ".join(field.options)
    elif isinstance(field, BooleanField):
        what = "true or false"
    else:
        what = _KIND_WORDS[field.kind]
    description = field.description.strip() or name.replace("_", " ").replace(".", " ")
    examples = f", for example {', '.join(field.examples)}" if field.examples else ""
    return f"({description}; {what}{examples}{'' if field.required else ', or null'})"
