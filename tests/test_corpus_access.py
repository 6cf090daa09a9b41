"""Who may see what of a corpus: rights belong to content, and nothing that is added or interrupted widens them."""

from __future__ import annotations

import json
import os
import unicodedata
import zipfile
from pathlib import Path

import pytest

from ringfence.corpus import AccessRules, Build, Corpus, build, read_access_rules, sources_of
from ringfence.corpus.access import narrower
from ringfence.corpus.database import Database
from ringfence.documents import ReadingOptions
from ringfence.errors import InputError
from tests.corpora import corpus_of, indexed, view_of, word_hashes, write_files

HR = AccessRules((("hr/*", ("board",)), ("**", ("everyone",))))
PAY = "The salary of Anna is 90,000 euros."


def seen(corpus: Corpus, *groups: str, version: int | None = None) -> list[str]:
    return [document.id for document in corpus.documents(corpus.view(version, groups))]


def test_an_interrupted_index_stays_closed_and_goes_on_under_its_rules(tmp_path: Path) -> None:
    files = write_files(tmp_path / "files", {"hr/pay.txt": PAY, "news.txt": "The canteen is open."})
    corpus = Corpus.create(tmp_path / "corpus")

    def stop(progress: Build) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(corpus, word_hashes(), [files], reading=ReadingOptions(), rules=HR, on_progress=stop)
    indexed(corpus)
    assert seen(corpus) == ["news.txt"]
    assert seen(corpus, "board") == ["hr/pay.txt", "news.txt"]


def test_ids_do_not_change_by_what_is_added_after_them(tmp_path: Path) -> None:
    first = write_files(tmp_path / "company", {"hr/pay.txt": PAY, "news.txt": "The canteen is open."})
    other = write_files(tmp_path / "other", {"hr/pay.txt": "Nothing.", "more.txt": "Nothing either."})
    corpus = Corpus.create(tmp_path / "corpus")
    indexed(corpus, first, rules=HR)
    indexed(corpus, other)
    indexed(corpus)
    assert seen(corpus, "board") == ["hr/pay.txt", "more.txt", "news.txt", "other/hr/pay.txt"]
    assert "hr/pay.txt" not in seen(corpus)


def test_the_id_of_a_record_is_content_and_opens_nothing(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"id": name, "text": PAY}) + "\n" for name in ("4711", "public/1"))
    rules = AccessRules((("hr/*", ("board",)), ("**", ("everyone",))))
    corpus = corpus_of(tmp_path, {"hr/people.jsonl": rows}, rules)
    assert seen(corpus) == []
    assert seen(corpus, "board") == ["4711", "public/1"]


def test_rights_belong_to_content_and_not_to_an_id(tmp_path: Path) -> None:
    rules = AccessRules((("open.jsonl", ("everyone",)), ("secret.jsonl", ("board",))))
    record = {"id": "1", "text": "The canteen is open."}
    corpus = corpus_of(tmp_path, {"open.jsonl": json.dumps(record)}, rules)
    (tmp_path / "files" / "open.jsonl").unlink()
    write_files(tmp_path / "files", {"secret.jsonl": json.dumps({"id": "1", "text": PAY})})
    indexed(corpus)
    assert seen(corpus) == []
    assert seen(corpus, version=1) == ["1"]


def test_groups_beside_a_file_belong_to_what_it_held_then(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"a.txt": PAY, "a.txt.groups": "board\n", "b.txt": "The canteen is open."}, HR)
    (tmp_path / "files" / "a.txt.groups").unlink()
    write_files(tmp_path / "files", {"a.txt": "The door is green."})
    indexed(corpus)
    assert seen(corpus) == ["a.txt", "b.txt"]
    assert seen(corpus, version=1) == ["b.txt"]


def test_groups_that_are_taken_away_from_an_unchanged_file_open_it(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"a.txt": PAY, "a.txt.groups": "board\n"}, HR)
    (tmp_path / "files" / "a.txt.groups").unlink()
    indexed(corpus)
    assert seen(corpus) == ["a.txt"]


def test_what_is_inside_a_file_has_its_groups_or_fewer(tmp_path: Path) -> None:
    rules = AccessRules(((("*.txt"), ("everyone",)), ("mail.zip!secret*", ("boss",)), ("mail.zip", ("board", "boss"))))
    assert rules.groups("mail.zip", "mail.zip!a.txt") == ("board", "boss")
    assert rules.groups("mail.zip", "mail.zip!secret.txt") == ("boss",)
    assert narrower(("everyone",), ("board",)) == narrower(("board",), ("everyone",)) == ("board",)
    write_files(tmp_path / "files", {})
    (tmp_path / "files").mkdir(exist_ok=True)
    with zipfile.ZipFile(tmp_path / "files" / "all.zip", "w") as archive:
        archive.writestr("pay.txt", PAY)
        archive.writestr("pay.txt.groups", "board")
        archive.writestr("news.txt", "The canteen is open.")
    corpus = Corpus.create(tmp_path / "corpus")
    indexed(corpus, tmp_path / "files", rules=AccessRules((("**", ("everyone",)),)))
    assert seen(corpus) == ["all.zip!news.txt"], (
        "a member with a file of groups beside it, which nobody reads, is closed"
    )
    assert corpus.store.failures() == []
    indexed(corpus)
    assert seen(corpus) == ["all.zip!news.txt"]


def test_a_link_opens_nothing(tmp_path: Path) -> None:
    files = write_files(tmp_path / "files", {"hr/pay.txt": PAY, "hr/pay.txt.groups": "board\n", "news/a.txt": "Open."})
    os.symlink("../hr/pay.txt", files / "news" / "link.txt")
    corpus = Corpus.create(tmp_path / "corpus")
    indexed(corpus, files, rules=AccessRules((("**", ("everyone",)),)))
    assert seen(corpus) == ["news/a.txt"]
    assert seen(corpus, "board") == ["hr/pay.txt", "news/a.txt", "news/link.txt"]


def test_a_file_of_groups_alone_is_a_document(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"staff.groups": "board\n", "a.txt": "Open."})
    assert [failure.id for failure in corpus.store.failures()] == ["staff.groups"]


def test_a_pattern_is_compared_as_it_is_written(tmp_path: Path) -> None:
    rules = AccessRules((("Gehälter/*", ("board",)), ("[hr] pay/", ("board",)), ("**", ("everyone",))))
    assert rules.groups(unicodedata.normalize("NFD", "Gehälter/pay.txt")) == ("board",)
    assert rules.groups("[hr] pay/a.txt") == ("board",)
    assert rules.groups("h pay/a.txt") == ("everyone",)
    assert rules.unmatched(["Gehälter/a", "b"]) == ["[hr] pay/"]
    (tmp_path / "r.yaml").write_text('"hr/*": [hr]\n"**": [staff]\n"hr/*": [everyone]\n')
    with pytest.raises(InputError, match="stands there twice"):
        read_access_rules(tmp_path / "r.yaml")


def test_who_holds_a_view_sees_what_may_be_seen_now(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"hr/pay.txt": PAY, "news.txt": "The salary of the cook is low."})
    view = view_of(corpus)
    assert {found.document for found in view.find("salary", 5)} == {"hr/pay.txt", "news.txt"}
    corpus.declare_access(HR, sources_of(corpus))
    assert {found.document for found in view.find("salary", 5)} == {"news.txt"}
    corpus.erase(corpus.find(["news.txt"]))
    assert view.find("salary", 5) == []


def test_a_known_file_keeps_its_id_whatever_comes_or_goes(tmp_path: Path) -> None:
    news = write_files(tmp_path / "news", {"plan.txt": "The plan is public."})
    board = write_files(tmp_path / "board", {"plan.txt": PAY, "more.txt": "More."})
    corpus = Corpus.create(tmp_path / "corpus")
    rules = AccessRules((("board/*", ("board",)), ("**", ("everyone",))))
    indexed(corpus, news, rules=rules)
    indexed(corpus, board)
    (news / "plan.txt").unlink()
    indexed(corpus)
    write_files(news, {"more.txt": "New."})
    indexed(corpus, tmp_path / "corpus" / ".." / "board")
    indexed(corpus)
    assert seen(corpus, "board") == ["board/plan.txt", "more.txt", "news/more.txt"]
    assert "board/plan.txt" not in seen(corpus)


def test_a_file_with_an_exclamation_mark_is_a_file_of_its_own(tmp_path: Path) -> None:
    corpus = corpus_of(
        tmp_path, {"Achtung! Gehalt.txt": PAY, "Achtung! Gehalt.txt.groups": "\ufeffboard\n", "a.txt": "Open."}, HR
    )
    indexed(corpus)
    assert seen(corpus) == ["a.txt"]
    assert seen(corpus, "board") == ["Achtung! Gehalt.txt", "a.txt"]
    assert corpus.find(["Achtung"]) == []


def test_closed_members_stay_closed_with_all_that_is_in_them(tmp_path: Path) -> None:
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("pay.txt", PAY)
    (tmp_path / "files").mkdir()
    with zipfile.ZipFile(tmp_path / "files" / "a.zip", "w") as archive:
        archive.write(inner, "inner.zip")
        archive.writestr("inner.zip.groups", "board")
        archive.writestr("news.txt", "Open.")
    write_files(tmp_path / "files", {"z.txt": "Open too."})
    corpus = Corpus.create(tmp_path / "corpus")

    def stop(progress: Build) -> None:
        if progress.files:
            raise KeyboardInterrupt

    rules = AccessRules((("**", ("everyone",)),))
    with pytest.raises(KeyboardInterrupt):
        build(corpus, word_hashes(), [tmp_path / "files"], reading=ReadingOptions(), rules=rules, on_progress=stop)
    indexed(corpus)
    assert seen(corpus) == ["a.zip!news.txt", "z.txt"]
    corpus.open_to_all()
    corpus.declare_access(rules, sources_of(corpus))
    assert seen(corpus) == ["a.zip!news.txt", "z.txt"]


def test_new_groups_beside_a_changed_file_do_not_open_what_it_held(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"a.txt": PAY, "a.txt.groups": "board\n"}, HR)
    write_files(tmp_path / "files", {"a.txt": "The menu.", "a.txt.groups": "everyone\n"})
    corpus.declare_access(HR, sources_of(corpus))
    assert seen(corpus) == []
    indexed(corpus)
    assert seen(corpus) == ["a.txt"]
    assert seen(corpus, version=1) == []


def test_what_a_link_pointed_to_limits_what_was_read_through_it(tmp_path: Path) -> None:
    files = write_files(tmp_path / "files", {"hr/pay.txt": PAY, "hr/pay.txt.groups": "board\n", "open.txt": "Open."})
    os.symlink("hr/pay.txt", files / "link.txt")
    corpus = Corpus.create(tmp_path / "corpus")
    indexed(corpus, files, rules=AccessRules((("**", ("everyone",)),)))
    (files / "link.txt").unlink()
    os.symlink("open.txt", files / "link.txt")
    corpus.declare_access(corpus.rules, sources_of(corpus))
    assert seen(corpus) == ["open.txt"]
    indexed(corpus)
    assert seen(corpus) == ["link.txt", "open.txt"]
    assert seen(corpus, version=1) == ["open.txt"]


def test_groups_by_the_ids_of_an_earlier_store_open_nothing(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"a.txt": PAY, "b.txt": "Open."}, HR)
    database = Database(tmp_path / "corpus" / "corpus.sqlite")
    database.rows("delete from groups; insert into groups values ('1', 'everyone')")
    database.close()
    assert seen(corpus) == []
    indexed(corpus)
    assert seen(corpus) == ["a.txt", "b.txt"]
