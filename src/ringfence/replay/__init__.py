"""Replay: stored answers again under their lock, and a verdict on each."""

from .outcome import NEAR_TIE, ReplayOutcome
from .replayer import LockDiffersError, ReplayOptions, ReplayReport, order_of, replay_run

__all__ = ["NEAR_TIE", "LockDiffersError", "ReplayOptions", "ReplayOutcome", "ReplayReport", "order_of", "replay_run"]
