"""Fine-tune weights on gold: training examples, a plan, the training itself, and the proof whether it paid."""

from .cascade import Cascade
from .checkpoint import Epoch
from .contender import Contender
from .curve import CurvePoint, next_labels, points_of
from .forgotten import Forgotten, OtherTask
from .plan import Computing, Plan, Settings, plan_for, read_settings
from .preparation import Prepared, TuneHooks, TuneTerms, prepare
from .proof import Proof, ProofHooks, ProofTerms, proof_faults, prove
from .trainer import Step
from .tuner import Tuned, Until, alone_in, train

__all__ = [
    "Cascade",
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
    "Until",
    "alone_in",
    "next_labels",
    "plan_for",
    "points_of",
    "prepare",
    "proof_faults",
    "prove",
    "read_settings",
    "train",
]
