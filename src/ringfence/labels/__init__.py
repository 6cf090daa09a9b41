"""Labels: which documents to label next, and labels that may train a model but are never gold."""

from .accepted_answers import TakenLabels, TakeTerms, take_labels
from .held_out import HeldOut
from .training_labels import label_documents, training_labels

__all__ = ["HeldOut", "TakeTerms", "TakenLabels", "label_documents", "take_labels", "training_labels"]
