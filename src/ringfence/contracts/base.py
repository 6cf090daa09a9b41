"""The base of every contract: a model of plain JSON data that keeps unknown keys."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

__all__ = ["Contract"]


class Contract(BaseModel):
    """Plain JSON data with names and types.

    Unknown keys are kept, so a file of a later version survives a round trip. ``omitted`` names the fields that are
    left out of the file if they are empty (None, or an empty list or mapping); ``optional`` names those that are left
    out if they are None.
    """

    model_config = ConfigDict(extra="allow", populate_by_name=True)
    omitted: ClassVar[frozenset[str]] = frozenset()
    optional: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _without_omitted(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        for name in self.omitted:
            if name in data and data[name] in (None, [], {}):
                del data[name]
        for name in self.optional:
            if name in data and data[name] is None:
                del data[name]
        return data

    def as_json(self) -> dict[str, Any]:
        """Return plain data for JSON, in the order of the file."""
        return self.model_dump(mode="json", by_alias=True)
