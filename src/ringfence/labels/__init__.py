"""Labels: which documents to label next, and labels that may train a model but are never gold."""

from .accepted_answers import TakenLabels, TakeTerms, take_labels
from .candidates import Pool
from .held_out import HeldOut
from .proposals import CompareBy, NextTerms, Proposal, Proposals, next_to_label
from .training_labels import STRENGTH, label_documents, training_labels

__all__ = [
    "STRENGTH",
    "CompareBy",
    "HeldOut",
    "NextTerms",
    "Pool",
    "Proposal",
    "Proposals",
    "TakeTerms",
    "TakenLabels",
    "label_documents",
    "next_to_label",
    "take_labels",
    "training_labels",
]
