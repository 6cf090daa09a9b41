"""Pilots: one task, its documents and gold, contenders, and a bar written down before the first run; and readiness."""

from .data import PilotData
from .new import NewPilot, create_pilot
from .outcome import ContenderOutcome, PilotOutcome
from .runner import PilotSupport, RunContender, run_pilot
from .setup import PilotSetup, load_setup
from .spec import (
    Bar,
    Contender,
    Costs,
    PilotSpec,
    load_pilot,
)

__all__ = [
    "Bar",
    "Contender",
    "ContenderOutcome",
    "Costs",
    "NewPilot",
    "PilotData",
    "PilotOutcome",
    "PilotSetup",
    "PilotSpec",
    "PilotSupport",
    "RunContender",
    "create_pilot",
    "load_pilot",
    "load_setup",
    "run_pilot",
]
