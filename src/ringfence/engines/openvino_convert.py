"""Convert weights to the format that OpenVINO runs: graph, tokenizer, and the facts that the graph lacks."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from ..errors import EngineError
from .gguf_metadata import FormFacts, cached_numbers, facts_of_gguf
from .openvino_runtime import explain, runtime
from .selection import unread_by_openvino

__all__ = ["converter_version", "make_form"]


def converter_version() -> str:
    """The version of the converter: OpenVINO GenAI's GGUF reader, and this file."""
    return f"openvino-genai {runtime().genai.__version__}; facts 2"


def make_form(origin: Path, target: Path) -> None:
    """Convert the GGUF file in ``origin``, or copy the OpenVINO export there, into ``target``.

    Raises EngineError if ``origin`` holds neither, or OpenVINO cannot convert it.
    """
    if (origin / "openvino_model.xml").exists():
        for file in origin.iterdir():
            shutil.copy2(file, target / file.name)
        _facts_of_export(origin).write(target)
        return
    files = sorted(origin.glob("*.gguf"))
    if not files:
        raise EngineError(
            "The openvino engine cannot run weights in this format.",
            "Use a GGUF file or an OpenVINO export (openvino_model.xml).",
        )
    facts = facts_of_gguf(files[0])  # first: its errors explain what is wrong with unusable weights
    if facts.embeds:
        raise EngineError("The openvino engine does not embed texts, and these weights do.", "Use --engine llamacpp.")
    if unread := unread_by_openvino(origin):
        raise EngineError(
            f"OpenVINO does not read the precision {unread} of these weights.",
            "Make weights that it reads with `ringfence weights requantise`, or choose --engine llamacpp.",
        )
    # The reader writes its export next to the file that it reads, so it gets a link in the target folder.
    link = target / files[0].name
    for file in files:
        os.symlink(file.resolve(), target / file.name)
    genai = runtime().genai
    try:
        genai.Tokenizer(str(link), enable_save_ov_model=True)
        scheduler = genai.SchedulerConfig()
        scheduler.num_kv_blocks = 16
        genai.ContinuousBatchingPipeline(str(link), scheduler, "CPU", {"enable_save_ov_model": True})
    except (RuntimeError, MemoryError, LookupError, ValueError) as error:  # "map::at" if metadata is missing
        raise explain(error, "converting the weights") from None
    finally:
        for file in files:
            (target / file.name).unlink(missing_ok=True)
    if not (target / "openvino_model.bin").exists():
        raise EngineError("OpenVINO did not write the converted weights.", "Free some disk space and try again.")
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
            "These weights have no chat template.",
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
