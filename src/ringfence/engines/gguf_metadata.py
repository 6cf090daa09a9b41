"""Facts about weights, read from a GGUF file: chat template, special tokens, context and cache size."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..gguf_header import GgufHeader

__all__ = ["FormFacts", "cached_numbers", "facts_of_gguf"]

FACTS = "form.json"
_POOLINGS = (1, 2, 3)  # mean, cls, last token; 4 is a reranker
_CONTROL, _USER_DEFINED = 3, 4  # token types in GGUF


@dataclass(frozen=True)
class FormFacts:
    """Facts that an engine needs beside the weights themselves.

    ``context`` is in tokens; ``end_ids`` are the tokens that end an answer; ``cached_numbers`` is how many numbers the
    cache keeps for each token (0: unknown); ``embeds`` is true for weights that pool their states into one row.
    """

    chat_template: str
    special_tokens: dict[str, str]
    control_tokens: list[str]
    end_ids: list[int]
    context: int
    cached_numbers: int = 0
    embeds: bool = False

    @classmethod
    def read(cls, folder: Path) -> FormFacts:
        """Read the facts stored in ``folder``."""
        return cls(**json.loads((folder / FACTS).read_text(encoding="utf-8")))

    def write(self, folder: Path) -> None:
        """Store the facts in ``folder``."""
        (folder / FACTS).write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")


def facts_of_gguf(file: Path) -> FormFacts:
    """The facts of the weights in ``file``.

    Raises EngineError for an adapter, or for weights that neither embed nor have a chat template.
    """
    value = GgufHeader(file).get
    if value("general.type") == "adapter":
        raise EngineError(
            "This file is an adapter, not weights.",
            "Run it on the weights that it was trained on: --weights NAME --adapter THIS.",
        )
    architecture = value("general.architecture")
    tokens: list[str] = value("tokenizer.ggml.tokens", [])
    types: list[int] = value("tokenizer.ggml.token_type", [])
    template = value("tokenizer.chat_template")
    embeds = value(f"{architecture}.pooling_type") in _POOLINGS
    if not template and not embeds:
        raise EngineError(
            "These weights have no chat template.",
            "Choose instruction-tuned weights (their names end in Instruct or chat).",
        )
    if len(types) != len(tokens):  # control tokens of a document could not be told from text
        raise EngineError("The tokenizer in these weights is incomplete.", "Pull them again, or choose other weights.")
    named = {name: value(f"tokenizer.ggml.{name}_token_id") for name in ("bos", "eos", "padding")}
    # Several model families end a turn with another token than the one that ends a text.
    turn_ends = [
        position
        for position, token in enumerate(tokens)
        if token in ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>")
    ]
    end_ids = sorted({*([named["eos"]] if named["eos"] is not None else []), *turn_ends})
    return FormFacts(
        chat_template=template or "",
        special_tokens={
            f"{name.replace('padding', 'pad')}_token": tokens[index]
            for name, index in named.items()
            if index is not None
        },
        control_tokens=[
            token
            for token, kind in zip(tokens, types, strict=True)
            if kind == _CONTROL or (kind == _USER_DEFINED and re.match(r"<\W|<\w+>|</", token))
        ],
        end_ids=end_ids,
        context=int(value(f"{architecture}.context_length", 2048)),
        cached_numbers=cached_numbers(
            int(value(f"{architecture}.block_count", 0)),
            int(value(f"{architecture}.embedding_length", 0)),
            int(value(f"{architecture}.attention.head_count", 1)),
            value(f"{architecture}.attention.head_count_kv"),
            value(f"{architecture}.attention.key_length"),
        ),
        embeds=embeds,
    )


def cached_numbers(layers: int, width: int, heads: int, kv_heads: Any, head_size: Any) -> int:
    """How many numbers the cache keeps per token: a key and a value for each layer and key-value head."""
    shared = kv_heads if isinstance(kv_heads, int) else heads
    return 2 * layers * shared * int(head_size or width // max(heads, 1))
