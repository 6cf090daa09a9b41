"""Planning: the memory that weights need, and the time that a run takes."""

from .run_estimate import Estimate, Forecast, span

__all__ = ["Estimate", "Forecast", "span"]
