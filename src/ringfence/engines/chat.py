"""Render chat templates: in a sandbox, and with the clock stopped so that a prompt is the same tomorrow."""

from __future__ import annotations

import json
from typing import Any

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..errors import EngineError

__all__ = ["FROZEN_DATE", "render_chat", "turn_end"]

# Templates of the Llama 3 family print today's date; answers could not be replayed if it moved.
FROZEN_DATE = "2024-07-26"


def turn_end(template: str, special_tokens: dict[str, str]) -> str:
    """What the template writes behind an assistant's turn: the token that ends an answer, as text."""
    mark = "ANSWER"
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": mark}]
    behind = render_chat(template, messages, special_tokens, False).rpartition(mark)[2].lstrip()
    return behind or special_tokens.get("eos_token", "")


def render_chat(
    template: str, messages: list[dict[str, str]], special_tokens: dict[str, str], open_turn: bool = True
) -> str:
    """The prompt for ``messages`` with the opening of the assistant's turn. Raises EngineError for a broken template."""

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
            f"The chat template of the weights cannot be rendered ({error}).",
            "Choose instruction-tuned weights whose template takes a system and a user turn.",
        ) from None
