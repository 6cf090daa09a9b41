"""Evaluation: how answers compare with what a person confirmed."""

from .agreement import Agreement, Compare, agreement, same_value
from .gold import GoldEntry, GoldFile, read_gold
from .statistics import Proportion, Verdict, verdict_on, wilson

__all__ = [
    "Agreement",
    "Compare",
    "GoldEntry",
    "GoldFile",
    "Proportion",
    "Verdict",
    "agreement",
    "read_gold",
    "same_value",
    "verdict_on",
    "wilson",
]
