"""The plan of a training: every setting with its reason, checked as a whole before any work starts."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from ..errors import InputError

__all__ = ["Computing", "Plan", "Settings", "needed_gb", "plan_for", "read_settings"]

LARGE = 1_000_000_000  # parameters
SMALL_GOLD = 100  # documents
MANY_EPOCHS = 4
FEW_OF_AN_OPTION = 30  # documents; with 13 each of 77 at most four passes gave 0.65, eight 0.78 (135M)
MICRO, MICRO_OF_GPU = 1024, 16_384  # tokens computed at once; a GPU waits for its commands with fewer
FILLED = 0.6  # of a GPU's memory
BYTES = {"float32": 4.0, "bfloat16": 2.0, "4bit": 0.6}  # of a parameter


@dataclass(frozen=True)
class Computing:
    """What computes a training: whether it multiplies bfloat16, and the memory in GB of its GPUs (0 without one)."""

    bfloat16: bool
    gpu_gb: float = 0.0


@dataclass(frozen=True)
class Settings:
    """How an adapter is trained. None lets the plan choose.

    ``rank`` and ``alpha`` are LoRA's; ``learning_rate`` is the highest of a schedule that rises over the first 5 % of
    the steps and falls in a line to zero; ``batch`` counts prompts of one step; ``length`` is the most tokens of a
    prompt with its answer; ``micro`` the most tokens computed at once; ``patience`` the epochs without a better dev
    part after which training stops; ``numbers`` the precision of the base during training.
    """

    rank: int | None = None
    alpha: int | None = None
    learning_rate: float | None = None
    epochs: int | None = None
    batch: int | None = None
    length: int | None = None
    micro: int | None = None
    patience: int | None = None
    seed: int | None = None
    numbers: Literal["bfloat16", "float32", "4bit"] | None = None
    merged: Literal["q8_0", "q4_0", "f16"] | None = None

    def over(self, other: Settings) -> Settings:
        """These settings, and those of ``other`` where these leave a choice."""
        return replace(other, **{name: value for name, value in vars(self).items() if value is not None})


@dataclass(frozen=True)
class Plan:
    """Settings without a gap, and the reason for each."""

    rank: int
    alpha: int
    learning_rate: float
    epochs: int
    batch: int
    length: int
    micro: int
    patience: int
    seed: int
    numbers: str
    merged: str
    reasons: dict[str, str]

    def rows(self) -> list[tuple[str, str, str]]:
        """(setting, value, reason) of every setting, for people."""
        names = [each.name for each in fields(self) if each.name != "reasons"]
        return [(name, f"{getattr(self, name):g}" if name == "learning_rate" else str(getattr(self, name)),
                 self.reasons[name]) for name in names]  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Plain data, without the reasons."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "reasons"}


LIMITS: dict[str, tuple[float, float]] = {
    "rank": (1, 512), "alpha": (1, 4096), "learning_rate": (1e-7, 0.1), "epochs": (1, 1000), "batch": (1, 4096),
    "length": (32, 1_000_000), "micro": (32, 10_000_000), "patience": (1, 1000), "seed": (0, 2**63 - 1),
}  # fmt: skip
CHOICES = {"numbers": ("bfloat16", "float32", "4bit"), "merged": ("q8_0", "q4_0", "f16")}
WHOLE = {"rank", "alpha", "epochs", "batch", "length", "micro", "patience", "seed"}


def needed_gb(parameters: int, numbers: str, tokens: int) -> float:
    """The memory of a training in GB: the base, the libraries, and what ``tokens`` at once keep for their way back.

    Measured on the 135M: 3.0 GB with parts of 1,024 tokens, 4.7 GB with 2,048: 146 bytes a token for the square root
    of the parameters.
    """
    return float(BYTES[numbers] * parameters * 1.2 + 1e9 + 146 * tokens * parameters**0.5) / 1e9


def plan_for(
    settings: Settings,
    *,
    parameters: int,
    context: int,
    longest: int,
    documents: int,
    computing: Computing,
    options: int = 0,
) -> Plan:
    """Choose what ``settings`` leave open, each with its reason.

    ``parameters`` of the base, its ``context`` and the ``longest`` example in tokens, labelled ``documents`` to train
    on, the number of ``options`` of its longest closed list, and what computes. Raises InputError with every
    fault of the settings.
    """
    given = {name: value for name, value in vars(settings).items() if value is not None}
    faults = [fault for name, value in given.items() if (fault := _fault(name, value))]
    if isinstance(length := given.get("length"), int) and length > context:
        faults.append(f"length: {length} is more than the context of these weights ({context})")
    if faults:
        raise InputError(f"The settings of the training are wrong: {'; '.join(faults)}.", "Correct all of them.")
    epochs = _epochs(documents, options)
    chosen: dict[str, tuple[Any, str]] = {
        "rank": (16, "enough for one task; with 77 labels to choose from, 64 learned a little more"),
        "alpha": (32, "twice the usual rank of 16, so that the learning rate keeps its meaning"),
        "learning_rate": (
            (2e-4, "weights of a billion parameters or more take small steps")
            if parameters >= LARGE
            else (5e-4, "small weights take larger steps: about ten times those of full fine-tuning")
        ),
        "epochs": epochs,
        "batch": (8, "a few hundred labels give too few steps with more"),
        "length": (min(context, max(256, longest)), f"the longest example has {longest} tokens, the context {context}"),
        "micro": _micro(parameters, computing),
        "patience": (
            (3, "three epochs without a better dev part end the training; of many epochs two can be chance")
            if given.get("epochs", epochs[0]) > MANY_EPOCHS
            else (2, "two epochs without a better dev part end the training")
        ),
        "seed": (0, "fixed, so that the training can be repeated"),
        "numbers": _numbers(parameters, computing),
        "merged": ("q8_0", "8 bits are nearest to what was trained among those that every engine runs fast"),
    }  # fmt: skip
    chosen |= {name: (value, "given") for name, value in given.items()}
    return Plan(
        **{name: value for name, (value, _) in chosen.items()}, reasons={name: why for name, (_, why) in chosen.items()}
    )


def _epochs(documents: int, options: int) -> tuple[int, str]:
    if documents < SMALL_GOLD:
        return 8, f"few labels ({documents}): more passes, ended early by the dev part"
    if documents < FEW_OF_AN_OPTION * options:
        return 8, f"{documents} labels of {options} options are few of each: more passes, ended early by the dev part"
    return 4, f"{documents} labels: four passes at most, ended early by the dev part"


def _numbers(parameters: int, computing: Computing) -> tuple[str, str]:
    if computing.gpu_gb and needed_gb(parameters, "bfloat16", MICRO) > computing.gpu_gb:
        return "4bit", f"16 bits of these weights do not fit into {computing.gpu_gb:.0f} GB of the GPU"
    if computing.bfloat16:
        return (
            "bfloat16",
            f"this {'GPU' if computing.gpu_gb else 'processor'} computes with 16 bits faster than with 32",
        )
    return "float32", "this processor does not compute faster with 16 bits"


def _micro(parameters: int, computing: Computing) -> tuple[int, str]:
    if not computing.gpu_gb:
        return MICRO, "what is computed at once; memory grows with it, the result does not change"
    micro, numbers = MICRO_OF_GPU, _numbers(parameters, computing)[0]
    while micro > MICRO and needed_gb(parameters, numbers, micro) > FILLED * computing.gpu_gb:
        micro //= 2
    return micro, f"what is computed at once: as much as {computing.gpu_gb:.0f} GB of the GPU hold with room to spare"


def _fault(name: str, value: Any) -> str | None:
    if name in CHOICES:
        return None if value in CHOICES[name] else f"{name}: {value!r} is none of {', '.join(CHOICES[name])}"
    low, high = LIMITS[name]
    if isinstance(value, bool) or not isinstance(value, int if name in WHOLE else int | float):
        return f"{name}: {value!r} is not a {'whole number' if name in WHOLE else 'number'}"
    return None if low <= value <= high else f"{name}: {str(value)[:20]} is not between {low:g} and {high:g}"


def _number_of(value: Any) -> Any:
    """The number that people mean by 1e-4, which is text in YAML; anything else as it is."""
    return float(value) if isinstance(value, str) and re.fullmatch(r"\d+(?:\.\d*)?[eE][+-]?\d{1,3}", value) else value


def read_settings(path: Path | None) -> Settings:
    """Read settings from a YAML file. Raises InputError with every key that is none."""
    if path is None:
        return Settings()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:  # ValueError: a date that is none
        raise InputError(f"{path} cannot be read ({type(error).__name__}).", "Give a YAML file of settings.") from None
    known = [each.name for each in fields(Settings)]
    if data is None:
        return Settings()
    if not isinstance(data, dict):
        raise InputError(f"{path} holds no settings.", f"Write lines such as `epochs: 4`. Known: {', '.join(known)}.")
    data = {name: _number_of(value) for name, value in data.items()}
    faults = [f"{name}: no such setting" for name in sorted(map(str, {*data} - {*known}))]
    faults += [fault for name, value in data.items() if name in known and value is not None
               and (fault := _fault(name, value))]  # fmt: skip
    if faults:
        raise InputError(
            f"The settings of the training are wrong: {'; '.join(faults)}.",
            f"Correct all of them in {path}. Known: {', '.join(known)}.",
        )
    return Settings(**data)
