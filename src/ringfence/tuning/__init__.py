"""Fine-tune weights on gold: training examples, a plan, the training itself, and the proof whether it paid."""

from .checkpoint import Epoch
from .curve import CurvePoint, next_labels, points_of
from .forgotten import Forgotten, OtherTask
from .plan import Computing, Plan, Settings, plan_for, read_settings
from .proof import Contender, Proof, ProofHooks, ProofTerms, prove
from .trainer import Step
from .tuner import Prepared, Tuned, TuneHooks, TuneTerms, prepare, train

__all__ = [
    "Computing",
    "Contender",
    "CurvePoint",
    "Epoch",
    "Forgotten",
    "OtherTask",
    "Plan",
    "Prepared",
    "Proof",
    "ProofHooks",
    "ProofTerms",
    "Settings",
    "Step",
    "TuneHooks",
    "TuneTerms",
    "Tuned",
    "next_labels",
    "plan_for",
    "points_of",
    "prepare",
    "prove",
    "read_settings",
    "train",
]
