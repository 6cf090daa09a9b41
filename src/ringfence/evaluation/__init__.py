"""Evaluation: how answers compare with what a person confirmed."""

from .agreement import Agreement, agreement, same_value, wilson
from .gold import read_gold

__all__ = ["Agreement", "agreement", "read_gold", "same_value", "wilson"]
