"""The verbs of a corpus on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ringfence.api.corpus import index_corpus, open_corpus
from ringfence.api.model import Model
from ringfence.corpus import Corpus, corpora, reader
from ringfence.documents import expand_inputs
from ringfence.inference import LoadedModel

from .conftest import answering, ringfence, task_of
from .corpora import word_hashes, write_files
from .fake_runs import run_fake
from .test_ask import RENT, TEXTS, engine_of

pytest.importorskip("apsw", reason="needs the extra corpus")


class FakeEmbedder:
    def __init__(self) -> None:
        self.engine, self.facts = word_hashes().engine, {"digest": "sha256:word-hashes"}

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(reader, "load_embedder", lambda **_: FakeEmbedder())
    return write_files(tmp_path / "files", TEXTS)


def facts_of(capsys: pytest.CaptureFixture[str], *arguments: Any) -> Any:
    capsys.readouterr()
    code = ringfence(*arguments, "--json")
    printed = json.loads(capsys.readouterr().out)
    return {**printed, "code": code} if isinstance(printed, dict) else printed


class TestCorpusVerbs:
    def test_add_counts_every_file(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (home / "broken.pdf").write_text("no pdf", encoding="utf-8")
        facts = facts_of(capsys, "corpus", "add", "docs", home)
        assert (facts["code"], facts["documents"], len(facts["failed"])) == (3, 3, 1)
        assert facts["session"]["files"] == 4

    def test_update_takes_in_what_changed(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        ringfence("corpus", "add", "docs", home)
        (home / "lease.txt").unlink()
        facts = facts_of(capsys, "corpus", "update", "docs")
        assert (facts["version"], facts["documents"], facts["session"]["gone"]) == (2, 2, 1)

    def test_resume_needs_no_inputs_and_add_does(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        ringfence("corpus", "add", "docs", home)
        assert ringfence("corpus", "add", "docs", "--resume") == 0
        assert ringfence("corpus", "add", "docs") == 2
        assert "no input" in capsys.readouterr().err

    def test_list_and_show_and_search(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        ringfence("corpus", "add", "docs", home)
        (listed,) = facts_of(capsys, "corpus", "list")
        assert (listed["name"], listed["version"], listed["access"]) == ("docs", 1, False)
        shown = facts_of(capsys, "corpus", "show", "docs")
        assert [document["title"] for document in shown["documents_listed"]] == [
            "budget: Budget",
            "lease: Lease",
            "manual: Pump AB-1234/5",
        ]
        found = facts_of(capsys, "corpus", "search", "docs", "AB-1234/5", "--count", "1")
        assert found[0]["document"] == "manual.txt"

    def test_verify_names_an_edit(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        ringfence("corpus", "add", "docs", home)
        assert ringfence("corpus", "verify", "docs") == 0
        with Corpus.open("docs") as corpus:
            corpus.store._rows("update documents set text = 'other'")  # type: ignore[attr-defined]
        assert ringfence("corpus", "verify", "docs") == 1
        assert "was changed" in capsys.readouterr().err

    def test_access_closes_what_no_rule_names(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        ringfence("corpus", "add", "docs", home)
        rules = home.parent / "access.yaml"
        rules.write_text('"lease*": [legal]\n"manual*": [everyone]\n', encoding="utf-8")
        assert ringfence("corpus", "access", "docs", rules) == 0
        assert [d["id"] for d in facts_of(capsys, "corpus", "show", "docs", "--as", "legal")["documents_listed"]] == [
            "lease.txt",
            "manual.txt",
        ]
        assert {p["document"] for p in facts_of(capsys, "corpus", "search", "docs", "tenant board")} == {"manual.txt"}
        assert ringfence("corpus", "access", "docs", "--open") == 0
        assert ringfence("corpus", "search", "docs", "board", "--as", "legal") == 2

    @pytest.mark.parametrize("text", ["", "- a\n", "a: b\n", "a: [1]\n", "'\t"])
    def test_rules_that_are_none_are_refused_and_nothing_changes(self, home: Path, text: str) -> None:
        ringfence("corpus", "add", "docs", home)
        rules = home.parent / "access.yaml"
        rules.write_text(text, encoding="utf-8")
        assert ringfence("corpus", "access", "docs", rules) == 2
        with Corpus.open("docs") as corpus:
            assert not corpus.access_declared

    def test_prune_and_drop(self, home: Path) -> None:
        ringfence("corpus", "add", "docs", home)
        (home / "lease.txt").unlink()
        ringfence("corpus", "update", "docs")
        assert ringfence("corpus", "prune", "docs", "--keep", "1") == 0
        with Corpus.open("docs") as corpus:
            assert [version.number for version in corpus.versions()] == [2]
        assert ringfence("corpus", "drop", "docs", "--yes") == 0
        assert ringfence("corpus", "show", "docs") == 2

    @pytest.mark.parametrize("name", ["nothing", "../up", "a b", ""])
    def test_a_corpus_that_does_not_exist_or_cannot(self, name: str) -> None:
        assert ringfence("corpus", "show", name) == 2

    def test_a_folder_with_other_things_is_not_taken(self, home: Path) -> None:
        assert ringfence("corpus", "add", home, home) == 2
        assert sorted(path.name for path in home.iterdir()) == sorted(TEXTS)


def test_a_path_is_a_folder_even_without_a_separator(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.parent)
    index_corpus(Path("here"), [home])
    assert open_corpus(Path("here")).find("tenant", 1)[0].document == "lease.txt"
    assert corpora() == []


class TestAskVerb:
    @pytest.fixture(autouse=True)
    def model(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ringfence("corpus", "add", "docs", home)
        engine = engine_of(RENT, supports=lambda prompt: "landlord" not in prompt)
        monkeypatch.setattr("ringfence.cli.console.open_model", lambda **_: Model(LoadedModel(engine, None, None)))

    def test_an_answer_comes_with_its_place(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert ringfence("ask", "docs", "What does the tenant pay?") == 0
        printed = capsys.readouterr().out
        assert "The tenant pays 1,200 euros a month.\n    lease.txt: The tenant, Acme Ltd, pays 1,200" in printed

    def test_what_is_not_in_the_documents_is_exit_code_1(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert ringfence("ask", "docs", "Who is the landlord?") == 1
        assert "Not in the documents." in capsys.readouterr().out

    def test_dropped_claims_are_marked_when_asked_for(self, capsys: pytest.CaptureFixture[str]) -> None:
        ringfence("ask", "docs", "Who is the landlord?", "--show-unsupported")
        assert "NOT SUPPORTED: The tenant pays" in capsys.readouterr().out

    def test_the_page_marks_the_place(self, home: Path) -> None:
        page = home.parent / "answer.html"
        ringfence("ask", "docs", "What does the tenant pay?", "--html", page)
        assert "<mark>The tenant, Acme Ltd, pays 1,200 euros a month.</mark>" in page.read_text(encoding="utf-8")
        assert page.stat().st_mode & 0o777 == 0o600

    def test_questions_from_standard_input_follow_on_each_other(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        import io

        monkeypatch.setattr("sys.stdin", io.StringIO("What does the tenant pay?\n\nAnd when?\n"))
        assert ringfence("ask", "docs") == 0
        assert "Understood as:" in capsys.readouterr().err

    def test_erasing_a_document_names_the_answers_that_cite_it(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        questions = write_files(home.parent / "q", {"q.jsonl": '{"id": "1", "text": "What does the tenant pay?"}\n'})
        task = home.parent / "answer.yaml"
        task.write_text("schema: 1\nkind: answer\n", encoding="utf-8")
        run = home.parent / "run"
        assert ringfence("run", task, questions, "--corpus", "docs", "--out", run) == 0
        assert ringfence("corpus", "erase", "docs", "lease.txt", "--yes", "--everything") == 0
        printed = capsys.readouterr().err
        assert "1 answers in" in printed
        assert "1,200" not in (run / "results.jsonl").read_text(encoding="utf-8")
        assert ringfence("corpus", "verify", "docs") == 0

    def test_erasing_names_the_documents_with_the_same_text(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / "copy.txt").write_text(TEXTS["lease.txt"], encoding="utf-8")
        ringfence("corpus", "add", "docs", home)
        assert ringfence("corpus", "erase", "docs", "lease.txt", "--yes") == 0
        assert "copy.txt has the same text and was not erased." in capsys.readouterr().err

    def test_a_folder_that_is_gone_takes_its_documents_out_only_if_told_so(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ringfence("corpus", "add", "docs", home)
        home.rename(home.with_name("unmounted"))
        assert ringfence("corpus", "update", "docs") == 2
        assert "is not there" in capsys.readouterr().err
        assert facts_of(capsys, "corpus", "update", "docs", "--forget-missing")["session"]["gone"] == len(TEXTS)

    def test_purging_a_run_erases_its_documents_from_corpora_too(self, home: Path, tmp_path: Path) -> None:
        run_fake(task_of(what={"kind": "text"}), expand_inputs([home]), answering(what="null"), tmp_path / "run")
        assert ringfence("purge", tmp_path / "run", "--yes", "--everything") == 0
        with Corpus.open("docs") as corpus:
            assert list(corpus.documents(corpus.view())) == []


class TestEvaluateVerb:
    def test_search_alone_and_with_answers(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ringfence("corpus", "add", "docs", home)
        lines = [
            {
                "id": "1",
                "question": "What does the tenant pay?",
                "answers": ["1,200 euros"],
                "documents": ["lease.txt"],
            },
            {"id": "2", "question": "Who is the landlord?", "answers": []},
        ]
        gold = write_files(home.parent, {"gold.jsonl": "\n".join(map(json.dumps, lines))}) / "gold.jsonl"
        searched = facts_of(capsys, "corpus", "evaluate", "docs", "--gold", gold)
        assert searched["retrieval"]["questions"] == 1
        assert searched["retrieval"]["stages"][2]["recall"]["5"]["value"] == 1.0
        engine = engine_of(RENT, supports=lambda prompt: "landlord" not in prompt)
        monkeypatch.setattr("ringfence.cli.console.open_model", lambda **_: Model(LoadedModel(engine, None, None)))
        out = home.parent / "answers"
        answered = facts_of(capsys, "corpus", "evaluate", "docs", "--gold", gold, "--out", out, "--bar", "0.9")
        shares = answered["answers"]
        assert (shares["right"]["share"], shares["refused_rightly"]["share"], shares["unsupported"]["share"]) == (
            1,
            1,
            0,
        )
        assert answered["code"] == 1  # two questions certify no 0.9
        assert (out / "evaluation.json").exists()

    def test_drafts_are_no_gold_until_a_person_confirms_them(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ringfence("corpus", "add", "docs", home)
        engine = engine_of("What is it?")
        monkeypatch.setattr("ringfence.cli.console.open_model", lambda **_: Model(LoadedModel(engine, None, None)))
        drafts = home.parent / "drafts.jsonl"
        assert ringfence("corpus", "draft", "docs", "--out", drafts, "--count", "2") == 0
        assert ringfence("corpus", "evaluate", "docs", "--gold", drafts) == 2
        assert "nobody has confirmed" in capsys.readouterr().err
        drafts.write_text(drafts.read_text(encoding="utf-8").replace("true", "false"), encoding="utf-8")
        assert ringfence("corpus", "evaluate", "docs", "--gold", drafts) == 0

    @pytest.mark.parametrize("line", ["{}", '{"id": "1"}', "no json", '{"id": "1", "question": ""}'])
    def test_a_line_that_is_no_question_is_named(self, home: Path, line: str) -> None:
        ringfence("corpus", "add", "docs", home)
        gold = write_files(home.parent, {"gold.jsonl": line}) / "gold.jsonl"
        assert ringfence("corpus", "evaluate", "docs", "--gold", gold) == 2
