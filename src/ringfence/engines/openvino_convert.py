"""Make the form of weights that OpenVINO runs: its graph and tokenizer, and the facts that the graph does not hold."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from ..errors import EngineError
from .gguf_metadata import FormFacts, cached_numbers, facts_of_gguf
from .openvino_runtime import explain, runtime

__all__ = ["converter_version", "make_form"]


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
    facts = facts_of_gguf(files[0])  # first: it says what is wrong with weights that cannot be used
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
    facts.write(target)


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
        cached_numbers=cached_numbers(
            int(config.get("num_hidden_layers", 0)),
            int(config.get("hidden_size", 0)),
            int(config.get("num_attention_heads", 1)),
            config.get("num_key_value_heads"),
            config.get("head_dim"),
        ),
    )
