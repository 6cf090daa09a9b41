"""A private corpus: index documents, find passages, and say who may see what."""

from .access import EVERYONE, AccessRules, read_access_rules
from .builder import Build, Embedder, build
from .corpus import Corpus, corpora, corpus_folder
from .input_files import forget_missing_folders, sources_of
from .reader import CorpusView, open_embedder, open_view
from .reranker import RERANKED, Reranker, open_reranker
from .search import Ranked, Search
from .store import Failure, Store, StoredDocument, Version, View
from .stores import EMBEDDED, STORES, is_embedded, is_store

__all__ = [
    "EMBEDDED",
    "EVERYONE",
    "RERANKED",
    "STORES",
    "AccessRules",
    "Build",
    "Corpus",
    "CorpusView",
    "Embedder",
    "Failure",
    "Ranked",
    "Reranker",
    "Search",
    "Store",
    "StoredDocument",
    "Version",
    "View",
    "build",
    "corpora",
    "corpus_folder",
    "forget_missing_folders",
    "is_embedded",
    "is_store",
    "open_embedder",
    "open_reranker",
    "open_view",
    "read_access_rules",
    "sources_of",
]
