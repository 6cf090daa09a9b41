"""assessment.html: five questions with their answers, and one recommendation."""

from __future__ import annotations

from pathlib import Path

from ..clock import now
from ..files import write_whole
from ..pilot.readiness import Assessment
from .evaluation_report import page_environment

__all__ = ["write_assessment"]


def write_assessment(assessment: Assessment, target: Path) -> Path:
    """Write the page, and return its path."""
    page = page_environment().get_template("assessment.html.j2").render(a=assessment, made_at=now())
    write_whole(target, page)
    return target
