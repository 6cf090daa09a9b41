"""The Python front door: the names behind `import ringfence`, with one call for each verb of the command line."""

from .adapter import ProofTerms, Settings, TuneTerms, Tuning, TuningHooks, TuningOptions, tune
from .corpus import ask, index_corpus, open_corpus
from .extraction import TypedResult, extract
from .label import NextTerms, next_to_label
from .model import Model, open_model
from .pilot import run_pilot_folder
from .ranker import LearnedRanker, LearnTerms, learn
from .run import Run, open_run

__all__ = [
    "LearnTerms",
    "LearnedRanker",
    "ProofTerms",
    "Settings",
    "TuneTerms",
    "Tuning",
    "TuningHooks",
    "TuningOptions",
    "Model",
    "NextTerms",
    "Run",
    "TypedResult",
    "ask",
    "extract",
    "index_corpus",
    "learn",
    "next_to_label",
    "open_corpus",
    "open_model",
    "open_run",
    "run_pilot_folder",
    "tune",
]
