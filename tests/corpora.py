"""What the tests of corpora share: an embedder of word hashes, and corpora of a few texts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ringfence.corpus import AccessRules, Build, Corpus, CorpusView, Embedder, build
from ringfence.documents import ReadingOptions
from ringfence.engines import Engine

WIDTH = 64


class WordHashes:
    """Embeds a text as the sum of fixed random directions of its words: texts with the same words are near."""

    libraries: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.texts = 0

    def describe(self) -> dict[str, Any]:
        return {"name": "word-hashes"}

    def embed(self, texts: Sequence[str], **_: Any) -> npt.NDArray[np.float32]:
        self.texts += len(texts)
        rows = np.zeros((len(texts), WIDTH), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.casefold().split():
                seed = int.from_bytes(hashlib.sha256(word.strip(".,?!:").encode()).digest()[:8], "big")
                row += np.random.default_rng(seed).standard_normal(WIDTH).astype(np.float32)
        return cast("npt.NDArray[np.float32]", rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def word_hashes() -> Embedder:
    return Embedder(cast(Engine, WordHashes()), "sha256:word-hashes")


def write_files(folder: Path, texts: Mapping[str, str]) -> Path:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def indexed(
    corpus: Corpus, *inputs: Path, rules: AccessRules | None = None, embedder: Embedder | None = None, **reading: Any
) -> Build:
    options = ReadingOptions(**reading)
    return build(corpus, embedder or word_hashes(), inputs, reading=options, rules=rules)


class StoreKind:
    """The kind of store of the corpora that a test makes; the fixture ``each_store`` sets it."""

    kind = "embedded"


def corpus_of(
    folder: Path, texts: Mapping[str, str], rules: AccessRules | None = None, store: str | None = None
) -> Corpus:
    """A corpus with one version of these files."""
    corpus = Corpus.create(folder / "corpus", store or StoreKind.kind)
    indexed(corpus, write_files(folder / "files", texts), rules=rules)
    return corpus


def view_of(corpus: Corpus, groups: Sequence[str] = (), version: int | None = None) -> CorpusView:
    return CorpusView(corpus, word_hashes().engine, version, groups)
