"""Bundles: whole or not at all, whatever happened to them on their way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.errors import InputError, WeightsError
from ringfence.operating.bundle import Bundle
from ringfence.weights import Store, catalog
from ringfence.weights.bundle import (
    add_weights,
    install_weights,
    verify_list,
    write_list,
)
from ringfence.weights.pins import pin
from ringfence.weights.store import digest_of, record_files
from tests.conftest import ringfence
from tests.test_licences import policy, stored


def a_bundle(folder: Path) -> Path:
    bundle = folder / "bundle"
    bundle.mkdir()
    add_weights(bundle, [stored(Store(folder / "here"), "mine", "MIT")])
    (bundle / "README.txt").write_text("hello")
    write_list(bundle, {"made_at": "now"})
    return bundle


def test_weights_come_over_under_the_same_digest(tmp_path: Path) -> None:
    bundle, there = a_bundle(tmp_path), Store(tmp_path / "there")
    assert "README.txt" in verify_list(bundle)
    for _ in range(2):
        verify_list(bundle)
        (weights,) = install_weights(bundle, there)
        weights.verify(reread=True)
    assert there.get("mine").manifest.digest == Store(tmp_path / "here").get("mine").manifest.digest


def _change(bundle: Path) -> None:
    (path,) = bundle.glob("weights/*/files/x.gguf")
    data = path.read_bytes()
    path.unlink()  # it may be a link to the store's own file
    path.write_bytes(data[:-1] + b"!")


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (_change, "was changed"),
        (lambda bundle: (bundle / "README.txt").unlink(), "is missing"),
        (lambda bundle: (bundle / "more.txt").write_text("x"), "was added"),
        (lambda bundle: (bundle / "bundle.json").write_text("{}"), "is not a bundle"),
        (lambda bundle: (bundle / "bundle.json").write_text('{"files": []}'), "is not a bundle"),
        (lambda bundle: (bundle / "weights" / "bundle.json").write_text("x"), "was added"),
        (lambda bundle: (bundle / "wheels").symlink_to("/etc"), "is a link"),
    ],
)
def test_a_bundle_that_is_not_whole_is_refused(tmp_path: Path, harm: Callable[[Path], None], word: str) -> None:
    bundle = a_bundle(tmp_path)
    harm(bundle)
    with pytest.raises(InputError, match=word):
        verify_list(bundle)
    with pytest.raises(InputError, match=word):
        install_weights(bundle, Store(tmp_path / "there"))


def test_the_policy_of_the_other_machine_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, there = a_bundle(tmp_path), Store(tmp_path / "there")
    policy(tmp_path, '[licences]\nallow = ["Apache-2.0"]\n', monkeypatch)
    with pytest.raises(WeightsError, match="does not allow"):
        install_weights(bundle, there)
    assert there.list() == []
    mine = stored(there, "mine", "MIT")
    with pytest.raises(WeightsError, match="does not allow"):
        install_weights(bundle, there)
    assert [one.folder for one in there.list()] == [mine.folder]  # what was there before stays


def write_form(origin: Path, target: Path) -> None:
    (target / "f.bin").write_text("x")


def test_forms_and_names_do_not_come_from_a_bundle(tmp_path: Path) -> None:
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    weights = stored(here, "mine", "MIT")
    here.form(weights, "fake", "1", write_form, "now")
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    add_weights(bundle, [weights])
    write_list(bundle, {})
    assert not list(bundle.glob("weights/*/forms"))
    there.root.mkdir()
    pin(there.root, "mine", "0" * 64, "elsewhere", "2026-01-01T00:00:00Z")
    with pytest.raises(WeightsError, match="mine was sha256:0000"):
        install_weights(bundle, there)


def renamed(bundle: Path, **facts: object) -> None:
    """Write the manifest and the list anew, as somebody could who changes a bundle on its way."""
    (path,) = bundle.glob("weights/*/manifest.json")
    data = json.loads(path.read_text())
    path.unlink()
    path.write_text(json.dumps({**data, **facts}))
    (bundle / "bundle.json").unlink()
    write_list(bundle, {})


@pytest.mark.parametrize("facts", [{"name": "tests"}, {"name": catalog()[0].name}, {"also": ["demo"]}])
def test_other_bytes_under_a_name_of_the_catalog_are_refused(tmp_path: Path, facts: dict[str, object]) -> None:
    bundle, there = a_bundle(tmp_path), Store(tmp_path / "there")
    renamed(bundle, **facts)
    with pytest.raises(WeightsError, match="The catalog knows"):
        install_weights(bundle, there)
    assert there.list() == []


def test_a_list_that_was_written_anew_is_found_by_the_digest_of_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = a_bundle(tmp_path)
    digest = Bundle(bundle, []).digest
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "there"))
    assert ringfence("bundle", "install", bundle, "--digest", f"sha256:{digest}") == 0
    assert "Not checked" not in capsys.readouterr().err
    assert ringfence("bundle", "install", bundle) == 0
    assert "Not checked: the list itself" in capsys.readouterr().err
    renamed(bundle, licence="Apache-2.0")
    assert ringfence("bundle", "install", bundle, "--digest", digest) == 2


def test_what_is_no_weights_file_does_not_come_in_by_a_bundle(tmp_path: Path) -> None:
    here = Store(tmp_path / "here")
    weights = stored(here, "mine", "MIT")
    pickled = here.staging("evil") / "files"
    pickled.mkdir()
    (pickled / "pytorch_model.bin").write_bytes(b"\x80\x04")
    records = record_files(pickled)
    evil = here.publish(pickled, replace(weights.manifest, name="evil", files=records, digest=digest_of(records)))
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    add_weights(bundle, [evil])
    write_list(bundle, {})
    with pytest.raises(WeightsError, match="pickle"):
        install_weights(bundle, Store(tmp_path / "there"))
