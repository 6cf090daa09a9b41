"""Reports: self-contained pages that work offline in a browser."""

from .run_report import write_report
from .text_layer import write_text_layer

__all__ = ["write_report", "write_text_layer"]
