"""Engines run weights: the protocol, the registry and a public fake. Importing this package imports no engine."""

from .chat import Templated, render_chat
from .fake import FakeEngine
from .protocol import (
    Capabilities,
    Completion,
    EmbeddingRecipe,
    Engine,
    EngineSettings,
    EngineType,
    Mode,
    Purpose,
    Request,
    Score,
    ScoreRequest,
)
from .registry import engine_names, engine_type
from .scheduler import Scheduled
from .ticket import EngineOutput, EngineRequest, Ticket

__all__ = [
    "Capabilities",
    "Completion",
    "EmbeddingRecipe",
    "Engine",
    "EngineOutput",
    "EngineRequest",
    "EngineSettings",
    "EngineType",
    "FakeEngine",
    "Mode",
    "Purpose",
    "Request",
    "Scheduled",
    "Score",
    "ScoreRequest",
    "Templated",
    "Ticket",
    "engine_names",
    "engine_type",
    "render_chat",
]
