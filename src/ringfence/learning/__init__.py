"""Learning from gold: a ranker that chooses among the places of a document without a language model."""

from .beliefs import Mixture
from .fit import fit_ranker
from .labels import Labelled, label
from .ranker import Ranker, RankerCard, Sureness, ranker_from, read_ranker, text_digest
from .tables import ValueTable, tables_of

__all__ = [
    "Labelled",
    "Mixture",
    "Ranker",
    "RankerCard",
    "Sureness",
    "ValueTable",
    "fit_ranker",
    "label",
    "ranker_from",
    "read_ranker",
    "tables_of",
    "text_digest",
]
