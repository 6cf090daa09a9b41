"""What is erased from a corpus is in none of its files, and nothing is lost that was not erased."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringfence.corpus import Corpus, corpora
from ringfence.corpus.database import Database
from ringfence.errors import InputError
from tests.conftest import ringfence
from tests.corpora import corpus_of, indexed, view_of, write_files

SECRET = "The zebraword of Anna is kept in the blue drawer."


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


@pytest.mark.parametrize("how", ["erase", "prune"])
def test_no_word_of_what_is_erased_stays_in_the_files(tmp_path: Path, how: str) -> None:
    corpus = corpus_of(tmp_path, {"letter-4711.txt": SECRET, "b.txt": "The canteen is open on each day of the week."})
    (tmp_path / "files" / "letter-4711.txt").unlink()
    if how == "erase":
        corpus.erase(corpus.find(["letter-4711.txt"]))
    indexed(corpus)
    if how == "prune":
        with corpus.writing():
            corpus.store.prune(corpus.version().number)
    corpus.close()
    held = bytes_of(tmp_path / "corpus")
    for word in (b"zebraword", b"anna", b"4711", b"drawer"):
        assert word not in held.lower()
    with Corpus.open(tmp_path / "corpus") as again:
        assert again.faults() == []


def test_the_names_of_what_is_erased_go_too(tmp_path: Path) -> None:
    files = write_files(
        tmp_path / "files", {"letter-4711.txt": SECRET, "letter-4711.txt.groups": "board\n", "b.txt": "Open."}
    )
    corpus = Corpus.create(tmp_path / "corpus")
    indexed(corpus, files / "letter-4711.txt", files / "b.txt")
    (files / "letter-4711.txt").unlink()
    corpus.erase(corpus.find(["letter-4711.txt"]))
    corpus.close()
    assert b"4711" not in bytes_of(tmp_path / "corpus")


def test_a_kill_between_erasing_and_overwriting_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus_of(tmp_path, {"letter.txt": SECRET, "b.txt": "Open."})
    (tmp_path / "files" / "letter.txt").unlink()
    with monkeypatch.context() as killed:
        killed.setattr(type(corpus.store), "_overwrite", lambda self: None)
        corpus.erase(corpus.find(["letter.txt"]))
    assert corpus.still_holds_erased
    indexed(corpus)
    assert not corpus.still_holds_erased
    corpus.close()
    assert b"zebraword" not in bytes_of(tmp_path / "corpus")


def test_the_name_of_an_erased_input_goes_when_its_file_goes(tmp_path: Path) -> None:
    files = write_files(tmp_path / "files", {"anna-4711.txt": SECRET, "b.txt": "Open."})
    corpus = Corpus.create(tmp_path / "corpus")
    indexed(corpus, files / "anna-4711.txt", files / "b.txt")
    corpus.erase(corpus.find(["anna-4711.txt"]))
    (files / "anna-4711.txt").unlink()
    indexed(corpus)
    corpus.close()
    assert b"4711" not in bytes_of(tmp_path / "corpus")


def test_other_rules_of_cutting_and_indexing_read_all_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus_of(tmp_path, {"a.txt": SECRET, "b.txt": "Open."})
    corpus.store.set("rules", ["passages/0", "words/0"])
    assert indexed(corpus).documents == 2
    assert indexed(corpus).unchanged == 2


def test_what_could_not_be_read_can_be_forgotten(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"anna-4711.pdf": "no pdf", "b.txt": "Open."})
    assert [failure.id for failure in corpus.store.failures()] == ["anna-4711.pdf"]
    corpus.close()
    assert ringfence("corpus", "erase", tmp_path / "corpus", "anna-4711.pdf", "--yes") == 0
    with Corpus.open(tmp_path / "corpus") as again:
        assert again.store.failures() == []


def test_files_that_another_process_reads_are_said_to_hold_it_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringfence.corpus.database.WAIT", 50)
    corpus = corpus_of(tmp_path, {"letter.txt": SECRET, "b.txt": "Open."})
    other = Database(tmp_path / "corpus" / "corpus.sqlite")
    reader = other.each("select text from documents")
    next(reader)
    corpus.erase(corpus.find(["letter.txt"]))
    assert corpus.still_holds_erased
    assert any("still hold what was erased" in fault for fault in corpus.faults())
    del reader
    other.close()
    (tmp_path / "files" / "letter.txt").unlink()
    indexed(corpus)
    assert not corpus.still_holds_erased
    corpus.close()
    assert b"zebraword" not in bytes_of(tmp_path / "corpus")


def test_after_an_erasure_the_lock_is_another_and_the_next_version_counts_what_is_left(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"a.txt": SECRET, "b.txt": "Open."})
    before = view_of(corpus).facts
    (tmp_path / "files" / "a.txt").unlink()
    corpus.erase(corpus.find(["a.txt"]))
    assert view_of(corpus).facts != before
    assert corpus.faults() == []
    assert indexed(corpus).new_version
    assert corpus.version().documents == 1
    assert corpus.store.erased(corpus.version().number) == []


def test_a_renamed_file_of_records_keeps_its_records(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"id": f"r{n}", "text": f"Pump {n} hums."}) + "\n" for n in (1, 2))
    corpus = corpus_of(tmp_path, {"b.jsonl": rows})
    (tmp_path / "files" / "b.jsonl").rename(tmp_path / "files" / "c.jsonl")
    indexed(corpus)
    assert [(d.id, d.file) for d in corpus.documents(corpus.view())] == [("r1", "c.jsonl"), ("r2", "c.jsonl")]


def test_a_record_that_moves_from_file_to_file_is_kept(tmp_path: Path) -> None:
    def record(name: str) -> str:
        return json.dumps({"id": name, "text": f"Pump {name} hums."}) + "\n"

    corpus = corpus_of(tmp_path, {"a.jsonl": record("r1"), "b.jsonl": record("r2") + record("r3")})
    write_files(tmp_path / "files", {"a.jsonl": record("r1") + record("r3"), "b.jsonl": record("r2")})
    built = indexed(corpus)
    assert [(d.id, d.file) for d in corpus.documents(corpus.view())] == [
        ("r1", "a.jsonl"), ("r2", "b.jsonl"), ("r3", "a.jsonl"),
    ]  # fmt: skip
    assert built.files == 2
    assert corpus.store.failures() == []
    indexed(corpus)
    assert corpus.store.failures() == []


def test_a_record_whose_id_another_file_has_is_a_failure_and_replaces_nothing(tmp_path: Path) -> None:
    corpus = corpus_of(
        tmp_path, {"a.jsonl": '{"id": "1", "text": "Pump."}', "b.jsonl": '{"id": "1", "text": "Valve."}'}
    )
    assert [(d.id, d.file) for d in corpus.documents(corpus.view())] == [("1", "a.jsonl")]
    (failure,) = corpus.store.failures()
    assert (failure.id, failure.code, failure.source) == ("b.jsonl: 1", "same-id", "b.jsonl")
    write_files(tmp_path / "files", {"b.jsonl": '{"id": "2", "text": "Valve."}'})
    indexed(corpus)
    assert [d.id for d in corpus.documents(corpus.view())] == ["1", "2"]
    assert corpus.store.failures() == []


def test_a_corpus_that_is_damaged_can_be_dropped_and_stops_no_purge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "corpora" / "docs"
    corpus_of(folder.parent, {"a.txt": SECRET}).close()
    (folder.parent / "corpus").rename(folder)
    (folder / "corpus.sqlite").write_bytes(b"no database at all, whatever its name says")
    assert corpora() == ["docs"]
    assert ringfence("corpus", "drop", "docs", "--yes") == 0
    assert not folder.exists()


def test_an_answer_of_no_is_no_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus_of(tmp_path, {"a.txt": SECRET}).close()
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert ringfence("corpus", "erase", tmp_path / "corpus", "a.txt") == 130
    assert "Nothing was done" in capsys.readouterr().err


@pytest.mark.parametrize(
    "statement",
    [
        "update settings set value = '\"wide\"' where key = 'width'",
        "update settings set value = '7' where key = 'inputs'",
        "update documents set lengths = x'0001'",
    ],
)
def test_damage_of_any_part_is_said_to_be_damage(tmp_path: Path, statement: str) -> None:
    corpus_of(tmp_path, {"a.txt": SECRET}).close()
    database = Database(tmp_path / "corpus" / "corpus.sqlite")
    database.rows(statement)
    database.close()
    assert ringfence("corpus", "verify", tmp_path / "corpus") in (0, 1, 2)
    assert ringfence("corpus", "show", tmp_path / "corpus") in (0, 2)
    with Corpus.open(tmp_path / "corpus") as corpus, pytest.raises(InputError, match="damaged"):
        corpus.inputs, view_of(corpus).find("zebraword", 3), corpus.store.wrong_words(lambda *_: [])


def test_vectors_that_are_missing_are_damage(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"a.txt": SECRET})
    corpus.close()
    (tmp_path / "corpus" / "vectors.f32").write_bytes(b"")
    with Corpus.open(tmp_path / "corpus") as again, pytest.raises(InputError, match="vectors are missing"):
        view_of(again).find("zebraword", 3)


def test_an_id_of_any_kind_is_kept_as_a_name(each_store: None, tmp_path: Path) -> None:
    rows = [{"id": "a\0b", "text": "Pump."}, {"id": "x" * 6000, "text": "Valve."}, {"id": "x" * 6001, "text": "Door."}]
    corpus = corpus_of(tmp_path, {"a.jsonl": "\n".join(map(json.dumps, rows))})
    names = [document.id for document in corpus.documents(corpus.view())]
    assert len(set(names)) == 3
    assert "a\ufffdb" in names
    assert all(len(name) < 400 for name in names)
    corpus.drop()
