"""The files that Ringfence writes and reads, as typed models: results, runs, traces, gold, training labels, locks.

Each model has a version (``schema``) and a published JSON schema. Files of earlier versions are read.
"""

from .claim import Calculation, Citation, Claim, ClaimVerdict, CorpusAnswer, FoundPassage
from .gold import GoldLine, Origin
from .lock import AdapterFacts, EngineFacts, LockData, WeightsFacts
from .place import BoxFacts, Span
from .result import (
    Alternative,
    Alternatives,
    DocumentFacts,
    FieldAnswer,
    Result,
    Section,
    Status,
    SummarySentence,
    UnreadPart,
    UnsupportedText,
    Usage,
    field_of,
    value_at,
)
from .run import CorpusChoice, DecidedFrom, LockFacts, MadeWith, ModelOptions, ReadingFacts, RunFacts, SessionFacts
from .schemas import SCHEMAS, json_schema
from .trace import TraceLine
from .training_label import TRAINING_ORIGINS, AcceptedBy, LabelOrigin, TrainingLabel

__all__ = [
    "SCHEMAS",
    "TRAINING_ORIGINS",
    "AcceptedBy",
    "AdapterFacts",
    "Alternative",
    "Alternatives",
    "BoxFacts",
    "Calculation",
    "Citation",
    "Claim",
    "ClaimVerdict",
    "CorpusAnswer",
    "CorpusChoice",
    "DecidedFrom",
    "DocumentFacts",
    "EngineFacts",
    "FieldAnswer",
    "FoundPassage",
    "GoldLine",
    "LabelOrigin",
    "LockData",
    "LockFacts",
    "MadeWith",
    "ModelOptions",
    "Origin",
    "ReadingFacts",
    "Result",
    "RunFacts",
    "Section",
    "SessionFacts",
    "Span",
    "Status",
    "SummarySentence",
    "TraceLine",
    "TrainingLabel",
    "UnreadPart",
    "UnsupportedText",
    "Usage",
    "WeightsFacts",
    "field_of",
    "json_schema",
    "value_at",
]
