"""A view of a corpus as answers read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..contracts import CorpusChoice, FoundPassage
from ..documents import ReadingOptions
from ..engines import Engine
from ..errors import InputError
from ..inference import LoadedModel, load_embedder
from ..weights import Listener
from .corpus import Corpus
from .reranker import Reranker, open_reranker
from .search import SEARCH_RULES, Search
from .store import View
from .words import LIBRARIES as WORD_LIBRARIES

__all__ = ["CorpusView", "open_embedder", "open_view"]


class CorpusView:
    """What members of ``groups`` may see of one version of a corpus, by default the newest, with its search."""

    def __init__(
        self,
        corpus: Corpus,
        embedder: Engine | None,
        version: int | None = None,
        groups: Sequence[str] = (),
        reranker: Reranker | None = None,
    ) -> None:
        self.corpus, self._embedder, self._reranker = corpus, embedder, reranker
        self.libraries: tuple[str, ...] = (*corpus.store.libraries, *WORD_LIBRARIES)
        if reranker:
            self.libraries += reranker.libraries
        self._groups = tuple(groups)
        self._version = corpus.version(version)
        self._look()
        usual = ReadingOptions()
        self.reading = {name: value for name, value in corpus.reading.items() if value != getattr(usual, name)}
        self.choice = CorpusChoice(
            name=str(corpus.folder),
            version=self._version.number,
            groups=list(groups),
            reranker=reranker.weights if reranker else None,
        )

    def _look(self) -> None:
        self._generation = self.corpus.store.get("generation")
        self._view = self.corpus.view(self._version.number, self._groups)
        self._search = Search(self.corpus, self._view, self._embedder, self._reranker)

    @property
    def search(self) -> Search:
        """The search in what may be seen now: after an erasure, or under new access rules, that is something else."""
        self._look_again()
        return self._search

    @property
    def view(self) -> View:
        """What may be seen now."""
        self._look_again()
        return self._view

    def _look_again(self) -> None:
        if self._generation != self.corpus.store.get("generation"):
            self._look()

    @property
    def name(self) -> str:
        """The name of the corpus."""
        return self.corpus.name

    @property
    def version(self) -> int:
        """The number of the version."""
        return self._version.number

    @property
    def facts(self) -> dict[str, Any]:
        """The corpus's part of a lock."""
        facts: dict[str, Any] = {
            "digest": self._version.digest,
            "version": self.version,
            "embedder": self.corpus.embedder,
            "search": SEARCH_RULES,
        }
        if self.view.groups is None and (erased := len(self.corpus.store.erased(self.version))):
            facts["erased"] = erased  # the digest of a version stays, what it answers from does not
        if self._embedder:
            facts["embedding"] = self._embedder.describe()
        if self._reranker:
            facts["reranker"] = self._reranker.facts
        if self.view.groups is not None:
            # Of a closed corpus one sees a part; the digest of that part, for the whole is none of one's business.
            facts |= {"groups": sorted(self.view.groups), "digest": self.corpus.digest_of(self.view)}
        return facts

    def note_run(self, run: Path) -> None:
        """Remember that a run asked this corpus."""
        self.corpus.note_run(run)

    def find(self, question: str, count: int) -> list[FoundPassage]:
        """Return the best passages for a question, best first."""
        return self.search.find(question, count)


def open_embedder(corpus: Corpus, weights: str = "", listener: Listener | None = None) -> LoadedModel:
    """Load the weights that made the vectors of a corpus; for a new one ``weights``, by default the catalog's.

    Raises InputError for other weights than those of the corpus, WeightsError if this machine does not have them.
    """
    own = (corpus.embedder or "embedding").removeprefix("sha256:")
    embedder = load_embedder(listener=listener, weights=weights or own)
    if corpus.embedder not in (None, embedder.facts["digest"]):
        embedder.close()
        raise InputError(
            f"The vectors of {corpus.name} come from other weights ({str(corpus.embedder)[:19]}...).",
            "Omit --embedder, or make another corpus.",
        )
    return embedder


def open_view(choice: CorpusChoice, listener: Listener | None = None) -> CorpusView:
    """Open a view of a corpus, with its embedder and its reranker.

    Raises InputError if there is no such corpus or version, WeightsError or EngineError for weights that do not serve.
    """
    folder = Path(choice.name)
    corpus = Corpus.open(folder if folder.is_absolute() else choice.name)
    view = corpus.view(choice.version or None, choice.groups)  # refuses before weights are loaded
    reranker = open_reranker(choice.reranker, listener) if choice.reranker else None
    return CorpusView(corpus, open_embedder(corpus, listener=listener).engine, view.version, choice.groups, reranker)
