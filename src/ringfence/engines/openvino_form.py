"""Make the form of weights that OpenVINO runs: its graph and tokenizer, and the facts that the graph does not hold."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import EngineError
from .openvino_runtime import explain, runtime

__all__ = ["FormFacts", "converter_version", "make_form"]

FACTS = "form.json"
_CONTROL, _USER_DEFINED = 3, 4  # token types in GGUF


@dataclass(frozen=True)
class FormFacts:
    """What is needed beside the graph: the chat template, the special tokens, the context, the end tokens, and how many
    numbers the cache keeps for each token (0: not known)."""

    chat_template: str
    special_tokens: dict[str, str]
    control_tokens: list[str]
    end_ids: list[int]
    context: int
    cached_numbers: int = 0

    @classmethod
    def read(cls, folder: Path) -> FormFacts:
        """The facts kept in ``folder``."""
        return cls(**json.loads((folder / FACTS).read_text(encoding="utf-8")))

    def write(self, folder: Path) -> None:
        """Keep the facts in ``folder``."""
        (folder / FACTS).write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")


def converter_version() -> str:
    """The code that makes the form: OpenVINO GenAI's GGUF reader, and this file."""
    return f"openvino-genai {runtime().genai.__version__}; facts 2"


def make_form(origin: Path, target: Path) -> None:
    """Convert the GGUF file in ``origin``, or take over the OpenVINO export that lies there, into ``target``."""
    if (origin / "openvino_model.xml").exists():
        for file in origin.iterdir():
            shutil.copy2(file, target / file.name)
        _facts_of_export(origin).write(target)
        return
    files = sorted(origin.glob("*.gguf"))
    if not files:
        raise EngineError(
            "The openvino engine cannot run weights in this form.",
            "Give it a GGUF file or an OpenVINO export (openvino_model.xml).",
        )
    # The reader writes its export beside the file that it reads, so it reads a link in the target folder.
    link = target / files[0].name
    for file in files:
        os.symlink(file.resolve(), target / file.name)
    genai = runtime().genai
    try:
        genai.Tokenizer(str(link), enable_save_ov_model=True)
        scheduler = genai.SchedulerConfig()
        scheduler.num_kv_blocks = 16
        genai.ContinuousBatchingPipeline(str(link), scheduler, "CPU", {"enable_save_ov_model": True})
    except (RuntimeError, MemoryError, LookupError, ValueError) as error:  # "map::at" for metadata that it misses
        raise explain(error, "converting the weights") from None
    finally:
        for file in files:
            (target / file.name).unlink(missing_ok=True)
    if not (target / "openvino_model.bin").exists():
        raise EngineError("OpenVINO did not write its form of the weights.", "Free some disk space and try again.")
    _facts_of_gguf(files[0]).write(target)


def _facts_of_gguf(file: Path) -> FormFacts:
    from gguf import GGUFReader

    fields = GGUFReader(str(file)).fields

    def value(key: str, default: Any = None) -> Any:
        return fields[key].contents() if key in fields else default

    architecture = value("general.architecture")
    tokens: list[str] = value("tokenizer.ggml.tokens", [])
    types: list[int] = value("tokenizer.ggml.token_type", [])
    template = value("tokenizer.chat_template")
    if not template:
        raise EngineError(
            "The weights carry no chat template.",
            "Choose instruction-tuned weights (their names end in Instruct or chat).",
        )
    named = {name: value(f"tokenizer.ggml.{name}_token_id") for name in ("bos", "eos", "padding")}
    # Templates of several families end a turn with a token other than the one that ends a text.
    turn_ends = [
        position
        for position, token in enumerate(tokens)
        if token in ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>")
    ]
    end_ids = sorted({*([named["eos"]] if named["eos"] is not None else []), *turn_ends})
    return FormFacts(
        chat_template=template,
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
        cached_numbers=_cached_numbers(
            int(value(f"{architecture}.block_count", 0)),
            int(value(f"{architecture}.embedding_length", 0)),
            int(value(f"{architecture}.attention.head_count", 1)),
            value(f"{architecture}.attention.head_count_kv"),
            value(f"{architecture}.attention.key_length"),
        ),
    )


def _facts_of_export(folder: Path) -> FormFacts:
    def load(name: str) -> dict[str, Any]:
        path = folder / name
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return found

    config, tokenizer, generation = load("config.json"), load("tokenizer_config.json"), load("generation_config.json")
    separate = folder / "chat_template.jinja"
    template = separate.read_text(encoding="utf-8") if separate.exists() else tokenizer.get("chat_template")
    if not isinstance(template, str):
        raise EngineError(
            "The weights carry no chat template.",
            "Choose instruction-tuned weights (their names end in Instruct or chat).",
        )
    added = {int(index): token for index, token in tokenizer.get("added_tokens_decoder", {}).items()}
    ends = generation.get("eos_token_id", config.get("eos_token_id", []))

    def text_of(name: str) -> str | None:
        token = tokenizer.get(name)
        return token.get("content") if isinstance(token, dict) else token

    return FormFacts(
        chat_template=template,
        special_tokens={name: text for name in ("bos_token", "eos_token", "pad_token") if (text := text_of(name))},
        control_tokens=[token["content"] for token in added.values() if token.get("special")],
        end_ids=ends if isinstance(ends, list) else [ends],
        context=int(config.get("max_position_embeddings", 2048)),
        cached_numbers=_cached_numbers(
            int(config.get("num_hidden_layers", 0)),
            int(config.get("hidden_size", 0)),
            int(config.get("num_attention_heads", 1)),
            config.get("num_key_value_heads"),
            config.get("head_dim"),
        ),
    )


def _cached_numbers(layers: int, width: int, heads: int, kv_heads: Any, head_size: Any) -> int:
    """Numbers that the cache keeps for one token: a key and a value for each layer and key-value head."""
    shared = kv_heads if isinstance(kv_heads, int) else heads
    return 2 * layers * shared * int(head_size or width // max(heads, 1))
