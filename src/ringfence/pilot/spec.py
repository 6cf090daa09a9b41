"""pilot.yaml: the question, the task, documents and gold by path, contenders, the bar, the target error, the prices."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..contracts import CorpusChoice, ModelOptions
from ..errors import InputError, UserError
from ..evaluation import Compare
from ..locks import canonical_digest
from ..server_address import ServerAddress

__all__ = ["Bar", "Contender", "Costs", "PilotSpec", "SplitShares", "load_pilot"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Bar(_Part):
    """What is good enough; written down before the first run."""

    metric: Literal["accuracy"] = Field(
        "accuracy",
        description="Exact match; of labels, the share right; of summaries, the share without unsupported statements; "
        "of questions to a corpus, the share answered right, or refused where the documents do not answer.",
    )
    unit: Literal["value", "document"] = Field(
        "value", description="A document counts as right when all its values are."
    )
    at_least: float = Field(0.9, gt=0, lt=1)
    part: Literal["test"] = "test"
    confidence: float = Field(
        0.95, ge=0.5, lt=1, description="Confidence of the one-sided bound that must reach the bar."
    )

    def __str__(self) -> str:
        what = "values" if self.unit == "value" else "documents (all values of each)"
        return f"{self.at_least:.0%} of {what} right, with {self.confidence:.0%} confidence"


class Contender(_Part):
    """One way to do the work: weights, engine, and, if it has its own wording, a task file."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    weights: str = "demo"
    adapter: str = ""
    engine: str = "auto"
    server: str = ""
    ca_file: str = ""
    model: str = ""
    mode: Literal["solo", "batched"] = "batched"
    task: str | None = Field(None, description="Another wording of the same task, with the same fields or labels.")
    window: int = Field(6000, ge=128)
    relevant: int | None = Field(None, ge=1)
    ranker: str | None = Field(None, description="The file from `ringfence learn`, relative to the pilot.")
    cascade: bool = Field(False, description="Let the ranker answer alone the documents of which it is sure.")
    cache: int = Field(2, ge=1, description="GiB for keys and values.")
    in_flight: int = Field(32, ge=1, le=256)
    threads: int = Field(0, ge=0)

    @field_validator("server")
    @classmethod
    def _without_secret(cls, server: str) -> str:
        if server:
            try:
                ServerAddress.parse(server)
            except UserError as error:
                raise ValueError(str(error)) from None
        return server

    @field_validator("name")
    @classmethod
    def _not_a_baseline(cls, name: str) -> str:
        if name.startswith("baseline-"):
            raise ValueError("names that begin with baseline- belong to the cheap baselines")
        return name

    @property
    def model_options(self) -> ModelOptions:
        """The weights and the engine, as options of a model."""
        return ModelOptions.model_validate(self.model_dump(include=set(ModelOptions.model_fields)))


class Costs(_Part):
    """Prices, for the cost of a document."""

    currency: str = "EUR"
    review_minute: float = Field(0.75, ge=0, description="What a minute of a reviewing person costs.")
    review_minutes_per_document: float = Field(2.0, ge=0)
    machine_hour: float = Field(0.5, ge=0)


class SplitShares(_Part):
    """How to divide gold that has no split yet."""

    calibration: float = Field(0.3, ge=0, le=1)
    dev: float = Field(0.2, ge=0, le=1)
    test: float = Field(0.5, gt=0, le=1)
    key: str | None = Field(None, description="A field whose equal values stay in one part, such as the supplier.")
    seed: int = 0

    @model_validator(mode="after")
    def _whole(self) -> SplitShares:
        if abs(self.calibration + self.dev + self.test - 1) > 1e-6:
            raise ValueError("calibration, dev and test must sum to 1")
        return self


class PilotSpec(_Part):
    """The whole file."""

    schema_version: Literal[1] = Field(1, alias="schema")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    question: str = Field(min_length=3, description="What the pilot is to answer, in one sentence.")
    task: str = "task.yaml"
    documents: tuple[str, ...] = Field(min_length=1, description="Files, folders or globs, relative to this file.")
    gold: str = "gold.jsonl"
    corpus: CorpusChoice | None = Field(
        None, description="The corpus that questions are put to: its name, or name, version and groups."
    )
    text_field: str = Field(
        "", description="The field of JSONL documents that holds the text; by default text, of a question question."
    )
    pool: str | None = Field(None, description="Labelled texts that a classify task takes its examples from.")
    compare: Compare = "words"
    contenders: tuple[Contender, ...] = Field(min_length=1)
    bar: Bar = Bar.model_validate({})
    target_error: float = Field(0.05, gt=0, le=0.5, description="The most that may be wrong among what is accepted.")
    spot_check: float = Field(0.05, ge=0, le=1)
    costs: Costs = Costs.model_validate({})
    split: SplitShares = SplitShares.model_validate({})

    @property
    def terms(self) -> dict[str, Any]:
        """Everything that can change the verdict on the same answers; written down before the answers exist."""
        return {
            "bar": self.bar.model_dump(mode="json"),
            "compare": self.compare,
            "target_error": self.target_error,
            "gold": self.gold,
            "split": self.split.model_dump(mode="json"),
        }

    @property
    def terms_digest(self) -> str:
        """The sha256 of the terms."""
        return canonical_digest(self.terms)

    @field_validator("corpus", mode="before")
    @classmethod
    def _choice(cls, corpus: Any) -> Any:
        if isinstance(corpus, str):
            return {"name": corpus, "version": 0}
        if isinstance(corpus, dict) and (unknown := sorted(corpus.keys() - CorpusChoice.model_fields)):
            raise ValueError(f"unknown: {', '.join(map(str, unknown))}; known: {', '.join(CorpusChoice.model_fields)}")
        return {"version": 0, **corpus} if isinstance(corpus, dict) else corpus

    @field_validator("contenders")
    @classmethod
    def _distinct(cls, contenders: tuple[Contender, ...]) -> tuple[Contender, ...]:
        names = [contender.name.casefold() for contender in contenders]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two contenders have the name {twice[0]}")
        return contenders


def load_pilot(folder: Path) -> PilotSpec:
    """Read pilot.yaml of a pilot folder. Raises InputError with every fault."""
    path = folder / "pilot.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("not a mapping of names to values")
        return PilotSpec.model_validate(data)
    except OSError as error:
        raise InputError(
            f"Cannot read {path} ({error.strerror}).", "Make a pilot first: ringfence pilot new FOLDER."
        ) from None
    except ValidationError as error:
        faults = [
            f"  {'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}" for one in error.errors()
        ]
        raise InputError(f"{path} has {len(faults)} faults:\n" + "\n".join(faults), "Correct them.") from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path} is not a pilot file ({str(error).splitlines()[0]}).", "Correct it.") from None
