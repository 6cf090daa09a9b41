"""run.json: the task, the lock, the sessions with their options, and the totals of a run."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from .base import Contract

__all__ = [
    "CorpusChoice",
    "DecidedFrom",
    "LockFacts",
    "MadeWith",
    "ModelOptions",
    "ReadingFacts",
    "RunFacts",
    "SessionFacts",
]

# run.json of schema 1 stored these options under the names of the command line's keywords.
_OPTIONS_OF_SCHEMA_1 = {"weights_name": "weights", "engine_name": "engine", "cache_gib": "cache"}


class ModelOptions(Contract):
    """The weights, the engine that runs them, and its settings.

    ``cache`` is the memory for keys and values in GiB. ``in_flight`` is the largest number of concurrent requests in
    batched mode. ``threads`` is the number of processor threads; 0 lets the engine choose. ``server`` is the address of
    a running server, and ``model`` its name for the weights; ``ca_file`` holds the certificates that
    confirm it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: str = "demo"
    engine: str = "auto"
    server: str = ""
    model: str = ""
    adapter: str = ""
    mode: Literal["solo", "batched"] = "batched"
    cache: int = Field(default=2, ge=1)
    in_flight: int = Field(default=32, ge=1)
    threads: int = Field(default=0, ge=0)
    prefix_cache: bool = True
    ca_file: str = ""


class CorpusChoice(Contract):
    """The corpus that was asked, by name or folder, its version, and the groups whose view it was.

    ``reranker`` is the name or digest of the weights that put the best passages in order; None: none did.
    """

    omitted: ClassVar[frozenset[str]] = frozenset({"reranker"})

    name: str
    version: int
    groups: list[str] = Field(default_factory=list)
    reranker: str | None = None


class MadeWith(Contract):
    """The inputs and options of a session that are not part of the lock.

    ``left_by`` is the run that left the documents to this one.
    """

    omitted: ClassVar[frozenset[str]] = frozenset({"corpus", "left_by"})

    model: ModelOptions | None = None
    task_file: str | None = None
    inputs: list[str] = Field(default_factory=list)
    limit: int | None = None
    resume: bool = False
    pool: str | None = None
    calibrator: str | None = None
    corpus: CorpusChoice | None = None
    left_by: str | None = None
    made_by: str = ""


class ReadingFacts(Contract):
    """How documents were read. Relative paths of documents start from ``folder``, which is null after a purge."""

    folder: str | None = "."
    csv_rows: bool = False
    text_field: str = "text"
    id_field: str = "id"
    hidden: bool = False
    mail: str = "documents"
    ocr: str = "auto"
    limits: dict[str, float] = Field(default_factory=dict)


class SessionFacts(Contract):
    """One session of a run: its start and end, its options, the host, and the evidence of its seal."""

    omitted: ClassVar[frozenset[str]] = frozenset({"documents"})

    started_at: str
    ended_at: str | None = None
    made_with: MadeWith = Field(default_factory=MadeWith)
    host: dict[str, Any] = Field(default_factory=dict)
    seal: dict[str, Any] | None = None
    documents: int | None = None


class LockFacts(Contract):
    """A lock with its digest."""

    digest: str
    data: dict[str, Any]


class DecidedFrom(Contract):
    """The run whose answers a calibrator decided again."""

    path: str = Field(alias="from")
    lock: str
    at: str


class RunFacts(Contract):
    """run.json. ``totals`` is null while the run is not finished."""

    omitted: ClassVar[frozenset[str]] = frozenset({"purged_at", "decided"})

    schema_version: int = Field(default=2, alias="schema")
    task: dict[str, Any]
    weights: str = ""
    lock: LockFacts
    packages: dict[str, str] = Field(default_factory=dict)
    reading: ReadingFacts = Field(default_factory=ReadingFacts)
    sessions: list[SessionFacts] = Field(default_factory=list)
    totals: dict[str, int] | None = None
    decided: DecidedFrom | None = None
    purged_at: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _upgrade(cls, data: Any) -> Any:
        """Read schema 1, where a session stored the keywords of the command line as ``arguments``."""
        if not isinstance(data, dict) or data.get("schema") != 1:
            return data
        sessions = [_upgraded_session(session) for session in data.get("sessions", [])]
        return {**data, "schema": 2, "sessions": sessions}


def _upgraded_session(session: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in session.items() if name != "arguments"}
    if "arguments" not in session:
        return kept
    given = {_OPTIONS_OF_SCHEMA_1.get(name, name): value for name, value in session["arguments"].items()}
    options = {name: given[name] for name in ModelOptions.model_fields if given.get(name) is not None}
    made_with: dict[str, Any] = {
        "model": options if "weights" in given else None,
        "task_file": given.get("task"),
        "inputs": given.get("inputs") or [],
        "limit": given.get("limit"),
        "resume": bool(given.get("resume")),
        "pool": given.get("pool"),
        "calibrator": given.get("calibrator"),
        "made_by": "pilot" if given.get("pilot") else "",
    }
    return {**kept, "made_with": made_with}
