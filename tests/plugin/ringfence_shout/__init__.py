"""A third-party distribution in small: one reader, weights source, engine, metric and task kind for Ringfence.

Nothing of Ringfence knows this package. Everything comes in through the entry points of the distribution.
"""

from .reader import ShoutReader

__all__ = ["ShoutReader"]
