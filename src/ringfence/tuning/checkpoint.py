"""Where a training stands, in one file that is replaced whole: numbers as safetensors, the rest in its header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import fresh_file

__all__ = ["Checkpoint", "Epoch"]


@dataclass(frozen=True)
class Epoch:
    """An epoch that ended: the mean loss of a learned token, the share right on the dev part, and its seconds.

    ``dev`` is None until the dev part is answered.
    """

    number: int
    loss: float
    dev: float | None
    seconds: float


@dataclass
class Checkpoint:
    """The numbers of a training by name (``lora/...``, ``first/...``, ``second/...`` of the optimiser), and its place.

    ``step`` steps are done; ``epochs`` have ended. ``loss`` and ``seconds`` are of the epoch under way, ``summed`` its
    steps whose loss is a number, ``before`` the share right on the dev part without an adapter, ``skipped`` the steps
    whose gradient was no number. ``digest`` says what is trained: another base, plan or label cannot go on from here.
    ``choice`` says how the dev part was answered and compared: epochs that were compared otherwise cannot be chosen
    among. ``made`` says by what it was trained: other code, packages or numbers cannot go on either, until the training
    is ``finished``. Then any machine can, and the file holds the adapter of the best epoch alone, or no numbers where
    the best is not chosen yet.
    """

    digest: str
    choice: str = ""
    step: int = 0
    loss: float = 0.0
    summed: int = 0
    tokens: int = 0
    seconds: float = 0.0
    made: Mapping[str, Any] = field(default_factory=dict)
    before: float | None = None
    skipped: int = 0
    epochs: list[Epoch] = field(default_factory=list)
    finished: bool = False
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Replace the file at ``path``; a kill leaves the old one."""
        from safetensors.torch import save_file

        state = {name: value for name, value in vars(self).items() if name != "numbers"}
        state["epochs"] = [vars(each) for each in self.epochs]
        with fresh_file(path) as temporary:
            save_file({name: each.contiguous() for name, each in self.numbers.items()}, temporary,
                      metadata={"state": json.dumps(state)})  # fmt: skip

    @classmethod
    def read(cls, path: Path, start: Checkpoint, *, kept: bool = False) -> Checkpoint:
        """Read a checkpoint of the training that begins at ``start``. Raises InputError if it is damaged or another.

        An epoch that is ``kept`` is for any machine.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="pt") as file:
                state = json.loads(file.metadata()["state"])
                numbers = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            epochs = [Epoch(**each) for each in state.pop("epochs")]
            found = cls(**state, epochs=epochs, numbers=numbers)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            raise InputError(f"The checkpoint {path} is damaged.", "Delete it, and train from the beginning.") from None
        if found.digest != start.digest:
            raise InputError(
                f"The checkpoint {path} belongs to another training: labels, weights or settings differ.",
                "Give the same ones, or train into another folder.",
            )
        if (found.before is not None or any(each.dev is not None for each in epochs)) and found.choice != start.choice:
            raise InputError(
                f"The dev part was answered otherwise for {path}: task, checks, dev labels, engine, --window or "
                "--compare differ.",
                "Give the same ones, or train into another folder.",
            )
        found.choice = start.choice
        if found.made != start.made and not (found.finished or kept):
            differs = ", ".join(sorted(name for name in start.made if found.made.get(name) != start.made[name]))
            raise InputError(
                f"The checkpoint {path} is of an unfinished training on something else: {differs} differ.",
                "Finish it where it began, or train into another folder.",
            )
        return found
