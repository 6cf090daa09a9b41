"""A lock as a TOML file that people read and keep in version control, and how two locks differ."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from ..errors import InputError
from ..files import write_whole
from .canonical import Lock, differing

__all__ = ["Difference", "differences", "read_lock", "require", "write_lock"]

HEADER = """\
# A lock of Ringfence: everything that determines an answer. `ringfence run --locked THIS` refuses on any difference.
# Not written by hand: the digest below is that of everything else here.
"""
WHY = {
    "adapter": "an adapter changes the weights",
    "calibrator": "it decides which answers need no person",
    "embedding": "it chooses the windows and the examples that the model sees",
    "engine.build": "other shared libraries compute in another order, and the last bits decide near ties",
    "engine.name": "each engine computes in its own order, and the last bits decide near ties",
    "engine.settings.cache_gib": "it bounds what is read side by side, and so the order of the arithmetic",
    "engine.settings.max_in_flight": "what is read side by side changes the order of the arithmetic",
    "engine.settings.prefix_caching": "what was kept of another prompt was computed beside other tokens",
    "engine.settings.mode": "solo and batched compute in another order",
    "engine.settings.threads": "sums are split by thread, and the last bits decide near ties",
    "engine.settings": "it changes what the engine computes, or in which order",
    "engine.version": "other code computes in another order, and the last bits decide near ties",
    "few_shot": "other examples are another prompt",
    "gpu": "another graphics processor or driver picks other kernels",
    "ocr": "other letters are read from pictures",
    "packages": "this code reads documents, finds candidates or writes the prompt",
    "processor": "the engine picks its kernels by instruction set",
    "prompt": "the wording of the prompt is another",
    "readers": "another reader may give another text of the same file",
    "sampling": "it chooses the next token",
    "task": "another question",
    "template": "the chat template is a part of every prompt",
    "weights.converter": "another converter may make other numbers of the same weights",
    "weights.form": "the numbers that run are others (precision, layout)",
    "weights": "other weights give other answers",
    "windows": "long documents are cut at other places",
}


@dataclass(frozen=True)
class Difference:
    """One path at which two locks differ, and why that can change answers. None: the lock does not have it."""

    path: str
    expected: Any
    found: Any

    @property
    def why(self) -> str:
        """The reason, by the longest prefix of the path that is known."""
        parts = self.path.split(".")
        for size in range(len(parts), 0, -1):
            if reason := WHY.get(".".join(parts[:size])):
                return reason
        return "it is a part of what determines an answer"

    def __str__(self) -> str:
        return f"{self.path}: expected {_short(self.expected)}, found {_short(self.found)} ({self.why})"


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[Difference]:
    """Everything at which the data of two locks differ."""
    return [Difference(*row) for row in differing(expected, found)]


def require(expected: Lock, found: Lock, source: str) -> None:
    """Raises InputError with every difference."""
    if listed := differences(expected.data, found.data):
        raise InputError(
            f"{source} does not hold here; {len(listed)} things differ:\n" + "\n".join(f"  {one}" for one in listed),
            "Put back what was locked; or, if the change is meant, lock anew, evaluate, and compare.",
        )


def write_lock(lock: Lock, path: Path) -> None:
    """Write the file."""
    write_whole(path, HEADER + tomli_w.dumps({"digest": lock.digest, **lock.data}, multiline_strings=False))


def read_lock(path: Path) -> Lock:
    """A lock from its file. Raises InputError where it is none, or was changed by hand."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        stated = data.pop("digest")
        if data.get("schema") != 1:
            raise ValueError("it is of another version")
        lock = Lock(**data)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).", "`ringfence lock` writes one.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no lock ({str(error)[:100]}).", "`ringfence lock` writes one.") from None
    if lock.digest != stated:
        raise InputError(f"{path} was changed after it was written.", "Restore it from version control, or lock anew.")
    return lock


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = str(value)
    return text if len(text) <= 80 else f"{text[:50]} ... {text[-20:]}"
