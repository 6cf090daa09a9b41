"""Render chat templates in a sandbox, with the clock frozen so that a prompt is the same tomorrow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..errors import EngineError

__all__ = ["FROZEN_DATE", "Templated", "render_chat"]

# Templates of the Llama 3 family print today's date. If it changed, answers could not be replayed.
FROZEN_DATE = "2024-07-26"


def render_chat(
    template: str, messages: list[dict[str, str]], special_tokens: dict[str, str], open_turn: bool = True
) -> str:
    """The prompt for ``messages``, ending with the opening of the assistant's turn unless ``open_turn`` is false.

    Raises EngineError if the template is broken.
    """

    def refuse(message: str) -> None:
        raise jinja2.TemplateError(message)

    def as_json(value: Any, indent: int | None = None, **_: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = as_json
    environment.globals.update(raise_exception=refuse, strftime_now=lambda _: FROZEN_DATE)
    try:
        return environment.from_string(template).render(
            messages=messages, add_generation_prompt=open_turn, **special_tokens
        )
    except jinja2.TemplateError as error:
        raise EngineError(
            f"Cannot render the chat template of these weights ({error}).",
            "Choose instruction-tuned weights whose template takes a system and a user turn.",
        ) from None


class Templated:
    """An engine whose prompts Ringfence renders from the chat template of its weights."""

    chat_template: str
    special_tokens: dict[str, str]

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Token ids of a prompt. Control tokens in it are recognised; none are added."""
        raise NotImplementedError

    def prompt(self, messages: Sequence[tuple[str, str]], answer_start: str = "") -> tuple[int, ...]:
        """Token ids of a chat of (role, content) pairs, with the assistant's turn opened and ``answer_start`` in it."""
        turns = [{"role": role, "content": content} for role, content in messages]
        return self.tokenize(render_chat(self.chat_template, turns, self.special_tokens) + answer_start)

    def turn_end(self) -> tuple[int, ...]:
        """The token that ends an answer: what the template writes after an assistant's turn, else the end of text."""
        mark = "ANSWER"
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": mark}]
        text = render_chat(self.chat_template, turns, self.special_tokens, False)
        suffix = text.rpartition(mark)[2].lstrip() or self.special_tokens.get("eos_token", "")
        return self.tokenize(suffix)[:1] if suffix else ()
