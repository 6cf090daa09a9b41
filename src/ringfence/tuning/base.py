"""The base of a training in PyTorch: weights from the store, GGUF dequantised or safetensors, with LoRA around them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..engines import Engine
from ..errors import InputError, WeightsError
from ..extras import need
from ..hardware import has_bfloat16
from ..weights import Store, StoredWeights
from ..weights.lora import LoraMatrices
from ..weights.model_files import gguf_of, has_safetensors
from ..weights.requantisation import PRECISIONS, requantise
from .plan import Computing, Plan

__all__ = [
    "base_faults",
    "computing",
    "load_base",
    "lora_of",
    "require_torch",
    "served_form",
    "tokens_apart",
    "trainable",
    "with_lora",
]


def require_torch() -> None:
    """Raise InputError, with the command that installs them, if the packages for training are missing."""
    need("tune", "torch", "transformers", "peft", "safetensors")
    os.environ.setdefault("TQDM_DISABLE", "1")  # the bars of transformers and peft; ours says what is left


def computing() -> Computing:
    """What computes a training here: the GPUs that torch sees, else the processor."""
    import torch

    gpus = [torch.cuda.get_device_properties(number).total_memory / 1e9 for number in range(torch.cuda.device_count())]
    return Computing(torch.cuda.is_bf16_supported() if gpus else has_bfloat16(), sum(gpus))


def base_faults(weights: StoredWeights, numbers: str) -> list[str]:
    """Why a base cannot be trained here in a precision."""
    if numbers != "4bit":
        return []
    import torch

    faults = [] if torch.cuda.device_count() else ["a base of 4 bits needs a GPU; choose numbers: bfloat16"]
    if not has_safetensors(weights):
        faults.append("a GGUF base cannot be trained with 4 bits; take its safetensors, or numbers: bfloat16")
    return faults


def load_base(weights: StoredWeights, numbers: str) -> Any:
    """Load the base as a transformers model: GGUF is dequantised. Nothing is looked up or downloaded.

    It goes to the GPU, or is spread over all GPUs; ``4bit`` (QLoRA, Dettmers et al. 2023) needs one. Raises
    InputError if there is none, WeightsError if transformers cannot load the base.
    """
    import torch
    import transformers

    gpus = torch.cuda.device_count()
    how: dict[str, Any] = {} if has_safetensors(weights) else {"gguf_file": gguf_of(weights).name}
    if numbers == "4bit":
        if faults := base_faults(weights, numbers):
            raise InputError(f"{'; '.join(faults)}.", "Choose numbers: bfloat16.")
        need("tune-gpu", "bitsandbytes")
        how["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
        )
    if gpus:
        how["device_map"] = "auto" if gpus > 1 else {"": 0}
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(
            str(weights.files), dtype=torch.bfloat16 if numbers == "4bit" else getattr(torch, numbers),
            local_files_only=True, **how,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, NotImplementedError, ImportError) as error:
        raise WeightsError(
            f"transformers cannot load {weights.manifest.name} for training ({str(error)[:120]}).",
            "Choose weights of a common architecture (Llama, Qwen2, Qwen3, Mistral), as GGUF or safetensors.",
        ) from None
    model.config.use_cache = False
    return model


def served_form(base: StoredWeights, precision: str | None, say: Callable[[str], None]) -> StoredWeights:
    """What an engine here runs of a base: the base itself, or for safetensors the GGUF file made of them, in 8 bits.

    Raises WeightsError if the safetensors cannot become one.
    """
    name = base.manifest.name
    if not has_safetensors(base):
        say(f"The base {name} is a GGUF file: its numbers are dequantised for the training.")
        return base
    precision = precision if precision in PRECISIONS else "q8_0"
    label, store = f"{name}-as-{precision}", Store()
    made = store.find(label)
    if made is None or made.manifest.origin != base.manifest.digest:
        say(f"Making {label}, a GGUF file of the safetensors {name}, which engines here serve.")
        made = requantise(base, precision, store, label)
    return made


def tokens_apart(base: StoredWeights, engine: Engine, texts: Mapping[str, str]) -> list[str]:
    """The names of texts that a base of safetensors, by its own tokenizer, reads as other tokens than the engine."""
    if not has_safetensors(base):
        return []
    from tokenizers import Tokenizer

    own = Tokenizer.from_file(str(base.files / "tokenizer.json"))
    return [
        name
        for name, text in texts.items()
        if tuple(own.encode(text, add_special_tokens=False).ids) != engine.tokenize(text)
    ]


def with_lora(model: Any, plan: Plan) -> Any:
    """Put LoRA around every matrix of the layers, its own numbers in float32. The seed determines how it starts."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(plan.seed)
    config = LoraConfig(
        r=plan.rank, lora_alpha=plan.alpha, target_modules="all-linear", lora_dropout=0.0, task_type="CAUSAL_LM"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of transformers, about its own names
        wrapped = get_peft_model(model, config)
    for _, parameter in trainable(wrapped):
        parameter.data = parameter.data.float()
    return wrapped


def trainable(model: Any) -> list[tuple[str, Any]]:
    """The parameters that are trained, by name, in a fixed order."""
    return sorted((name, each) for name, each in model.named_parameters() if each.requires_grad)


def lora_of(state: Mapping[str, Any], plan: Plan) -> LoraMatrices:
    """The matrices of an adapter from arrays by the names of their parameters. Raises InputError if one is alone."""
    pairs: dict[str, dict[str, Any]] = {}
    for name, numbers in state.items():
        matrix, _, rest = name.removeprefix("base_model.model.").partition(".lora_")
        pairs.setdefault(matrix, {})[rest[0]] = np.asarray(numbers, np.float32)
    if any(set(pair) != {"A", "B"} for pair in pairs.values()):
        raise InputError("The adapter is incomplete.", "Train it again.")
    return LoraMatrices({name: (pair["A"], pair["B"]) for name, pair in pairs.items()}, plan.rank, plan.alpha)
