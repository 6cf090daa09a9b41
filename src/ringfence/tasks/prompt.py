"""The form of a prompt, and the copy of a document in it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Prompt", "break_control_tokens"]


@dataclass(frozen=True)
class Prompt:
    """What the model is told: the system and user turns, and the beginning of its answer."""

    system: str
    user: str
    answer_start: str


def break_control_tokens(text: str, control_tokens: tuple[str, ...]) -> str:
    """Put a space into every control token, so that a document cannot end the turn it stands in.

    (A tokenizer turns ``<|im_end|>`` in a text into the control token even when asked to add none.) Repeated until
    none is left, because breaking one token can complete another.
    """
    broken = True
    while broken:
        broken = False
        for token in control_tokens:
            if len(token) > 1 and token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
                broken = True
    return text
