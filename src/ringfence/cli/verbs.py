"""The verbs of the command line by purpose, with one sentence each: `ringfence --help` imports none of them."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["GROUPS", "Verb", "find_verb"]


class Verb(NamedTuple):
    """A verb, the sentence that the help prints, and the file that it lives in."""

    name: str
    sentence: str

    @property
    def module(self) -> str:
        """The module of ``ringfence.cli`` that holds the command."""
        return self.name.replace("-", "_")


GROUPS: dict[str, tuple[Verb, ...]] = {
    "Start": (
        Verb("demo", "Try it: example documents, default weights, the report of a small pilot."),
        Verb("assess", "Assess readiness: five questions, one recommendation."),
    ),
    "Work on documents": (
        Verb("run", "Run a task over documents into a folder that can be resumed."),
        Verb("explain", "Show why each value of one document is what it is."),
        Verb("check", "Confirm every value of a run, without the code that made it."),
        Verb("export", "Write the values of a run as CSV, XLSX, Parquet or JSON."),
        Verb("report", "Write the page of a run again."),
        Verb("purge", "Remove the content of a run for good; digests and totals stay."),
        Verb("documents", "Look at the text layers of documents."),
        Verb("tasks", "Check task files."),
    ),
    "Find out whether it is good enough": (
        Verb("gold", "Draft, import, export, check and split confirmed answers."),
        Verb("evaluate", "Compare a run with its gold: every figure with n and interval."),
        Verb("compare", "Compare runs, paired over the same documents."),
        Verb("budget", "Say how many labels a bar takes, before anybody labels."),
        Verb("calibrate", "Fit confidences on gold, and find the threshold that needs no person."),
        Verb("decide", "Decide a run again: accept, review, spot-check."),
        Verb("spot-check", "Check that the accepted answers keep the promised error."),
        Verb("pilot", "Create and run pilots: contenders, a bar, one verdict."),
        Verb("release", "Release a contender's lock with the verdict that allows it."),
    ),
    "Keep it the same": (
        Verb("lock", "Write down everything that determines an answer; compare locks."),
        Verb("replay", "Answer stored documents again under their lock."),
        Verb("tripwire", "Replay a few documents from time to time; any difference is an alarm."),
        Verb("audit", "Keep a log of who answered what under which lock."),
        Verb("seal", "Run any command without network access."),
    ),
    "Weights and engines": (
        Verb("weights", "Pull, list, verify, sign and remove weights."),
        Verb("engines", "List engines, and check that one keeps its promises."),
        Verb("bundle", "Carry everything to a machine without a network."),
        Verb("schema", "Print the JSON schemas of the files."),
    ),
}


def find_verb(name: str) -> Verb | None:
    """The verb of this name; None if there is none."""
    return next((verb for verbs in GROUPS.values() for verb in verbs if verb.name == name), None)
