"""The content of a lock: everything that determines an answer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .base import Contract

__all__ = ["AdapterFacts", "EngineFacts", "LockData", "WeightsFacts"]


class WeightsFacts(Contract):
    """The weights, by the digests of their origin and of the form that runs.

    ``declared`` is a server's own name for its weights, which have no digest.
    """

    digest: str | None = None
    declared: str | None = None
    form: str | None = None
    converter: str | None = None
    licence: str | None = None
    files: dict[str, str] = Field(default_factory=dict)
    form_files: dict[str, str] = Field(default_factory=dict)


class AdapterFacts(Contract):
    """The adapter by digest."""

    digest: str
    licence: str | None = None
    files: dict[str, str] = Field(default_factory=dict)


class EngineFacts(Contract):
    """The engine, its version, the digest of its shared libraries, and its settings."""

    name: str = ""
    version: str | None = None
    build: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class LockData(Contract):
    """Everything that determines an answer.

    Parts that do not apply, such as an adapter or a GPU, are left out of the file. ``schema`` 2 names every library
    that turns bytes into text or answers; schema 1 named ten of them. ``alternatives`` says which values are weighed
    against others; with ``cascade`` the ranker answers without the language model what it is sure of. ``corpus`` names
    the version of the corpus that was asked, and how it was searched.
    """

    schema_version: int = Field(default=2, alias="schema")
    weights: WeightsFacts = Field(default_factory=WeightsFacts)
    template: str | None = None
    adapter: AdapterFacts | None = None
    ranker: str | None = None
    calibrator: str | None = None
    few_shot: str | None = None
    embedding: str | None = None
    engine: EngineFacts = Field(default_factory=EngineFacts)
    processor: dict[str, str] = Field(default_factory=dict)
    gpu: dict[str, Any] | None = None
    packages: dict[str, str] = Field(default_factory=dict)
    task: dict[str, Any] = Field(default_factory=dict)
    prompt: str | None = None
    readers: dict[str, int] = Field(default_factory=dict)
    reading: dict[str, Any] | None = None
    ocr: dict[str, Any] | None = None
    windows: dict[str, Any] = Field(default_factory=dict)
    sampling: dict[str, Any] = Field(default_factory=dict)
    cascade: bool = False
    corpus: dict[str, Any] | None = None
    alternatives: Literal["off", "checks", "all"] = "off"
