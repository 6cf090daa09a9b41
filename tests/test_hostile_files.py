"""Hostile files: each ends as failed with its reason, nothing else suffers, nothing is written, nothing is fetched."""

from __future__ import annotations

import gc
import io
import math
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks import fuzz
from reportlab.pdfgen.canvas import Canvas

from ringfence.documents import (
    Document,
    ReadingLimits,
    ReadingOptions,
    Source,
    Unreadable,
    read_ahead,
    read_documents,
    worker_pool,
    worker_protocol,
)
from ringfence.documents.office import _panics_are_damage
from ringfence.documents.reader import Reader
from ringfence.errors import DocumentError, UserError
from tests.files import mail, odt, zipped

TIGHT = ReadingLimits(seconds=3, memory_mib=600, expanded_mib=20, children=50, depth=4, pages=20, characters=100_000)


def outcomes(path: Path, limits: ReadingLimits = TIGHT) -> list[Document | Unreadable]:
    return list(read_documents(Source(path, path.name), ReadingOptions(limits=limits)))


def codes(path: Path, limits: ReadingLimits = TIGHT) -> set[str]:
    return {one.code if isinstance(one, Unreadable) else "done" for one in outcomes(path, limits)}


def test_a_zip_bomb_ends_when_it_has_unpacked_too_much(tmp_path: Path) -> None:
    (tmp_path / "bomb.zip").write_bytes(zipped(("zeros.txt", b"0" * (64 << 20)), ("after.txt", b"x")))
    assert "expands-too-far" in codes(tmp_path / "bomb.zip")


def test_a_zip_whose_header_lies_about_its_size_is_counted_as_it_unpacks(tmp_path: Path) -> None:
    data = bytearray(zipped(("zeros.txt", b"0" * (64 << 20))))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        size = archive.infolist()[0].file_size
    at = data.rindex(size.to_bytes(4, "little"))
    data[at : at + 4] = (10).to_bytes(4, "little")
    (tmp_path / "liar.zip").write_bytes(bytes(data))
    assert codes(tmp_path / "liar.zip") & {"expands-too-far", "damaged"}


def test_archives_inside_archives_end_at_a_depth(tmp_path: Path) -> None:
    inner = zipped(("a.txt", b"x"))
    for _ in range(10):
        inner = zipped(("in.zip", inner))
    (tmp_path / "deep.zip").write_bytes(inner)
    assert codes(tmp_path / "deep.zip") == {"nested-too-deep"}


def test_mails_inside_mails_end_at_a_depth(tmp_path: Path) -> None:
    message = mail("inner", "x")
    for number in range(10):
        outer = mail(f"s{number}", "x")
        outer.add_attachment(message)
        message = outer
    (tmp_path / "deep.eml").write_bytes(message.as_bytes())
    found = outcomes(tmp_path / "deep.eml")
    assert isinstance(found[-1], Unreadable)
    assert found[-1].code == "nested-too-deep"
    assert isinstance(found[0], Document)


def test_an_archive_of_too_many_files_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "many.zip").write_bytes(zipped(*((f"{n}.txt", b"x") for n in range(60))))
    assert codes(tmp_path / "many.zip") == {"done", "too-many-children"}


def test_a_billion_laughs_are_not_expanded(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{entities}]><x>&l9;</x>'
    path = odt(tmp_path / "l.odt", "")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("META-INF/manifest.xml", "<m/>")
        archive.writestr("content.xml", xml)
    assert codes(path) == {"damaged"}


def test_xml_does_not_read_other_files(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("TOP SECRET")
    path = tmp_path / "x.fodt"
    path.write_text(
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret.txt">]>'
        '<o:document xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        "<o:body><t:p>before &e; after</t:p></o:body></o:document>"
    )
    (one,) = outcomes(path)
    assert isinstance(one, Document)
    assert "SECRET" not in one.text


def test_a_pdf_of_too_many_pages_and_a_text_that_is_too_long_are_named(tmp_path: Path) -> None:
    pen = Canvas(str(tmp_path / "p.pdf"))
    for number in range(30):
        pen.drawString(100, 700, f"page {number}")
        pen.showPage()
    pen.save()
    assert codes(tmp_path / "p.pdf") == {"too-many-pages"}
    (tmp_path / "t.txt").write_text("word " * 30_000)
    assert codes(tmp_path / "t.txt") == {"too-long"}


def test_a_file_that_is_too_large_is_not_loaded(tmp_path: Path) -> None:
    with (tmp_path / "big.txt").open("wb") as stream:
        stream.truncate(2 << 30)
    assert codes(tmp_path / "big.txt") == {"too-large"}


def test_links_and_devices_in_archives_are_named_and_not_followed(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo(f"link{kind.decode()}.txt")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    (tmp_path / "l.tar").write_bytes(stream.getvalue())
    assert {one.code for one in outcomes(tmp_path / "l.tar") if isinstance(one, Unreadable)} == {"link"}
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as zipped_link:
        zipped_link.writestr(link, "/etc/passwd")
    assert codes(tmp_path / "l.zip") == {"link"}


def test_a_stream_that_does_not_unpack_is_damage_not_a_fault(tmp_path: Path) -> None:
    path = odt(tmp_path / "d.odt", "<text:p>" + "words that pack well " * 400 + "</text:p>")
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("META-INF/manifest.xml", "<m/>")
        archive.writestr("content.xml", content)
        at = archive.getinfo("content.xml").header_offset
    data = bytearray(path.read_bytes())
    data[at + 50 : at + 70] = b"\xff" * 20
    path.write_bytes(bytes(data))
    assert codes(path) == {"damaged"}


def test_a_panic_of_rust_code_is_damage_and_nothing_else_is() -> None:
    class PanicException(BaseException):
        pass

    with pytest.raises(DocumentError) as caught, _panics_are_damage():
        raise PanicException
    assert caught.value.code == "damaged"
    with pytest.raises(KeyboardInterrupt), _panics_are_damage():
        raise KeyboardInterrupt


@pytest.mark.data
@pytest.mark.parametrize(
    ("seed", "code"),
    [(133, "damaged"), (989, "damaged"), (1695, "damaged"), (8473, "damaged"), (15067, "damaged"), (15133, "damaged")],
)
def test_files_that_broke_a_reader_once_are_damaged(data: Path, tmp_path: Path, seed: int, code: str) -> None:
    path, content = fuzz.case_of(seed)
    case = tmp_path / f"case{path.suffix}"
    case.write_bytes(content)
    assert codes(case) == {code}


# --- A reader that misbehaves, as a plugin: what the worker process does about it.


class Misbehaving:
    """Does what the file says."""

    name = "misbehaving"
    version = 1
    extensions: tuple[str, ...] = ("misbehave",)

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        what = data.decode()
        if what == "loop":
            while True:
                pass
        if what == "memory":
            hoard = []
            while True:
                hoard.append(b"x" * (50 << 20))
                time.sleep(0.02)
        if what == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if what == "exit":
            os._exit(7)
        if what == "write":
            Path("/tmp/ringfence-escaped").write_text("words of a document")
        if what == "connect":
            import socket

            socket.create_connection(("127.0.0.1", 9))
        if what == "spawn":
            subprocess.run(["true"], check=True)
        raise ValueError("the words of the document")
        yield


@pytest.fixture
def misbehaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the plugin on the workers' path."""
    plugin = tmp_path / "plugin"
    info = plugin / "misbehaving-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: misbehaving\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ringfence.readers]\nmisbehaving = tests.test_hostile_files:Misbehaving\n")
    monkeypatch.syspath_prepend(str(plugin))
    worker_pool._pool.close()  # workers find plugins when they start
    yield tmp_path
    worker_pool._pool.close()


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("loop", "took-too-long"),
        ("memory", "too-much-memory"),
        ("crash", "reader-crashed"),
        ("exit", "reader-crashed"),
        ("write", "reader-fault"),
        ("connect", "reader-fault"),
        ("spawn", "reader-fault"),
        ("raise", "reader-fault"),
    ],
)
def test_a_reader_that_misbehaves_costs_its_file_and_no_other(misbehaving: Path, what: str, code: str) -> None:
    bad, good = misbehaving / "a.misbehave", misbehaving / "b.txt"
    bad.write_text(what)
    good.write_text("fine")
    limits = replace(TIGHT, seconds=60, memory_mib=300) if what == "memory" else TIGHT
    found = {
        source.id: list(read)
        for source, read in read_ahead([Source(bad, "a"), Source(good, "b")], ReadingOptions(limits=limits))
    }
    (failed,), (fine,) = found["a"], found["b"]
    assert isinstance(failed, Unreadable)
    assert failed.code == code
    assert "words" not in failed.reason
    assert failed.sha256
    assert isinstance(fine, Document)
    assert not Path("/tmp/ringfence-escaped").exists()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system tells no processor time")
@pytest.mark.parametrize(("stands_still", "code"), [(2.2, "done"), (60.0, "took-too-long")])
def test_a_reader_that_gets_no_processor_has_ten_times_as_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stands_still: float, code: str
) -> None:
    (tmp_path / "a.txt").write_text("fine")
    worker_pool._pool.close()
    worker_pool.start_worker()
    (worker,) = worker_pool._pool._idle
    process = worker.process
    process.send_signal(signal.SIGSTOP)  # as if the machine had no time for it
    limits = replace(TIGHT, seconds=2, total_seconds=60)
    reading = worker_pool._Reading(Source(tmp_path / "a.txt", "a"), ReadingOptions(limits=limits))
    monkeypatch.setattr(worker_protocol.Stopwatch, "WAITED", 0.1 if code == "done" else 0.9)
    going_on = threading.Timer(stands_still, process.send_signal, [signal.SIGCONT])
    going_on.start()
    found = list(reading.outcomes())
    going_on.cancel()
    assert [one.code if isinstance(one, Unreadable) else "done" for one in found] == [code]


def test_seconds_are_counted_in_full_where_no_processor_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_protocol, "_processor_seconds", lambda pid: math.inf)
    watch = worker_protocol.Stopwatch(1)
    time.sleep(0.05)
    assert 0.05 <= watch.seconds() < 5


def test_the_misbehaving_reader_is_a_reader() -> None:
    reader: Reader = Misbehaving()
    assert reader.name


def test_a_worker_dies_with_its_parent_whatever_it_is_doing(misbehaving: Path) -> None:
    (misbehaving / "a.misbehave").write_text("loop")
    script = (
        "import sys; from ringfence.documents import *; from pathlib import Path\n"
        f"p = Path({str(misbehaving / 'a.misbehave')!r})\n"
        "from ringfence.documents import worker_pool\n"
        "r = worker_pool._Reading(Source(p, 'a'), ReadingOptions())\n"
        "print(r._worker.process.pid, flush=True); list(r.outcomes())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{worker}/stat").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{worker}/stat").exists()


def test_reading_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, examples: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    worker_pool._pool.close()
    (tmp_path / "m.eml").write_bytes(
        mail("s", "b", ("a.pdf", (examples / "documents" / "01-classic-en.pdf").read_bytes())).as_bytes()
    )
    assert codes(tmp_path / "m.eml") == {"done"}
    assert list(scratch.iterdir()) == []


def test_a_tar_with_a_damaged_header_says_so_behind_what_it_gave(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name in "abc":
            info = tarfile.TarInfo(f"{name}.txt")
            info.size = 3
            archive.addfile(info, io.BytesIO(b"one"))
    data = bytearray(stream.getvalue())
    data[1024 + 150] ^= 0xFF
    (tmp_path / "t.tar").write_bytes(bytes(data))
    assert [one.code if isinstance(one, Unreadable) else one.id for one in outcomes(tmp_path / "t.tar")] == [
        "t.tar!a.txt",
        "damaged",
    ]


def test_on_windows_reading_says_which_systems_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("fine")
    worker_pool._pool.close()
    monkeypatch.setattr("ringfence.documents.worker_pool.platform.system", lambda: "Windows")
    with pytest.raises(UserError, match="needs Linux or macOS") as caught:
        outcomes(tmp_path / "a.txt")
    assert "WSL" in str(caught.value.hint)


def test_a_worker_whose_reading_was_dropped_ends() -> None:
    worker = worker_pool._Worker()
    process = worker.process
    del worker
    gc.collect()
    assert process.returncode is not None
    assert process.stdin is not None
    assert process.stdin.closed
