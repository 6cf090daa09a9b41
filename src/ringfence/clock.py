"""The one place that asks what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["days_ago", "now"]

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime(_FORM)


def days_ago(days: int) -> str:
    """The time so many days ago, in the same form as ``now``, so that the two compare as text."""
    return (datetime.now(UTC) - timedelta(days=days)).strftime(_FORM)
