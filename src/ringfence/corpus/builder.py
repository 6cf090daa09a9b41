"""Bring a corpus up to date with its files: read what is new or changed, cut it, embed it, store it."""

from __future__ import annotations

import bisect
import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from ..clock import now
from ..contracts import BoxFacts, Span
from ..documents import Document, ReadingOptions, Source, Unreadable, expand_inputs, read_ahead, sha256_of_file
from ..engines import Engine
from ..errors import InputError
from .access import SIDECAR, AccessRules
from .corpus import Corpus
from .input_files import is_sidecar, missing_folders, place_of, sources_of
from .passages import PASSAGE_RULES, Passage, cut_passages, indexed_text
from .store import Failure, StoredDocument, StoredPassage, Version, View
from .words import WORD_RULES, index_words, language_of

__all__ = ["Build", "Embedder", "build"]

BATCH = 256  # passages embedded at once: sorted by length, they need little padding
RULES = [PASSAGE_RULES, WORD_RULES]
TITLE = 160  # characters of a title that are kept


@dataclass(frozen=True)
class Embedder:
    """The engine that makes vectors, and the digest of its weights."""

    engine: Engine
    digest: str


@dataclass
class Build:
    """What one session did, while it runs and afterwards.

    ``files`` of ``of_files`` are finished; ``unchanged`` of them were as before. ``version`` is the version that the
    corpus now has; None if it was interrupted.
    """

    of_files: int = 0
    files: int = 0
    unchanged: int = 0
    documents: int = 0
    passages: int = 0
    failed: int = 0
    gone: int = 0
    changed: list[str] = field(default_factory=list)
    version: Version | None = None
    new_version: bool = False
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Passages a second, so far."""
        return self.passages / max(time.monotonic() - self.started, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """The time that the remaining files take at the present pace; None before the first new file is finished."""
        worked = self.files - self.unchanged
        if not worked:
            return None
        return (time.monotonic() - self.started) / worked * (self.of_files - self.files)


def build(
    corpus: Corpus,
    embedder: Embedder,
    inputs: Sequence[str | Path] = (),
    *,
    reading: ReadingOptions,
    rules: AccessRules | None = None,
    on_progress: Callable[[Build], None] = lambda progress: None,
) -> Build:
    """Add ``inputs`` to a corpus; without inputs, bring all that was added before up to date.

    Files that have not changed are not read again. Without inputs, documents whose files are gone leave the corpus.
    An interruption keeps what is stored; the same call goes on from there. The result is a new version if anything
    changed. Raises InputError if the vectors of the corpus come from another embedder, or a folder is gone.
    """
    with corpus.writing():
        _require_embedder(corpus, embedder)
        corpus.require_reading(reading)
        corpus.forget_erased_inputs()
        known = corpus.inputs
        given = [os.path.abspath(path) for path in inputs]
        every = [*known, *(path for path in given if path not in known)]
        if not every and next(corpus.store.documents(View(corpus.next_version)), None) is None:
            raise InputError(
                f"Nothing was added to {corpus.name} yet.", f"Add a folder: ringfence corpus add {corpus.name} FOLDER."
            )
        if not given:
            _require_folders(corpus)
        all_sources = [source for source in sources_of(corpus, every, given) if not is_sidecar(source.path)]
        corpus.close_to(rules or corpus.rules, all_sources)  # before anything is read, for reading may be interrupted
        corpus.store.set("inputs", every)
        sources = all_sources
        if given:
            wanted = {place_of(source.path) for source in expand_inputs(given)}
            sources = [source for source in all_sources if place_of(source.path) in wanted]
        session = _Session(corpus, embedder, reading, on_progress)
        session.work(sources, {source.id for source in all_sources})
        if not given:
            session.withdraw_missing(all_sources)
        corpus.declare_access(corpus.rules, all_sources)
        return session.finish()


def _require_folders(corpus: Corpus) -> None:
    """Raise InputError if an input is gone as a whole: more often it is not mounted than deleted."""
    if missing := missing_folders(corpus):
        raise InputError(
            f"{missing[0]}, which was added to {corpus.name}, is not there; an update would take out its documents.",
            f"Bring it back, or let them go: ringfence corpus update {corpus.name} --forget-missing.",
        )


def _require_embedder(corpus: Corpus, embedder: Embedder) -> None:
    if corpus.embedder not in (None, embedder.digest):
        raise InputError(
            f"The vectors of {corpus.name} come from other weights ({corpus.embedder[:19]}...).",
            "Choose the embedder that made the corpus, or make another corpus.",
        )
    corpus.store.set("embedder", embedder.digest)


@dataclass
class _Waiting:
    """A document whose passages wait for their vectors; a file that ends carries no document."""

    document: Document | None
    title: str = ""
    passages: list[Passage] = field(default_factory=list)
    file: tuple[str, str | None] | None = None


class _Session:
    def __init__(
        self, corpus: Corpus, embedder: Embedder, reading: ReadingOptions, on_progress: Callable[[Build], None]
    ) -> None:
        self._corpus, self._store, self._embedder, self._reading = corpus, corpus.store, embedder, reading
        self._tell, self.progress = on_progress, Build()
        self._waiting: list[_Waiting] = []
        pending = View(corpus.next_version)
        self._present: dict[str, dict[str, str]] = {}  # by file, its documents with the digest of each
        for document in self._store.documents(pending):
            self._present.setdefault(document.file, {})[document.id] = document.sha256
        self._failed: dict[str, set[str]] = {}
        for failure in self._store.failures():
            self._failed.setdefault(failure.source or failure.id, set()).add(failure.id)
        self._files = self._store.files()
        self._owner = {identity: name for name, held in self._present.items() for identity in held}
        self._refused: dict[str, list[Source]] = {}  # by the id that another file has
        self._there: Collection[str] = ()
        # Cut or indexed by other rules than ours: all is read anew, also after an interruption.
        self._anew = bool(self._present) and self._store.get("rules") != RULES
        if not self._present:
            self._store.set("rules", RULES)

    def work(self, sources: Sequence[Source], there: Collection[str]) -> None:
        """Read the files that are new or changed, and store their documents. ``there`` are all files by id."""
        self._there = there
        self.progress.of_files = len(sources)
        fresh = (source for source in sources if not self._unchanged(source))
        for source, outcomes in read_ahead(fresh, self._reading):
            self._take(source, outcomes)
        self._flush()
        freed = {source.id: source for held, of in self._refused.items() if held not in self._owner for source in of}
        self._refused = {}
        for source, outcomes in read_ahead(iter(freed.values()), self._reading):  # the record moved from file to file
            self.progress.files -= 1
            self._take(source, outcomes)
        self._flush()

    def _unchanged(self, source: Source) -> bool:
        sha256 = sha256_of_file(source.path, self._reading.limits.file_mib)
        if self._anew or sha256 is None or self._files.get(source.id) != sha256:
            return False
        self.progress.files += 1
        self.progress.unchanged += 1
        self._tell(self.progress)
        return True

    def _take(self, source: Source, outcomes: Iterable[Document | Unreadable]) -> None:
        if source.id in self._files:
            self.progress.changed.append(source.id)
            self._store.keep_file(source.id, None)
        before = self._present.get(source.id, {})
        seen: set[str] = set()
        failed = False
        self._close_members(source, ())
        for read in outcomes:
            if read.id.startswith(f"{source.id}!") and read.id.endswith(SIDECAR):
                self._close_members(source, [read.id.removesuffix(SIDECAR)])
                continue
            outcome = self._of_one_file(source, read, seen)
            seen.add(outcome.id)
            self._owner[outcome.id] = source.id
            if isinstance(outcome, Unreadable):
                failed = True
                self.progress.failed += 1
                self._failed.setdefault(source.id, set()).add(outcome.id)
                self._store.fail(
                    Failure(
                        *(outcome.id, outcome.path, outcome.code, outcome.reason),
                        sha256=outcome.sha256,
                        source=outcome.source or (source.id if outcome.id != source.id else None),
                    )
                )
                continue
            if before.get(outcome.id) == outcome.sha256 and source.id not in self._files:
                continue  # stored by a session that was interrupted before the end of this file
            self._waiting.append(_Waiting(outcome, _title(outcome), cut_passages(outcome)))
            if sum(len(entry.passages) for entry in self._waiting) >= BATCH:
                self._flush()
        self._withdraw(source.id, (set(before) | self._failed.get(source.id, set())) - seen)
        # A file of which a part failed is read again next time: a password or a limit may have changed.
        read_as = sha256_of_file(source.path, self._reading.limits.file_mib)
        sha256 = None if failed else read_as
        partly = self._store.get("partly_read") or {}
        if failed or source.id in partly:
            self._store.set("partly_read", {**partly, source.id: read_as if failed else None})
        self._waiting.append(_Waiting(None, file=(source.id, sha256)))
        if len(self._waiting) >= BATCH:
            self._flush()

    def _close_members(self, source: Source, members: Collection[str]) -> None:
        """Note members that have a file of groups beside them in their archive; with none, forget those noted."""
        held = set(self._store.get("closed_members") or ())
        others = {each for each in held if members or not each.startswith(f"{source.id}!")} | set(members)
        if others != held:
            self._store.set("closed_members", sorted(others))

    def _of_one_file(
        self, source: Source, outcome: Document | Unreadable, seen: Collection[str]
    ) -> Document | Unreadable:
        """What was read, or why it cannot be kept: the same id stands elsewhere, and one would replace the other."""
        owner = self._owner.get(outcome.id, source.id)
        if owner != source.id and owner in self._there:
            self._refused.setdefault(outcome.id, []).append(source)
            return _same_id(source, outcome, owner)
        return _same_id(source, outcome, owner) if outcome.id in seen else outcome

    def _withdraw(self, name: str, identities: Collection[str]) -> None:
        """Take out what a file no longer has, unless another file has it now."""
        own = [identity for identity in identities if self._owner.get(identity, name) == name]
        self._store.withdraw(own)
        for identity in own:
            self._owner.pop(identity, None)

    def _flush(self) -> None:
        """Embed what waits, and store it, one transaction a document."""
        waiting, self._waiting = self._waiting, []
        texts = [
            indexed_text(entry.title, passage.lead, entry.document.text[passage.start : passage.end])
            for entry in waiting
            if entry.document
            for passage in entry.passages
        ]
        vectors = self._embedder.engine.embed(texts)
        at = 0
        for entry in waiting:
            if entry.document is None:
                if entry.file:
                    self._store.keep_file(*entry.file)
                self.progress.files += 1
            else:
                count = len(entry.passages)
                self._add(entry.document, entry, texts[at : at + count], vectors[at : at + count])
                at += count
            self._tell(self.progress)

    def _add(self, document: Document, waiting: _Waiting, texts: list[str], vectors: npt.NDArray[np.float32]) -> None:
        passages = waiting.passages
        language = language_of(document.text)
        stored = StoredDocument(
            *(document.id, document.path, document.sha256, document.text),
            text_sha256=hashlib.sha256(document.text.encode()).hexdigest(),
            read_by=document.read_by,
            pages=len(document.pages),
            language=language,
            title=waiting.title,
            source=document.metadata.get("source"),
            unread=tuple(document.unread),
        )
        placed = [StoredPassage((p.start, p.end), p.page, p.lead, "", _line_boxes(document, p)) for p in passages]
        self._store.add(stored, placed, [index_words(text, language) for text in texts], vectors)
        self.progress.documents += 1
        self.progress.passages += len(passages)

    def withdraw_missing(self, sources: Sequence[Source]) -> None:
        """Take out the documents and failures of files that are no longer there."""
        there = {source.id for source in sources}
        for held in (self._present, self._failed):
            for name, identities in held.items():
                if name not in there:
                    self.progress.gone += held is self._present
                    self._withdraw(name, list(identities))
                    self._store.keep_file(name, None)

    def finish(self) -> Build:
        """Make a version, unless nothing changed since the last one."""
        self._store.set("rules", RULES)
        pending, versions = self._corpus.next_version, self._corpus.versions()
        digest = self._corpus.digest_of(View(pending))
        same = versions and (versions[-1].digest, versions[-1].failures) == (digest, len(self._store.failures()))
        # A record that moved to another file says the same, but lies elsewhere.
        if same and not any(document.added == pending for document in self._store.documents(View(pending))):
            self.progress.version = versions[-1]
        else:
            self.progress.version = self._store.finish(now(), digest)
            self.progress.new_version = True
        self._tell(self.progress)
        return self.progress


def _same_id(source: Source, outcome: Document | Unreadable, owner: str) -> Unreadable:
    """What is told of a record whose id another file has too: one of them would take the place of the other."""
    return Unreadable(
        id=f"{source.id}: {outcome.id}",
        path=outcome.path,
        code="same-id",
        reason=f"{owner} has another record of this id. Give each record an id of its own.",
        sha256=outcome.sha256,
        source=source.id,
    )


def _title(document: Document) -> str:
    """Return what a document is called: the name of its file, and its own title, subject or first heading.

    A record of a file of records is called by its first line, for its id is often a number.
    """
    own = next((str(document.metadata[key]) for key in ("title", "subject") if document.metadata.get(key)), "")
    first = next((line for line in document.text.split("\n") if line.strip("#> \t")), "")
    name = PurePosixPath(document.id.rpartition("!")[2]).stem
    if document.metadata.get("source") and "!" not in document.id:
        name, own = "", own or first
    elif not own and first.startswith("#"):
        own = first
    parts = [" ".join(part.strip("#> \t").replace("\0", " ").split()) for part in (name, own)]
    return ": ".join(dict.fromkeys(part for part in parts if part))[:TITLE]


def _line_boxes(document: Document, passage: Passage) -> tuple[tuple[Span, BoxFacts], ...]:
    """Return the part of each line in a passage with its box; none in a format without pages."""
    if not document.on_paper:
        return ()
    found: list[tuple[Span, BoxFacts]] = []
    first = bisect.bisect_right(document.lines, passage.start, key=lambda line: line.end)
    for line in document.lines[first:]:
        if line.start >= passage.end:
            break
        part = max(line.start, passage.start), min(line.end, passage.end)
        if boxes := document.boxes(*part):
            found.append((part, boxes[0].facts()))
    return tuple(found)
