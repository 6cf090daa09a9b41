"""Evaluation: how answers compare with what a person confirmed."""

from .agreement import Compare, same_value
from .gold import GoldEntry, GoldFile, read_gold
from .statistics import Proportion, Verdict, verdict_on, wilson

__all__ = [
    "Compare",
    "GoldEntry",
    "GoldFile",
    "Proportion",
    "Verdict",
    "read_gold",
    "same_value",
    "verdict_on",
    "wilson",
]
