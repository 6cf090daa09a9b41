"""The stores of corpora: the embedded one and PostgreSQL give the same answers to the same operations."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ringfence.contracts import BoxFacts
from ringfence.corpus import Corpus, Failure, Store, StoredDocument, View
from ringfence.corpus.postgres_store import ADDRESS
from ringfence.corpus.store import StoredPassage
from ringfence.corpus.stores import make_store
from ringfence.errors import InputError

from .corpora import corpus_of, indexed, view_of, word_hashes, write_files
from .postgres import PASSWORD, Server
from .sealing import MAKES_SEALS, NAMESPACE
from .test_corpus import TEXTS

pytest.importorskip("apsw", reason="needs the extra corpus")

Operation = tuple[str, Any]
NAMES = ("a.txt", "b.txt", "Ç.txt", "a.zip!c.txt")
WORDS = st.sampled_from(["blue", "design", "ab-1234/5", "12,345.60", "Ω", "ꟼ", "გ", "x'y", "it's", "5%"])
texts = st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=0, max_size=3)
names = st.sampled_from(NAMES)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.tuples(names, texts)),
        st.tuples(st.just("withdraw"), st.lists(names, max_size=2)),
        st.tuples(st.just("fail"), names),
        st.tuples(st.just("keep"), st.tuples(names, st.sampled_from([None, "one", "two"]))),
        st.tuples(st.just("finish"), st.none()),
        st.tuples(
            st.just("groups"),
            st.none() | st.dictionaries(names, st.lists(st.sampled_from(["hr", "everyone"]), max_size=2)),
        ),
        st.tuples(st.just("erase"), st.lists(st.integers(1, 4), min_size=1, max_size=2)),
        st.tuples(st.just("prune"), st.integers(1, 3)),
    ),
    min_size=1,
    max_size=12,
)


def perform(store: Store, operation: Operation) -> Any:
    name, given_ = operation
    if name == "add":
        identity, passages = given_
        text = "\n".join(" ".join(words) for words in passages)
        vectors = word_hashes().engine.embed([" ".join(words) for words in passages])
        placed, at = [], 0
        for words in passages:
            end = at + len(" ".join(words))
            placed.append(
                StoredPassage((at, end), 1, "Ω lead", "", (((at, end), BoxFacts(page=1, x0=0.5, y0=1, x1=2, y1=3)),))
            )
            at = end + 1
        store.add(
            StoredDocument(identity, f"/in/{identity}", "s", text, "t", "text/1", title="T"), placed, passages, vectors
        )
    elif name == "withdraw":
        store.withdraw(given_)
    elif name == "fail":
        store.fail(Failure(given_, given_, "encrypted", "It is encrypted."))
    elif name == "keep":
        store.keep_file(*given_)
    elif name == "finish":
        return store.finish("2026-01-01T00:00:00Z", "sha256:x")
    elif name == "groups":
        store.set_groups(given_)
    elif name == "erase":
        store.erase(given_)
    else:
        return store.prune(given_)
    return None


def everything(store: Store) -> Any:
    """All that can be asked of a store, as plain data."""
    versions = store.versions()
    query = word_hashes().engine.embed(["blue design"])[0]
    views = [
        View(number, groups)
        for number in (*(version.number for version in versions), len(versions) + 9)
        for groups in (None, frozenset({"everyone"}), frozenset({"hr", "everyone"}))
    ]
    seen = []
    for view in views:
        documents, visible = list(store.documents(view, text=True)), store.visible(view)
        assert [d.id for d in documents] == [d.id for d in store.documents(view)] == sorted(d.id for d in documents)
        numbers, products = store.nearest(query, visible, 3)
        seen.append(
            (
                documents,
                [column.tolist() for column in (visible.passages, visible.documents, visible.words)],
                (numbers.tolist(), products.tolist()),
                store.passages(visible.passages[::-1].tolist()),
                store.erased(view.version),
                [(store.document(d.number), store.passages_of(d.number)) for d in documents],
            )
        )
    postings = [[a.tolist() for a in store.postings(forms)] for forms in (["blue"], ["ꟼ", "გ"], ["ab-1234/5", "none"])]
    return versions, store.failures(), store.files(), store.get("access"), seen, postings, store.faults()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(operations)
@example([("add", ("a.txt", [["blue"]])), ("add", ("a.txt", [["blue"], ["design"]])), ("finish", None)])
@example(
    [
        ("add", ("a.txt", [["blue", "blue"]] * 3)), ("finish", None), ("add", ("a.txt", [["design"]])),
        ("groups", {"a.txt": ["hr"]}), ("finish", None), ("prune", 2), ("erase", [2]),
    ]
)  # fmt: skip
def test_both_stores_answer_the_same_after_the_same_operations(postgres: Server, steps: list[Operation]) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        embedded = make_store(Path(folder) / "embedded", "embedded")
        stack.enter_context(closing(embedded))
        server = make_store(Path(folder) / "server", "postgres")
        stack.callback(server.drop)
        for operation in steps:
            assert perform(embedded, operation) == perform(server, operation)
            assert everything(embedded) == everything(server)


def data_of(server: Server) -> bytes:
    """All that the server keeps on the disk, but for the log of its last transactions (pg_wal)."""
    import psycopg

    if server.data is None:
        pytest.skip("the data of this server lie elsewhere")
    with psycopg.connect(server.address, autocommit=True) as connection:
        connection.execute("checkpoint")
    files = (path for path in server.data.rglob("*") if path.is_file() and "pg_wal" not in path.parts)
    return b"".join(path.read_bytes() for path in files)


class TestErasure:
    TEXT = "A flamingo signed the settlement. " * 3

    @pytest.fixture
    def corpus(self, postgres: Server, tmp_path: Path) -> Iterator[Corpus]:
        corpus = corpus_of(tmp_path, {"secret.txt": self.TEXT, "open.txt": "Lunch costs 5 euros."}, store="postgres")
        yield corpus
        corpus.drop()

    def is_there(self, postgres: Server, vector: bytes) -> tuple[bool, bool]:
        data = data_of(postgres)
        return b"flamingo" in data, vector in data

    def vector(self, corpus: Corpus) -> bytes:
        (number,) = [d.number for d in corpus.documents(corpus.view()) if d.id == "secret.txt"]
        passage = corpus.store.visible(corpus.view())
        first = int(passage.passages[passage.documents == number][0])
        return bytes(corpus.store._vectors_of(first, 1).tobytes()[:40])  # type: ignore[attr-defined]

    def test_an_erased_document_leaves_the_files_of_the_server(self, corpus: Corpus, postgres: Server) -> None:
        vector = self.vector(corpus)
        assert self.is_there(postgres, vector) == (True, True)
        (number,) = [d.number for d in corpus.documents(corpus.view()) if d.id == "secret.txt"]
        corpus.store.erase([number])
        assert self.is_there(postgres, vector) == (False, False)

    def test_what_only_pruned_versions_contain_leaves_them_too(
        self, corpus: Corpus, postgres: Server, tmp_path: Path
    ) -> None:
        vector = self.vector(corpus)
        (tmp_path / "files/secret.txt").unlink()
        indexed(corpus)
        assert corpus.store.prune(2) == 1
        assert self.is_there(postgres, vector) == (False, False)

    def test_a_document_that_no_version_got_leaves_them_with_the_next_version(
        self, corpus: Corpus, postgres: Server
    ) -> None:
        perform(corpus.store, ("add", ("new.txt", [["pelican"]])))
        perform(corpus.store, ("withdraw", ["new.txt"]))
        corpus.store.finish("2026-01-01T00:00:00Z", "sha256:x")
        assert b"pelican" not in data_of(postgres)

    def test_a_dropped_corpus_leaves_nothing(self, postgres: Server, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, {"a.txt": "A cormorant dives."}, store="postgres")
        corpus.drop()
        assert not corpus.folder.exists()
        assert b"cormorant" not in data_of(postgres)


class TestPostgres:
    """What is particular to a server: its address, its schema, its errors."""

    @pytest.fixture
    def corpus(self, postgres: Server, tmp_path: Path) -> Iterator[Corpus]:
        corpus = corpus_of(tmp_path, TEXTS, store="postgres")
        yield corpus
        os.environ[ADDRESS] = postgres.address
        corpus.drop()

    def test_the_folder_names_the_schema_and_holds_no_secret(self, corpus: Corpus) -> None:
        assert [path.name for path in corpus.folder.iterdir()] == ["store.json"]
        kept = (corpus.folder / "store.json").read_text(encoding="utf-8")
        assert '"kind": "postgres"' in kept
        assert PASSWORD not in kept
        assert oct((corpus.folder / "store.json").stat().st_mode)[-3:] == "600"

    def test_a_corpus_stays_in_its_store(self, corpus: Corpus) -> None:
        with pytest.raises(InputError, match="lies in the store postgres"):
            Corpus.create(corpus.folder, "embedded")
        with closing(Corpus.create(corpus.folder)) as again:
            assert again.version() == corpus.version()

    def test_two_corpora_of_one_name_have_schemas_of_their_own(self, corpus: Corpus, tmp_path: Path) -> None:
        other = corpus_of(tmp_path / "elsewhere", {"a.txt": "Alone."}, store="postgres")
        assert [d.id for d in other.documents(other.view())] == ["a.txt"]
        other.drop()
        assert corpus.version().documents == 3

    @pytest.mark.parametrize(
        ("address", "problem"),
        [
            ("", "no address of a server is set"),
            ("gibberish", "holds no address"),
            ("postgresql://u:secret@127.0.0.1:one/x", "holds no address"),
            ("postgresql://u:secret@127.0.0.1:1/x", "cannot be reached|The seal"),
        ],
    )
    def test_a_bad_address_is_an_error_that_does_not_repeat_it(
        self, corpus: Corpus, monkeypatch: pytest.MonkeyPatch, address: str, problem: str
    ) -> None:
        monkeypatch.setenv(ADDRESS, address)
        with pytest.raises(InputError, match=problem) as caught:
            Corpus.open(corpus.folder)
        said = f"{caught.value} {caught.value.hint}"
        assert caught.value.hint
        assert not any(part in said for part in ("secret", "127.0.0.1", "gibberish"))

    @pytest.mark.parametrize("change", [lambda a: a.replace(PASSWORD, "wrong"), lambda a: a + "_none"])
    def test_a_wrong_password_or_database_says_so(
        self, corpus: Corpus, postgres: Server, monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]
    ) -> None:
        if postgres.data is None:
            pytest.skip("the rights on this server are not ours")
        monkeypatch.setenv(ADDRESS, change(postgres.address))
        with pytest.raises(InputError, match="refuses the user, the password or the database"):
            Corpus.open(corpus.folder)

    def test_a_schema_that_is_not_there_is_not_made_anew(self, corpus: Corpus) -> None:
        facts = corpus.folder / "store.json"
        before = facts.read_text(encoding="utf-8")
        facts.write_text('{"kind": "postgres", "schema": "ringfence_gone"}', encoding="utf-8")
        with pytest.raises(InputError, match="has no schema ringfence_gone"):
            Corpus.open(corpus.folder)
        facts.write_text('{"kind": "postgres", "schema": "x; drop"}', encoding="utf-8")
        with pytest.raises(InputError, match="names no schema"):
            Corpus.open(corpus.folder)
        facts.write_text('{"kind": "oracle"}', encoding="utf-8")
        with pytest.raises(InputError, match="names no known store"):
            Corpus.open(corpus.folder)
        facts.write_text(before, encoding="utf-8")

    def test_a_database_without_pgvector_says_so(
        self, postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import psycopg

        if postgres.data is None:
            pytest.skip("the rights on this server are not ours")
        with psycopg.connect(postgres.address, autocommit=True) as connection:
            connection.execute("create database plain")
            connection.execute("create role weak login password 'weak'")
        address = postgres.address.replace("ringfence:" + PASSWORD, "weak:weak").replace("/postgres", "/plain")
        monkeypatch.setenv(ADDRESS, address)
        with pytest.raises(InputError, match="has no pgvector"):
            Corpus.create(tmp_path / "corpus", "postgres")
        assert not (tmp_path / "corpus").exists()

    def test_without_psycopg_the_error_names_the_extra(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(InputError, match="needs psycopg") as caught:
            Corpus.create(tmp_path / "corpus", "postgres")
        assert "ringfence[postgres]" in str(caught.value.hint)

    def test_a_lost_connection_is_an_error_with_a_remedy(self, corpus: Corpus, postgres: Server) -> None:
        import psycopg

        with psycopg.connect(postgres.address, autocommit=True) as connection:
            own = connection.info.backend_pid
            others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> %s and usename = current_user"
            connection.execute(others + " and backend_type = 'client backend'", (own,))
        with pytest.raises(InputError, match="cut off"):
            corpus.versions()
        corpus.store = Corpus.open(corpus.folder).store

    def test_an_edited_word_or_vector_is_noticed(self, corpus: Corpus) -> None:
        store: Any = corpus.store
        store._rows("delete from postings where term = 'blue'")
        store._rows("update vectors set vector = (select vector from vectors where passage = 1) where passage = 2")
        faults = corpus.faults()
        assert any("The words of note.txt in the index" in fault for fault in faults)
        assert any(fault.startswith("The vectors of") for fault in faults)


SEALED = """
import sys
from pathlib import Path
from ringfence.seal import require_seal
from ringfence.corpus import Corpus
from ringfence.errors import InputError
require_seal()
try:
    print(Corpus.open(Path(sys.argv[1])).version().documents)
except InputError as error:
    print(error, error.hint)
"""


@pytest.mark.skipif(any(mark.args[0] for mark in MAKES_SEALS) or not NAMESPACE, reason="this host makes no such seals")
class TestSeal:
    def sealed(self, folder: Path, exit_to: str) -> str:
        launch = (
            "import sys; from ringfence.seal import launch; "
            "sys.exit(launch(sys.argv[3:], (sys.executable, '-c', sys.argv[1]), exit_to=sys.argv[2]))"
        )
        command = [sys.executable, "-c", launch, SEALED, exit_to, str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120).stdout.strip()

    def test_the_server_is_reached_only_where_it_is_the_declared_exit(self, postgres: Server, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS, store="postgres")
        place = postgres.address.rpartition("@")[2].partition("/")[0]
        assert self.sealed(corpus.folder, place) == "3"
        assert "--exit HOST:PORT" in self.sealed(corpus.folder, "")
        corpus.drop()


def test_a_search_gives_the_same_passages_and_scores_from_both(postgres: Server, tmp_path: Path) -> None:
    files = write_files(
        tmp_path / "in", {f"{n}.txt": f"Report {n}: the pump {n % 3} runs at {n} Hz." for n in range(40)}
    )
    found = []
    for kind in ("embedded", "postgres"):
        corpus = Corpus.create(tmp_path / kind, kind)
        indexed(corpus, files)
        view = view_of(corpus)
        questions = ("pump at 7 Hz", "report 12", "nothing of this", "runs")
        found.append([[(p.document, p.score, p.text) for p in view.find(question, 20)] for question in questions])
        found[-1].append([corpus.version().digest])  # type: ignore[list-item]
        corpus.drop()
    assert found[0] == found[1]
    assert np.all([len(entry) for entry in found[0]])
