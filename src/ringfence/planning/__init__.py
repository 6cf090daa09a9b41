"""Planning: the memory that weights need, and the time that a run takes."""

from .pace_memory import recall_pace, recall_spread, remember_pace
from .run_estimate import Estimate, Forecast, span

__all__ = ["Estimate", "Forecast", "recall_pace", "recall_spread", "remember_pace", "span"]
