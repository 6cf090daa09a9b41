"""Replay: run stored answers again under their lock, and say what came of each."""

from .replaying import Replayed, replay_run
from .verdicts import NEAR_TIE, Verdict, verdict_on_document

__all__ = ["NEAR_TIE", "Replayed", "Verdict", "replay_run", "verdict_on_document"]
