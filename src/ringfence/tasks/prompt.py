"""The parts of a prompt, and the protection against control tokens in documents."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Prompt", "break_control_tokens"]


@dataclass(frozen=True)
class Prompt:
    """The system and user turns for the model, and the beginning of its answer."""

    system: str
    user: str
    answer_start: str


def break_control_tokens(text: str, control_tokens: tuple[str, ...]) -> str:
    """Insert a space into every control token in ``text``, so that a document cannot end its turn in the prompt.

    (A tokenizer turns ``<|im_end|>`` in a text into the control token even if it adds none itself.) The loop repeats
    until none is left, because breaking one token can complete another.
    """
    broken = True
    while broken:
        broken = False
        for token in control_tokens:
            if len(token) > 1 and token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
                broken = True
    return text
