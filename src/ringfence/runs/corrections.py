"""A run as persons corrected it: the values of gold in place of the answers, with who corrected what, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contracts import Result, field_of
from .run_folder import RunFolder

__all__ = ["CorrectedRun", "Correction"]


@dataclass(frozen=True)
class Correction:
    """What a person confirmed about one document.

    ``values`` are the confirmed ones, by top-level name. ``former`` holds the answer at each path that the person
    changed, as text; nothing where there was none.
    """

    values: Mapping[str, Any]
    by: str
    at: str
    former: Mapping[str, str | None]

    def summary(self, prefix: str = "") -> str:
        """The former values at paths that begin with ``prefix``, in words."""
        said = [f"{path}: was {value or 'nothing'}" for path, value in self.former.items() if path.startswith(prefix)]
        return "; ".join(said)

    def apply(self, result: Result) -> Result:
        """The result with the confirmed values; a confirmed value has no flags."""
        values = {**(result.values or {}), **self.values}
        fields = {
            path: answer.model_copy(update={"flags": []}) if field_of(path).split(".")[0] in self.values else answer
            for path, answer in (result.fields or {}).items()
        }
        return result.model_copy(update={"values": values, "fields": fields})


class CorrectedRun(RunFolder):
    """A run folder that yields corrected results; its ``corrections`` are by document."""

    def __init__(self, folder: RunFolder, corrections: Mapping[str, Correction]) -> None:
        super().__init__(folder.path)
        self._folder = folder
        self.corrections = corrections

    @property
    def parts(self) -> Sequence[RunFolder]:
        """The runs behind it."""
        return self._folder.parts

    def latest(self) -> Iterator[Result]:
        """Yield the latest result of each document, corrected."""
        for result in self._folder.latest():
            correction = self.corrections.get(result.document.id)
            yield correction.apply(result) if correction else result
