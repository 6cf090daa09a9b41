"""Planning: the memory that weights need, and the time that a run takes."""

from .pace_memory import recall_pace, remember_pace
from .run_estimate import Estimate, Forecast, span

__all__ = ["Estimate", "Forecast", "recall_pace", "remember_pace", "span"]
