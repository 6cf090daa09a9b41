"""A lock as a TOML file that people read and keep in version control, and the differences between two locks."""

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
# A Ringfence lock: everything that determines an answer. `ringfence run --locked THIS` refuses any difference.
# Do not edit: the digest below covers everything else in this file.
"""
SCHEMAS = (1, 2)
WHY = {
    "adapter": "an adapter changes the weights",
    "cascade": "it decides which documents the ranker answers without the language model",
    "corpus": "other passages are found, or the same ones in another order",
    "calibrator": "it decides which answers need no review",
    "embedding": "it chooses the windows and the examples that the model sees",
    "engine.build": "other shared libraries compute in another order, and the last bits decide near ties",
    "engine.name": "each engine computes in its own order, and the last bits decide near ties",
    "engine.settings.cache_gib": "it limits what is computed side by side, and so the order of the arithmetic",
    "engine.settings.max_in_flight": "what is computed side by side changes the order of the arithmetic",
    "engine.settings.prefix_caching": "keys and values from another prompt were computed beside other tokens",
    "engine.settings.mode": "solo and batched mode compute in a different order",
    "engine.settings.threads": "threads split sums, and the last bits decide near ties",
    "engine.settings": "it changes what the engine computes, or in which order",
    "engine.version": "other code computes in another order, and the last bits decide near ties",
    "few_shot": "other examples make another prompt",
    "gpu": "another GPU or driver picks other kernels",
    "reading": "it decides which rows and fields of a file are read as text",
    "ocr": "it changes the text that is read from pictures",
    "packages": "this code reads documents, finds candidates or writes the prompt",
    "processor": "the engine picks its kernels by instruction set",
    "prompt": "the wording of the prompt differs",
    "ranker": "it chooses among the values that a document could have",
    "readers": "another reader may get a different text from the same file",
    "sampling": "it chooses the next token",
    "task": "the question differs",
    "template": "the chat template is part of every prompt",
    "weights.converter": "another converter may compute other numbers from the same weights",
    "weights.form": "the numbers that run differ (precision, layout)",
    "weights": "other weights give other answers",
    "windows": "it changes where long documents are split",
}


@dataclass(frozen=True)
class Difference:
    """One path at which two locks differ, and why that can change answers. None: the lock lacks the value."""

    path: str
    expected: Any
    found: Any

    @property
    def why(self) -> str:
        """The reason for the longest known prefix of the path."""
        parts = self.path.split(".")
        for size in range(len(parts), 0, -1):
            if reason := WHY.get(".".join(parts[:size])):
                return reason
        return "it is part of what determines an answer"

    def describe(self, left: str, right: str) -> str:
        """One line for people; ``left`` and ``right`` name the two sides."""
        return f"{self.path}: {left} {_short(self.expected)}, {right} {_short(self.found)} ({self.why})"

    def __str__(self) -> str:
        return self.describe("expected", "found")


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[Difference]:
    """Every difference between the data of two locks.

    A lock of schema 1 named only ten packages and no reading. If such a lock is expected, only these packages count;
    the schema itself does not.
    """
    if expected.get("schema") == 1 and found.get("schema") != 1:
        named = expected.get("packages", {})
        packages = {name: version for name, version in found.get("packages", {}).items() if name in named}
        found = {name: value for name, value in found.items() if name != "reading"}
        found = {**found, "schema": 1, "packages": packages}
        expected = {**expected, "packages": named}
    return [Difference(*row) for row in differing(expected, found)]


def require(expected: Lock, found: Lock, source: str) -> None:
    """Raises InputError with every difference between the lock of ``source`` and the one found on this machine."""
    if listed := differences(expected.data, found.data):
        count = f"{len(listed)} difference{'s' if len(listed) > 1 else ''}"
        raise InputError(
            f"This machine does not match the lock of {source}; {count}:\n"
            + "\n".join(f"  {difference}" for difference in listed),
            "Restore what was locked; or, if the change is intended, lock again, evaluate and compare.",
        )


def write_lock(lock: Lock, path: Path) -> None:
    """Write the lock file."""
    write_whole(path, HEADER + tomli_w.dumps({"digest": lock.digest, **lock.data}, multiline_strings=False))


def read_lock(path: Path) -> Lock:
    """Read a lock from its file. Raises InputError if the file is not a lock or was edited."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        stated = data.pop("digest")
        if data.get("schema") not in SCHEMAS:
            raise ValueError(f"unknown schema {data.get('schema')}")
        lock = Lock(**data)
    except OSError as error:
        raise InputError(f"Cannot read {path} ({error.strerror}).", "`ringfence lock` writes a lock.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a lock ({str(error)[:100]}).", "`ringfence lock` writes a lock.") from None
    if lock.digest != stated:
        raise InputError(f"{path} was changed after it was written.", "Restore it from version control, or lock again.")
    return lock


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = str(value)
    return text if len(text) <= 80 else f"{text[:50]} ... {text[-20:]}"
