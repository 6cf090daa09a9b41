"""Gold: answers that a person has confirmed, as a file, a table, a form, and split into parts."""

from ..contracts import GoldLine
from .agreement import Compare, values_match
from .file import GoldFile, gold_digest, read_gold
from .split import Split, SplitFile
from .values import parse_gold_value

__all__ = [
    "Compare",
    "GoldFile",
    "GoldLine",
    "Split",
    "SplitFile",
    "gold_digest",
    "parse_gold_value",
    "read_gold",
    "values_match",
]
