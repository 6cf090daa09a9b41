"""Evaluation: compare answers with what a person confirmed."""

from ..contracts import GoldLine
from ..gold.agreement import Compare, values_match
from ..gold.file import GoldFile, read_gold
from .metric import Evaluated, Metric
from .metrics import Evaluation, FieldFigures
from .statistics import Proportion, Verdict, verdict_on, wilson

__all__ = [
    "Compare",
    "Evaluated",
    "Evaluation",
    "FieldFigures",
    "GoldFile",
    "GoldLine",
    "Metric",
    "Proportion",
    "Verdict",
    "read_gold",
    "values_match",
    "verdict_on",
    "wilson",
]
