"""Planning: what weights need of a machine, and what a run will take."""

from .run_estimate import Estimate, estimate

__all__ = ["Estimate", "estimate"]
