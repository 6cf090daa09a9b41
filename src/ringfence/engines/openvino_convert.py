"""Convert weights to the format that OpenVINO runs: graph, tokenizer, and the facts that the graph lacks."""

from __future__ import annotations

import json
import os
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..gguf_copy import Progress, copy_gguf
from ..gguf_header import GgufHeader
from .gguf_metadata import FormFacts, cached_numbers, facts_of_gguf
from .openvino_distance import FURTHEST, distances
from .openvino_groups import widen_groups
from .openvino_runtime import explain, runtime
from .protocol import ShareDone
from .selection import READ_EXACTLY, unread_by_openvino

__all__ = ["converter_version", "make_form"]

DISTANCES = "distances.json"


def converter_version() -> str:
    """The version of the converter: OpenVINO GenAI's GGUF reader, the precision that it is given, and this file."""
    return f"openvino-genai {runtime().genai.__version__}; gguf {version('gguf')}; 8 bits in groups of 128; facts 2"


def make_form(origin: Path, target: Path, progress: ShareDone = lambda share: None) -> None:
    """Convert the GGUF file in ``origin``, or copy the OpenVINO export there, into ``target``.

    Matrices in a precision that OpenVINO reads with other numbers are given to it in 8 bits, in groups of 128 numbers
    where their width and their numbers allow it. Raises EngineError if
    ``origin`` holds neither, if OpenVINO cannot convert it, or if the result is not what the file holds.
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
    if unread := unread_by_openvino([GgufHeader(file) for file in files]):
        raise EngineError(
            f"OpenVINO does not read the precision {unread} of these weights.", "Choose --engine llamacpp."
        )
    _convert(files, target, _part(progress, 0))
    widen_groups(target / "openvino_model.xml", files, READ_EXACTLY, _part(progress, 1))
    _state_distance(target, files, _part(progress, 2))
    facts.write(target)


def _part(progress: ShareDone, number: int) -> Progress:
    """The progress of one of three parts that take about as long: copying, wider groups, distances."""
    return lambda done, all_of_it: progress((number + done / max(1, all_of_it)) / 3)


def _convert(files: list[Path], target: Path, progress: Progress) -> None:
    """Have GenAI's reader write its export to ``target``."""
    read = [target / file.name for file in files]  # the reader writes next to the file that it reads
    for number, (file, here) in enumerate(zip(files, read, strict=True)):
        if set(GgufHeader(file).tensors.values()) <= READ_EXACTLY:
            os.symlink(file.resolve(), here)
        else:

            def copied(written: int, tensors: int, before: int = number) -> None:
                progress(before * tensors + written, len(files) * tensors)

            copy_gguf(file, here, "q8_0", keep=READ_EXACTLY, progress=copied)
    genai = runtime().genai
    try:
        genai.Tokenizer(str(read[0]), enable_save_ov_model=True)
        scheduler = genai.SchedulerConfig()
        scheduler.num_kv_blocks = 16
        genai.ContinuousBatchingPipeline(str(read[0]), scheduler, "CPU", {"enable_save_ov_model": True})
    except (RuntimeError, MemoryError, LookupError, ValueError) as error:  # "map::at" if metadata is missing
        raise explain(error, "converting the weights") from None
    finally:
        for here in read:
            here.unlink(missing_ok=True)
    if not (target / "openvino_model.bin").exists():
        raise EngineError("OpenVINO did not write the converted weights.", "Free some disk space and try again.")


def _state_distance(target: Path, files: list[Path], progress: Progress) -> None:
    """Write how far every matrix is from the file. Raises EngineError if one is beyond the bound."""
    found = distances(target / "openvino_model.xml", files, progress)
    name, worst = max(found.items(), key=lambda item: item[1])
    if not worst <= FURTHEST:  # also if it is no number
        raise EngineError(
            f"OpenVINO changed these weights on the way: {name} is {worst:.1%} from the file, and the bound is "
            f"{FURTHEST:.0%}.",
            "Choose --engine llamacpp, and report this to Ringfence.",
        )
    record = {"bound": FURTHEST, "worst": worst, "mean": sum(found.values()) / len(found), "matrices": found}
    (target / DISTANCES).write_text(json.dumps(record, indent=1), encoding="utf-8")


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
