"""How an encoder's states become the row of a text: prefixes, pooling, length; from the weights' own files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .protocol import EmbeddingRecipe, Purpose

__all__ = ["context_of", "pooled", "prefixed", "recipe_in"]

# The names of prompts in config_sentence_transformers.json, first found first.
_PROMPTS: dict[Purpose, tuple[str, ...]] = {
    "question": ("query", "search_query", "question"),
    "passage": ("passage", "document", "search_document"),
}
_POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_lasttoken": "last"}
_OUTPUTS = ("sentence_embedding", "last_hidden_state", "token_embeddings")
_MODULES = ("Transformer", "Pooling", "Normalize")


def recipe_in(folder: Path, otherwise: EmbeddingRecipe) -> EmbeddingRecipe:
    """The recipe that sentence-transformers' files in ``folder`` state; ``otherwise`` for what they do not.

    Raises EngineError if they ask for a layer or a pooling that the engine does not run.
    """
    recipe = otherwise
    modules = _read(folder / "modules.json") or []
    if modules:
        kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules]
        if foreign := [kind for kind in kinds if kind not in _MODULES]:
            raise _unlike(f"a layer of the kind {foreign[0][:40]!r} behind the encoder")
        recipe = replace(recipe, normalise="Normalize" in kinds)
    pooling = _read(folder / "1_Pooling" / "config.json")
    if pooling:
        wanted = [name for name, on in pooling.items() if name.startswith("pooling_mode_") and on is True]
        if len(wanted) != 1 or wanted[0] not in _POOLINGS:
            raise _unlike(f"the pooling {' and '.join(wanted) or 'none'}")
        if pooling.get("include_prompt") is False:
            raise _unlike("a pooling that leaves the prefix out")
        recipe = replace(recipe, pooling=_POOLINGS[wanted[0]])
    prompts = (_read(folder / "config_sentence_transformers.json") or {}).get("prompts") or {}
    length = (_read(folder / "sentence_bert_config.json") or {}).get("max_seq_length")
    return replace(
        recipe,
        question=_prompt(prompts, "question", recipe.question),
        passage=_prompt(prompts, "passage", recipe.passage),
        context=int(length or recipe.context),
    )


def _prompt(prompts: dict[str, Any], purpose: Purpose, otherwise: str) -> str:
    return next((str(prompts[name]) for name in _PROMPTS[purpose] if prompts.get(name)), otherwise)


def context_of(config: dict[str, Any], recipe: EmbeddingRecipe) -> int:
    """The tokens that one text may have: what the recipe says, within the positions of the weights."""
    positions = int(config.get("max_position_embeddings") or 512)
    # These count positions from behind the padding token.
    if str(config.get("model_type", "")) in ("roberta", "xlm-roberta", "camembert", "mpnet"):
        positions -= int(config.get("pad_token_id") or 1) + 1
    return min(recipe.context or positions, positions)


def prefixed(texts: list[str], recipe: EmbeddingRecipe, purpose: Purpose) -> list[str]:
    """Texts behind the prefix that the weights want for this purpose."""
    prefix = recipe.question if purpose == "question" else recipe.passage
    return [prefix + text for text in texts] if prefix else texts


def pooled(
    outputs: dict[str, npt.NDArray[Any]], mask: npt.NDArray[np.int64], recipe: EmbeddingRecipe
) -> npt.NDArray[np.float32]:
    """One row per text, float32, from the outputs of a graph and the ``mask`` (texts, tokens) of real tokens.

    An output ``sentence_embedding`` is taken as it is; else the states (texts, tokens, width) are pooled.
    """
    named = next((name for name in _OUTPUTS if name in outputs), next(iter(outputs)))
    states = outputs[named]
    if states.ndim == 2:
        rows = states
    elif recipe.pooling == "cls":
        rows = states[:, 0]
    elif recipe.pooling == "last":
        rows = states[np.arange(len(states)), np.maximum(mask.sum(1), 1) - 1]
    else:
        rows = (states * mask[..., None]).sum(1) / np.maximum(mask.sum(1, keepdims=True), 1)
    if recipe.normalise:
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return np.asarray(rows, np.float32)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise EngineError(
            f"The file {path.name} of these weights cannot be read ({type(error).__name__}).", "Pull the weights again."
        ) from None


def _unlike(what: str) -> EngineError:
    return EngineError(
        f"These weights want {what}, which the onnx engine does not run.",
        "Choose an encoder with mean, cls or last-token pooling, such as all-minilm-l6-v2-int8.",
    )
