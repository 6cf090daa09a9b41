"""Pilots: one task, its documents and gold, contenders and a bar written down before the first run; and readiness."""

from .outcome import ContenderOutcome, PilotOutcome
from .piloting import run_pilot
from .spec import Bar, Contender, Costs, PilotSpec, load_pilot

__all__ = ["Bar", "Contender", "ContenderOutcome", "Costs", "PilotOutcome", "PilotSpec", "load_pilot", "run_pilot"]
