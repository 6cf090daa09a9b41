"""What a server's reply says: its answer apart from its reasoning, and its counts, whatever form they come in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["UNKNOWN_FORM", "Reply", "UnreadableReply", "answer_in", "is_same_model", "read_reply"]

UNKNOWN_FORM = "the server's reply has an unknown form"
IN_REASONING = "its answer ended inside its reasoning"
# Models that reason open with one of these and close with its partner; some templates write the opening themselves.
_OPENING = re.compile(
    r"\s*(?:<(?:seed:)?(?:think|thinking|thought|reasoning)>|\[THINK\]|◁think▷|<\|channel\|>analysis)"
)
_CLOSING = re.compile(
    r"</(?:seed:)?(?:think|thinking|thought|reasoning)>|\[/THINK\]|◁/think▷|<\|channel\|>final<\|message\|>|assistantfinal"
)
_ENDS = frozenset({"stop", "eos_token", "stop_sequence", "end_turn"})


class UnreadableReply(ValueError):
    """A reply that holds no answer; ``str(error)`` is the reason."""


@dataclass(frozen=True)
class Reply:
    """One answer. ``token_ends`` are in characters of ``text``; counts are None if the server does not report them."""

    text: str
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    token_ends: tuple[int, ...]
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int | None
    cached_tokens: int | None
    model: str | None


def read_reply(data: Any, start: str = "") -> Reply:
    """Read a completion or a chat completion; ``start`` is the beginning of the answer that the reply may repeat.

    Raises UnreadableReply.
    """
    choices = data.get("choices") if isinstance(data, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        raise UnreadableReply(UNKNOWN_FORM)
    written = _written(choice)
    finish: Literal["stop", "length"] = "stop" if choice.get("finish_reason", "stop") in (None, *_ENDS) else "length"
    tokens, logprobs, ends = _tokens_of(choice, written)
    text = answer_in(written)
    if start and text.startswith(start):
        text = text[len(start) :]
    cut = len(written) - len(text)
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    model = data.get("model")
    return Reply(
        text,
        tokens,
        logprobs,
        tuple(max(0, end - cut) for end in ends),
        finish,
        _count(usage.get("prompt_tokens")),
        _count(details.get("cached_tokens")) if isinstance(details, dict) else None,
        model if isinstance(model, str) and model else None,
    )


def answer_in(text: str) -> str:
    """The answer behind the reasoning of a model, if it reasons. Raises UnreadableReply if only reasoning is there."""
    closings = list(_CLOSING.finditer(text))
    if closings:
        return text[closings[-1].end() :]
    if _OPENING.match(text):
        raise UnreadableReply(IN_REASONING)
    return text


def is_same_model(asked: str, answered: str | None) -> bool:
    """True if a server that was asked for one model names the same, or no model at all.

    Paths, endings and versions behind the name do not count: llama3 may answer as library/llama3:latest.
    """
    if not asked or not answered:
        return True
    names = [name.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".gguf") for name in (asked, answered)]
    short, long = sorted((name.removesuffix(":latest") for name in names), key=len)
    return long == short or (long.startswith(short) and long[len(short)] in ":-@.")


def _written(choice: dict[str, Any]) -> str:
    """All that the model wrote, in any of the forms that servers use."""
    message = choice if "text" in choice else choice.get("message")
    if not isinstance(message, dict):
        raise UnreadableReply(UNKNOWN_FORM)
    content = message.get("text" if message is choice else "content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if not content and any(message.get(name) for name in ("reasoning_content", "reasoning")):
        raise UnreadableReply("the server's reply has no content, only reasoning")
    if content is not None and not isinstance(content, str):
        raise UnreadableReply(UNKNOWN_FORM)
    return content or ""


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and math.isfinite(value) and value >= 0 else None


_Tokens = tuple[tuple[int, ...], tuple[float, ...], tuple[int, ...]]


def _tokens_of(choice: dict[str, Any], text: str) -> _Tokens:
    """Token ids, log-probabilities and end positions in the text; empty if the server reports none that can be read."""
    reported = choice.get("logprobs")
    try:
        if isinstance(reported, dict) and reported.get("content"):  # chat, and llama.cpp
            found = _of_entries(reported["content"], text)
        elif isinstance(reported, dict) and reported.get("token_logprobs"):
            found = _of_columns(reported, choice.get("token_ids"), text)
        else:
            return (), (), ()
    except (KeyError, TypeError, ValueError, AttributeError):
        return (), (), ()
    return found if all(map(math.isfinite, found[1])) else ((), (), ())


def _of_entries(entries: list[dict[str, Any]], text: str) -> _Tokens:
    ids = tuple(int(entry.get("id", 0)) for entry in entries)
    written, ends = b"", []
    for entry in entries:
        written += bytes(entry["bytes"]) if entry.get("bytes") is not None else str(entry.get("token", "")).encode()
        ends.append(min(len(written.decode("utf-8", "ignore")), len(text)))
    return ids, tuple(float(entry["logprob"]) for entry in entries), tuple(ends)


def _of_columns(reported: dict[str, Any], token_ids: Any, text: str) -> _Tokens:
    count = len(reported["token_logprobs"])
    ids = tuple(token_ids or (0,) * count)[:count]
    starts = [min(offset, len(text)) for offset in reported.get("text_offset", [])]
    ends = [*starts[1:], len(text)] if len(starts) == count else [len(text)] * count
    return ids, tuple(float(value or 0.0) for value in reported["token_logprobs"]), tuple(ends)
