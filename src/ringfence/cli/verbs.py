"""The verbs of the command line by purpose, with one sentence each, so that `ringfence --help` imports none of them."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["GROUPS", "Verb", "find_verb"]


class Verb(NamedTuple):
    """A verb, with its sentence in the help."""

    name: str
    sentence: str

    @property
    def module(self) -> str:
        """The module of ``ringfence.cli`` with the command."""
        return self.name.replace("-", "_")


GROUPS: dict[str, tuple[Verb, ...]] = {
    "Start": (
        Verb("demo", "Try it: example documents, default weights, the report of a small pilot."),
        Verb("assess", "Assess readiness: five questions, one recommendation."),
    ),
    "Work on documents": (
        Verb("run", "Run a task over documents into a folder that can be resumed."),
        Verb("explain", "Show the reason for each value of one document."),
        Verb("check", "Confirm every value of a run, without the code that made it."),
        Verb("export", "Write the values of a run as CSV, XLSX, Parquet or JSON."),
        Verb("report", "Write the page of a run again."),
        Verb("purge", "Erase the content of a run permanently; digests and totals stay."),
        Verb("documents", "Inspect the text layers of documents."),
        Verb("tasks", "Check task files."),
    ),
    "Ask a private corpus": (
        Verb("corpus", "Index documents, and keep the index up to date."),
        Verb("ask", "Answer a question from a corpus, with citations that were checked."),
    ),
    "Find out whether it is good enough": (
        Verb("gold", "Draft, import, export, check and split confirmed answers."),
        Verb("label", "Choose which documents to label next; take answers as training labels."),
        Verb("evaluate", "Compare a run with its gold: every figure with n and interval."),
        Verb("compare", "Compare runs, paired over the same documents."),
        Verb("budget", "Show how many labels a bar needs."),
        Verb("learn", "Learn from gold how to choose among the values of a document."),
        Verb("tune", "Fine-tune weights on gold, and prove whether it paid."),
        Verb("calibrate", "Fit confidences on gold, and find the threshold for answers that need no person."),
        Verb("decide", "Apply a calibrator to a run: accept, review, spot-check."),
        Verb("spot-check", "Check that the accepted answers keep the promised error."),
        Verb("pilot", "Create and run pilots: contenders, a bar, one verdict."),
        Verb("release", "Release a contender's lock with the verdict that allows it."),
    ),
    "Keep it the same": (
        Verb("lock", "Record everything that determines an answer; compare locks."),
        Verb("replay", "Answer stored documents again under their lock."),
        Verb("tripwire", "Replay a few documents from time to time; any difference is an alarm."),
        Verb("audit", "Keep a log of who answered what under which lock."),
        Verb("seal", "Run any command without network access."),
    ),
    "Weights and engines": (
        Verb("weights", "Pull, list, verify, sign and remove weights."),
        Verb("engines", "List engines, and check that one meets the requirements."),
        Verb("bundle", "Pack everything for a machine without a network."),
        Verb("schema", "Print the JSON schemas of the files."),
    ),
}


def find_verb(name: str) -> Verb | None:
    """Return the verb with this name; None if there is none."""
    return next((verb for verbs in GROUPS.values() for verb in verbs if verb.name == name), None)
