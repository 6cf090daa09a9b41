"""Replay: answer stored documents again under their lock, and compare each answer."""

from .outcome import NEAR_TIE, ReplayOutcome
from .replayer import LockDiffersError, ReplayOptions, ReplayReport, order_of, replay_run, session_options

__all__ = [
    "NEAR_TIE",
    "LockDiffersError",
    "ReplayOptions",
    "ReplayOutcome",
    "ReplayReport",
    "order_of",
    "replay_run",
    "session_options",
]
