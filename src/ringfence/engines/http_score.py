"""The log-probabilities of given continuations, from servers that echo a prompt or obey a grammar of token ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .http_client import Refused
from .protocol import ScoreRequest

if TYPE_CHECKING:
    from .http_engine import HttpEngine

__all__ = ["echoed", "forced"]


def echoed(engine: HttpEngine, request: ScoreRequest) -> tuple[float, ...]:
    """Send the prompt with each continuation; the server echoes the log-probability of every token."""
    body = {
        "model": engine.model,
        "prompt": [[*request.prompt, *ids] for ids in request.continuations],
        "max_tokens": 1,
        "temperature": 0,
        "echo": True,
        "logprobs": 1,
    }
    choices = sorted(engine.client.post("/v1/completions", body)["choices"], key=lambda choice: choice["index"])
    return tuple(
        float(sum(choice["logprobs"]["token_logprobs"][len(request.prompt) : len(request.prompt) + len(ids)]))
        for choice, ids in zip(choices, request.continuations, strict=True)
    )


def forced(engine: HttpEngine, request: ScoreRequest) -> tuple[float, ...]:
    """Force each continuation by a grammar of token ids; a shared beginning is forced once.

    llama.cpp reports log-probabilities before the mask. The final token of a continuation that ends an answer is
    not forced: nothing else may follow the end of the grammar.
    """
    known: dict[tuple[int, ...], float] = {(): 0.0}
    (end,) = engine.turn_end() or (-1,)
    for ids in sorted(request.continuations):
        shared = next(size for size in range(len(ids), -1, -1) if ids[:size] in known)
        if shared == len(ids):
            continue
        rest = [token for token in ids[shared:] if token != end]
        body = {
            "model": engine.model,
            "prompt": [*request.prompt, *ids[:shared]],
            "max_tokens": len(ids) - shared,
            "temperature": 0,
            "logprobs": 1,
            "cache_prompt": engine.settings.keeps_prefixes,
            "grammar": "root ::= " + (" ".join(f"<[{token}]>" for token in rest) or '""'),
            "logit_bias": [[end, 100.0]],  # prefer this one among the tokens that may end an answer
        }
        entries = engine.client.post("/v1/completions", body)["choices"][0]["logprobs"]["content"]
        for size, entry in enumerate(entries[: len(ids) - shared], start=shared + 1):
            if entry["id"] != ids[size - 1]:
                raise Refused(200, "it did not write the forced tokens")
            known[ids[:size]] = known[ids[: size - 1]] + float(entry["logprob"])
        if ids not in known:
            raise Refused(200, "it reported too few log-probabilities")
    return tuple(known[ids] for ids in request.continuations)
