"""Several runs of one task seen as one: each document with the answer of the first run that answered it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..contracts import Result
from ..errors import InputError, RunError
from ..tasks import task_from
from .run_folder import JournalEntry, RunFolder

__all__ = ["JoinedRun", "join_runs"]


class JoinedRun(RunFolder):
    """A run folder that also yields what other runs have of documents that it did not answer.

    Facts, lock and task are those of the first. ``of_document`` names the run whose result counts for each document.
    """

    def __init__(self, runs: Sequence[RunFolder]) -> None:
        super().__init__(runs[0].path)
        self._runs = runs
        self.of_document: dict[str, RunFolder] = {}
        self._entries: dict[str, JournalEntry] = {}
        for run in runs:
            self._take(run)

    def _take(self, run: RunFolder) -> None:
        for identity, entry in run.index().items():
            known = self._entries.get(identity)
            if known and None not in (known.sha256, entry.sha256) and known.sha256 != entry.sha256:
                raise RunError(
                    f"{identity} has another content in {run.path} than in {self.of_document[identity].path}.",
                    "Bring both runs up to date with --resume, or name runs over the same documents.",
                )
            if known is None or (known.status != "done" and entry.status == "done"):
                self.of_document[identity], self._entries[identity] = run, entry

    @property
    def parts(self) -> Sequence[RunFolder]:
        """The runs."""
        return self._runs

    def index(self) -> dict[str, JournalEntry]:
        """Return the entry that counts for each document, by id."""
        return dict(self._entries)

    def latest(self) -> Iterator[Result]:
        """Yield the result that counts for each document, run by run."""
        for run in self._runs:
            for result in run.latest():
                if self.of_document.get(result.document.id) is run:
                    yield result


def join_runs(runs: Sequence[RunFolder]) -> RunFolder:
    """See runs as one, in their order; a single run is itself.

    Raises InputError if their tasks ask for different values, RunError if a document changed between two of them.
    """
    first, *others = runs
    if not others:
        return first
    task = task_from(first.read_facts().task)
    for other in others:
        if not task.asks_as(task_from(other.read_facts().task)):
            raise InputError(
                f"The run in {other.path} answers another task than that in {first.path}.",
                "Name runs whose tasks ask for the same values.",
            )
    return JoinedRun(runs)
