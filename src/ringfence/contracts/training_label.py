"""A line of a file of training labels: what may train a model, and is never gold."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field

from ..clock import now
from .base import Contract

__all__ = ["TRAINING_ORIGINS", "AcceptedBy", "LabelOrigin", "TrainingLabel"]

LabelOrigin = Literal["corrected", "accepted", "synthetic"]
AcceptedBy = Literal["person", "calibrator", "checks", "nobody"]
TRAINING_ORIGINS: frozenset[str] = frozenset(get_args(LabelOrigin))
"""No line of gold has one of these origins, so no file of training labels can be taken for gold."""


class TrainingLabel(Contract):
    """The values of one document, for training only.

    ``origin`` is ``corrected`` (a person changed an answer), ``accepted`` (an answer that was accepted as it is) or
    ``synthetic`` (an answer that nobody accepted). ``accepted_by`` says by whom: a person, the decision of a
    ``calibrator`` (its digest), the ``checks`` of the task, or nobody. ``by``, ``at`` and ``note`` are those of the
    gold; ``old`` holds the answers that the person changed, by path. The answers come from ``run``, made by ``weights``
    under ``lock``. A field that is not in ``values`` was not judged. ``family`` is what the answers said of the field
    by which the gold keeps documents together. ``sha256`` is that of the document's bytes.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)
    omitted: ClassVar[frozenset[str]] = frozenset({"note", "old", "calibrator", "family"})

    schema_version: Literal[1] = Field(default=1, alias="schema")
    document: str
    sha256: str | None = None
    values: dict[str, Any]
    origin: LabelOrigin
    accepted_by: AcceptedBy
    by: str = ""
    at: str = Field(default_factory=now)
    note: str | None = None
    old: dict[str, str | None] | None = None
    calibrator: str | None = None
    family: str | None = None
    run: str
    weights: str = ""
    lock: str

    @property
    def key(self) -> tuple[str, str]:
        """Name and bytes of the document: two archives may use one name for two documents."""
        return self.document, self.sha256 or ""
