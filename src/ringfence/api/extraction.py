"""Extract into pydantic models: typed objects, with the evidence for each value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from ..contracts import DocumentFacts, FieldAnswer, Result
from ..inference import AnswerOptions
from ..tasks import task_from
from ..tasks.extract.pydantic_model import plain_values
from .model import Inputs, open_model

__all__ = ["TypedResult", "extract"]

T = TypeVar("T", bound=BaseModel)


class TypedResult(Generic[T]):
    """The values of one document as an instance of your model, with the evidence for each.

    ``value`` is None if the document failed, or if a required value was not found; ``problem`` gives the reason.
    """

    def __init__(self, model: type[T], result: Result) -> None:
        self.result = result
        self.value: T | None = None
        self.problem = result.reason or ""
        if not result.answered:
            return
        try:
            self.value = model.model_validate(plain_values(model, result.values or {}))
        except ValidationError as error:
            paths = [".".join(map(str, fault["loc"])) for fault in error.errors()]
            self.problem = f"no usable value for {', '.join(paths)}"

    @property
    def document(self) -> DocumentFacts:
        """The document."""
        return self.result.document

    @property
    def status(self) -> str:
        """``done``, ``failed`` or ``abstained``."""
        return self.result.status

    @property
    def values(self) -> Mapping[str, Any]:
        """The values as plain JSON; empty if there are none."""
        return self.result.values or {}

    @property
    def fields(self) -> Mapping[str, FieldAnswer]:
        """The evidence for each value, by path: spans, boxes, flags."""
        return self.result.fields or {}

    def __repr__(self) -> str:
        return (
            f"TypedResult({self.document.id!r}, {self.value!r})"
            if self.value
            else (f"TypedResult({self.document.id!r}, {self.status}: {self.problem})")
        )

    def _repr_html_(self) -> str:
        return self.result._repr_html_()


def extract(
    inputs: Inputs,
    model: type[T],
    weights: str = "demo",
    *,
    options: AnswerOptions | None = None,
    say: Callable[[str], None] = lambda sentence: None,
    **model_options: Any,
) -> list[TypedResult[T]]:
    """Extract documents into instances of a pydantic model, sorted by document id.

    The model's fields, descriptions and types (Literal, Decimal, date, nested models, lists of models, Optional) define
    the task; see ``task_from``. ``weights`` and ``model_options`` are those of ``open_model``. For many documents, use
    ``Model.run``: a run can be resumed.
    """
    task = task_from(model)
    with open_model(weights, say=say, **model_options) as opened:
        results = list(opened.stream(task, inputs, options))
    return [TypedResult(model, result) for result in sorted(results, key=lambda result: result.document.id)]
