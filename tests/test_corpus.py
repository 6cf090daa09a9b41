"""A corpus: passages, words, versions, search, and what happens when the process is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.corpus import Corpus, View
from ringfence.corpus.passages import LONGEST, TARGET, cut_passages
from ringfence.corpus.table_heads import head_lines
from ringfence.corpus.words import index_words, language_of, query_words
from ringfence.errors import InputError

from .conftest import document_of
from .corpora import corpus_of, indexed, view_of, word_hashes, write_files

pytest.importorskip("apsw", reason="needs the extra corpus")

TEXTS = {
    "lease.txt": "# Lease\n\nThe tenant pays 1,200 euros a month. The notice period is three months.\n",
    "manual.txt": "# Pump AB-1234/5\n\nThe pump AB-1234/5 runs at 60 Hz. Change the oil after 500 hours.\n",
    "note.txt": "Meeting of 4 May. The board chose the blue design. The budget stays at 90,000.\n",
}


def passages_of(text: str) -> list[str]:
    document = document_of(text)
    return [document.text[p.start : p.end] for p in cut_passages(document)]


class TestPassages:
    def test_a_short_document_is_one_passage(self) -> None:
        assert passages_of("One sentence. And another.") == ["One sentence. And another."]

    def test_a_passage_stands_under_its_headings_and_does_not_cross_them(self) -> None:
        document = document_of("# Terms\n\nPay soon.\n\n## Interest\n\nFive percent.\n\n# Law\n\nGerman law.")
        assert [(document.text[p.start : p.end], p.lead) for p in cut_passages(document)] == [
            ("Pay soon.", "Terms"),
            ("Five percent.", "Terms > Interest"),
            ("German law.", "Law"),
        ]

    def test_a_short_last_sentence_is_repeated_in_the_next_passage(self) -> None:
        sentences = [f"Sentence number {n} says that value {n} is larger than value {n - 1}." for n in range(1, 15)]
        first, second, *_ = passages_of(" ".join(sentences))
        assert first.split(". ")[-1].rstrip(".") == second.split(". ")[0]
        assert len(first) <= TARGET

    def test_rows_of_a_table_carry_its_head(self) -> None:
        rows = ["Part\tPrice\tStock", *(f"bolt M{n} with a long name\t{n}.50\t{n * 7}" for n in range(3, 40))]
        document = document_of("\n".join(rows))
        passages = cut_passages(document)
        assert len(passages) > 1
        assert all("Part\tPrice\tStock" in p.lead for p in passages[1:])

    def test_rows_carry_all_lines_of_their_head_from_block_to_block(self) -> None:
        head = "Nine Months Ended\nOctober 30,   October 31,\n2022   2021"
        first = "\n".join(f"Item number {n} of the statement   {n},100   {n},200" for n in range(1, 30))
        more = "Shareholders' equity:\nCommon stock   2   3\nRetained earnings   9,905   16,235"
        document = document_of(f"{head}\nOperating activities:\n{first}\n\n{more}\n")
        passages = {document.text[p.start : p.end]: p.lead for p in cut_passages(document)}
        rows = [text for text in passages if "Nine Months" not in text]
        assert len(rows) > 2
        assert {passages[text] for text in rows} == {head}
        assert "Retained earnings" in rows[-1], "the rows of the next block stand under it too"

    def test_prose_and_headings_end_a_table(self) -> None:
        document = document_of("Name   2024\nPumps   5,100\n\n# Other things\n\nValves   7,100\nPipes   8,100")
        assert [p.lead for p in cut_passages(document)] == ["", "Other things"]

    @pytest.mark.parametrize(
        ("table", "head"),
        [
            ("Three Months   Nine Months\nJuly 1,   June 25,\n2023   2022\nSales:\nProducts   60,584   63,355", 4),
            ("Staff of the firm as of   31.12.2022   31.12.2021\nNorway   51   40", 1),
            ("Less than 12 Months   12 Months or Greater\nGross   Gross\n(In millions)\nDebt   5   (14)", 3),
            ("Grade   Pay\nA1   100*\nA2   200¹\nA3   TEUR 300\nA4   € 400 gross\nA5   500", 1),
            ("Name\tCity\tSince\nBob\tOslo\t1999\nEve\tParis\t2012\nJan\tBonn\t12", 1),
            ("Name   Telephone\nBob   +47 22 33 44\nEve   12", 1),
            ("Motor   Power\nA   10 kW\nB   12", 1),
            ("Item   Change\nA   +5.1 %\nB   —\nC   7", 1),
            ("Part   Material\nBolt   steel\nNut   brass", 1),
            ("Norway   51   40\nSweden   12   13", 0),
            ("Term   24 months\nStart   1 May 2024\nEnd   30 April 2026\nRent   EUR 500", 1),
            ("Year of age   18   30   50\nFee   1   2   3", 0),
        ],
    )
    def test_the_head_of_a_table_ends_where_its_data_begin(self, table: str, head: int) -> None:
        assert head_lines(table.split("\n")) == head

    @given(st.lists(st.text(st.sampled_from("1 2019a.,-|\t/")), max_size=12))
    def test_any_lines_have_a_head_within_them(self, lines: list[str]) -> None:
        assert 0 <= head_lines([*lines, "Name   1" + "1" * 3000 + "x"]) <= len(lines) + 1

    def test_rows_stand_under_no_head_of_another_table(self) -> None:
        first = "Segment   2024   2023\nPumps   9,100   9,200"
        other = "1   Oslo   Norway   x\n2   Rome   Italy   y"
        document = document_of(f"{first}\n\n{other}")
        assert not any("Segment" in p.lead and "Oslo" in document.text[p.start : p.end] for p in cut_passages(document))

    def test_a_quoted_mail_is_a_passage_of_its_own(self) -> None:
        assert passages_of("I agree.\n\n> Shall we sign on Monday?") == ["I agree.", "> Shall we sign on Monday?"]

    def test_a_document_of_headings_only_is_not_lost(self) -> None:
        assert passages_of("Annual Report") == ["Annual Report"]

    @given(st.text(st.sampled_from("ab .\n#\t|>1A?"), min_size=1, max_size=3000))
    def test_every_character_lies_in_a_passage_or_a_heading(self, text: str) -> None:
        if not text.strip():
            return
        document = document_of(text)
        passages = cut_passages(document)
        assert passages
        assert all(0 < p.end - p.start <= LONGEST and document.text[p.start : p.end].strip() for p in passages)
        assert [p.start for p in passages] == sorted(p.start for p in passages)
        covered = {n for p in passages for n in range(p.start, p.end)}
        for block in document.blocks:
            inside = [n for n in range(block.start, block.end) if not document.text[n].isspace()]
            assert all(n in covered for n in inside) or "\n" not in document.text[block.start : block.end].strip()


class TestWords:
    def test_a_part_code_is_one_word_and_its_parts(self) -> None:
        assert index_words("Pump AB-1234/5", "en") == ["pump", "ab-1234/5", "ab", "1234", "5"]

    def test_a_number_is_found_with_and_without_its_grouping(self) -> None:
        assert {"12,345.60", "12345.60"} <= set(index_words("12,345.60", ""))

    @pytest.mark.parametrize(
        ("printed", "asked"),
        [
            ("1.250,00 EUR", "1250"),
            ("7.000 kg", "7000"),
            ("1,250", "1.250"),
            ("12 500,00 €", "12500"),
            ("12\u202f500", "12500"),
            ("1’250.00", "1250.00"),
            ("42250,00", "42.250,00"),
            ("Beleuchtungs-\nanlagen", "Beleuchtungsanlagen"),
            ("vom Typ AB-\n1234/5", "AB-1234/5"),
            ("software", "soft\u00adware"),
            ("the U.S. market", "US"),
            ("by e-mail", "email"),
        ],
    )
    def test_a_number_or_word_is_found_in_another_notation(self, printed: str, asked: str) -> None:
        wanted = {form for forms in query_words(asked, [""]) for form in forms}
        assert max(wanted, key=len) in index_words(printed, "") or wanted & set(index_words(printed, "")) - {"00"}

    def test_words_are_stemmed_in_their_language(self) -> None:
        assert index_words("payments", "en") == index_words("payment", "en")
        assert index_words("Zahlungen", "de") == index_words("Zahlung", "de")

    def test_a_question_looks_for_the_forms_of_all_languages_of_the_corpus(self) -> None:
        (forms,) = query_words("What are the Zahlungen?", ["de", "en"])
        assert index_words("Zahlung", "de")[0] in forms
        assert "zahlungen" in forms

    def test_a_language_is_recognised_and_a_short_text_has_none(self) -> None:
        assert language_of("Der Mieter zahlt die Miete am ersten Tag des Monats auf das Konto.") == "de"
        assert language_of("Total 12") == ""


@pytest.mark.usefixtures("each_store")
class TestVersions:
    def test_what_is_new_changed_or_gone_makes_a_version(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        files = tmp_path / "files"
        (files / "lease.txt").write_text("The tenant pays 1,300 euros a month.", encoding="utf-8")
        (files / "note.txt").unlink()
        write_files(files, {"new.txt": "A new sentence."})
        built = indexed(corpus)
        assert (built.unchanged, built.changed, built.gone) == (1, ["lease.txt"], 1)
        now, before = ([d.id for d in corpus.documents(corpus.view(n))] for n in (2, 1))
        assert now == ["lease.txt", "manual.txt", "new.txt"]
        assert before == ["lease.txt", "manual.txt", "note.txt"]

    def test_an_old_version_can_still_be_asked(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        (tmp_path / "files/lease.txt").write_text("The tenant pays 1,300 euros a month.", encoding="utf-8")
        indexed(corpus)
        (old,) = view_of(corpus, version=1).find("tenant pays euros", 1)
        (new,) = view_of(corpus).find("tenant pays euros", 1)
        assert ("1,200" in old.text, "1,300" in new.text) == (True, True)

    def test_nothing_new_is_no_version_and_reads_nothing(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        built = indexed(corpus)
        assert (built.new_version, built.documents, built.unchanged) == (False, 0, 3)

    def test_the_same_files_give_the_same_digest_wherever_the_corpus_lies(self, tmp_path: Path) -> None:
        one, other = corpus_of(tmp_path / "a", TEXTS), corpus_of(tmp_path / "b", TEXTS)
        assert one.version().digest == other.version().digest

    def test_a_file_that_cannot_be_read_is_counted_and_tried_again(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, {**TEXTS, "broken.pdf": "no pdf"})
        assert [failure.id for failure in corpus.store.failures()] == ["broken.pdf"]
        assert corpus.version().failures == 1
        (tmp_path / "files/broken.pdf").unlink()
        indexed(corpus)
        assert corpus.version().failures == 0

    def test_records_of_one_file_are_documents(self, tmp_path: Path) -> None:
        lines = '{"id": "a", "text": "Alpha beta."}\n{"id": "b", "text": "Gamma."}\n'
        corpus = corpus_of(tmp_path, {"notes.jsonl": lines})
        assert corpus.version().documents == 2
        (tmp_path / "files/notes.jsonl").write_text(lines.split("\n")[0], encoding="utf-8")
        indexed(corpus)
        assert [d.id for d in corpus.documents(corpus.view())] == ["a"]

    def test_pruned_versions_leave_nothing_behind(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        (tmp_path / "files/note.txt").unlink()
        indexed(corpus)
        assert corpus.store.prune(2) == 1
        assert [version.number for version in corpus.versions()] == [2]
        assert not corpus.faults()
        assert "blue design" not in everything_in(corpus)

    def test_an_erased_document_leaves_every_version(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        (number,) = [d.number for d in corpus.documents(corpus.view()) if d.id == "note.txt"]
        corpus.store.erase([number])
        assert "blue design" not in everything_in(corpus)
        assert not view_of(corpus).search.by_text("blue design")
        assert not corpus.faults()

    def test_another_embedder_is_refused(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        other = type(word_hashes())(word_hashes().engine, "sha256:other")
        with pytest.raises(InputError, match="other weights"):
            indexed(corpus, embedder=other)

    def test_a_second_writer_is_refused(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        with corpus.writing(), pytest.raises(InputError, match="Another process"), Corpus.open(corpus.folder).writing():
            pass


def everything_in(corpus: Corpus) -> str:
    return "".join(path.read_bytes().decode("latin-1") for path in corpus.folder.iterdir() if path.is_file())


class TestVerify:
    def test_an_untouched_corpus_has_no_faults(self, tmp_path: Path) -> None:
        assert corpus_of(tmp_path, TEXTS).faults() == []

    @pytest.mark.parametrize(
        ("statement", "fault"),
        [
            ("update documents set text = replace(text, 'blue', 'red ')", "text of note.txt was changed"),
            ("update documents set text_sha256 = 'x' where id = 'note.txt'", "version 1 are not those"),
            ("delete from documents where id = 'note.txt'", "version 1 are not those"),
            ("delete from words where rowid = 1", "words of lease.txt in the index"),
            ("insert into words(rowid, body) values (99, 'red')", "words of a document that is gone"),
            ("update documents set lengths = zeroblob(4) where id = 'note.txt'", "words of note.txt in the index"),
            ('update passages set "to" = "to" - 9 where document = 3', "words of note.txt in the index"),
            ("update passages set lead = 'Other' where document = 1", "words of lease.txt in the index"),
            ("update settings set value = 'x' where key = 'reading'", "not JSON"),
        ],
    )
    def test_an_edit_is_noticed(self, tmp_path: Path, statement: str, fault: str) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        corpus.store._database.rows(statement)  # type: ignore[attr-defined]
        assert any(fault in found for found in corpus.faults())

    def test_a_text_that_only_an_earlier_version_has_is_read_again_too(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        (tmp_path / "files/note.txt").unlink()
        indexed(corpus)
        assert corpus.faults() == []
        corpus.store._database.rows("update documents set text = replace(text, 'blue', 'red ')")  # type: ignore[attr-defined]
        assert "The text of note.txt was changed." in corpus.faults()

    @given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
    def test_no_damage_of_the_file_is_an_internal_error(self, place: float, byte: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            corpus = corpus_of(Path(folder), TEXTS)
            corpus.close()
            path = corpus.folder / "corpus.sqlite"
            data = path.read_bytes()
            at = int(place * len(data))
            path.write_bytes(data[:at] + bytes([byte]) + data[at:])
            with contextlib.suppress(InputError), Corpus.open(corpus.folder) as damaged:
                damaged.faults()
                damaged.changed_files()

    def test_an_edited_vector_is_noticed(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        vectors = corpus.folder / "vectors.f32"
        data = bytearray(vectors.read_bytes())
        data[-1] ^= 1
        vectors.write_bytes(data)
        assert any("vectors of note.txt" in fault for fault in corpus.faults())

    def test_files_that_changed_since_are_named(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        (tmp_path / "files/note.txt").unlink()
        (tmp_path / "files/lease.txt").write_text("x", encoding="utf-8")
        assert corpus.changed_files() == {"lease.txt": "changed", "note.txt": "gone"}

    def test_a_corpus_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        assert stat.S_IMODE(corpus.folder.stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in corpus.folder.iterdir()}
        assert all(mode == 0o600 for name, mode in modes.items() if name != "writer.lock")


@pytest.mark.usefixtures("each_store")
class TestSearch:
    def test_a_part_code_is_found_as_a_whole(self, tmp_path: Path) -> None:
        view = view_of(corpus_of(tmp_path, {**TEXTS, "other.txt": "Pump AB-1234/6 and pump CD 5."}))
        assert view.find("AB-1234/5", 1)[0].document == "manual.txt"

    def test_a_passage_is_exactly_its_span(self, tmp_path: Path) -> None:
        corpus = corpus_of(tmp_path, TEXTS)
        for found in view_of(corpus).find("tenant oil board", 9):
            text = (tmp_path / "files" / found.document).read_text(encoding="utf-8")
            assert found.text == text[found.span[0] : found.span[1]]

    def test_both_ways_of_search_count(self, tmp_path: Path) -> None:
        search = view_of(corpus_of(tmp_path, TEXTS)).search
        ranked = search.rank("notice period of the tenant")
        assert {ranked.text[0], ranked.meaning[0]} <= set(ranked.fused[:2])

    def test_nothing_is_found_for_words_that_no_document_has(self, tmp_path: Path) -> None:
        assert view_of(corpus_of(tmp_path, TEXTS)).search.by_text("zebra") == ()

    @given(st.lists(st.text(st.sampled_from("ab "), min_size=1, max_size=9), min_size=1, max_size=6))
    def test_exact_search_equals_a_sort_of_all_products(self, texts: list[str]) -> None:
        import tempfile

        import numpy as np

        from ringfence.corpus.vectors import VectorFile

        rows = word_hashes().engine.embed(texts)
        with tempfile.TemporaryDirectory() as folder:
            file = VectorFile(Path(folder) / "v", rows.shape[1])
            file.write(1, rows)
            numbers = np.arange(1, len(texts) + 1)[:: 2 if len(texts) > 2 else 1]
            found, _ = file.nearest(rows[0], numbers, 3)
            products = np.einsum("ij,j->i", file.rows[numbers], rows[0])
            assert list(found) == [int(numbers[n]) for n in np.lexsort((numbers, -products))[:3]]


def test_a_killed_index_goes_on_and_does_nothing_twice(tmp_path: Path) -> None:
    files = write_files(
        tmp_path / "files", {f"{n:03}.txt": f"Document {n} says that the value is {n * 7}.\n" * 40 for n in range(60)}
    )
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom tests.corpora import indexed, word_hashes\n"
        "from ringfence.corpus import Corpus\nimport ringfence.corpus.builder as builder\nbuilder.BATCH = 8\n"
        "slow = word_hashes()\nembed = slow.engine.embed\n"
        "slow.engine.embed = lambda texts: (time.sleep(0.02), embed(texts))[1]\n"
        "indexed(Corpus.create(Path(sys.argv[1])), Path(sys.argv[2]), embedder=slow)\n"
    )
    target = tmp_path / "corpus"
    process = subprocess.Popen([sys.executable, "-c", script, target, files], env={**os.environ})
    while not (target / "vectors.f32").exists() or (target / "vectors.f32").stat().st_size < 40_000:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    corpus = Corpus.open(target)
    stored = len(list(corpus.store.documents(View(1))))
    assert 0 < stored < 60
    assert corpus.versions() == []
    built = indexed(corpus, files)
    assert built.documents <= 60 - stored
    assert corpus.version().documents == 60
    assert corpus.faults() == []
    whole = Corpus.create(tmp_path / "whole")
    indexed(whole, files)
    assert whole.version().digest == corpus.version().digest
