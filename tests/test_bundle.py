"""Bundles: whole or not at all, whatever happened to them on their way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ringfence.errors import InputError, WeightsError
from ringfence.weights import Store
from ringfence.weights.bundle import (
    add_weights,
    install_weights,
    verify_list,
    write_list,
)
from ringfence.weights.pins import pin
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
    (path,) = bundle.glob("weights/*/files/x.bin")
    text = path.read_text()
    path.unlink()  # it may be a link to the store's own file
    path.write_text(text[:-1] + "!")


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
