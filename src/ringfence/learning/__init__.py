"""Learning from gold: a ranker that chooses among the places of a document without a language model."""

from .beliefs import Mixture
from .fit import fit_ranker
from .labels import Labelled, label
from .list_labels import LabelledList
from .lists import ListMixture, records_of, side_of
from .ranker import Ranker, RankerCard, Sureness, ranker_from, read_ranker, text_digest, with_lists
from .tables import ValueTable, answer_of, tables_of, weighed_of

__all__ = [
    "Labelled",
    "LabelledList",
    "ListMixture",
    "Mixture",
    "Ranker",
    "RankerCard",
    "Sureness",
    "ValueTable",
    "answer_of",
    "fit_ranker",
    "label",
    "ranker_from",
    "read_ranker",
    "records_of",
    "side_of",
    "tables_of",
    "text_digest",
    "weighed_of",
    "with_lists",
]
