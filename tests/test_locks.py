"""Locks: a readable file over everything that determines an answer; any difference is told with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import InputError
from ringfence.locks import (
    Lock,
    differences,
    read_lock,
    require,
    write_lock,
)
from ringfence.locks.bom import bill_of_materials
from ringfence.weights import StoredWeights
from tests.conftest import ringfence

names = st.text("abc_-.", min_size=1, max_size=5)
values = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False)
)
data = st.dictionaries(
    names, st.recursive(values, lambda inner: st.dictionaries(names, inner, max_size=4), max_leaves=12), max_size=5
)


@given(data)
def test_a_lock_comes_back_from_its_file_with_its_digest(
    tmp_path_factory: pytest.TempPathFactory, parts: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.lock"
    parts.pop("digest", None)
    lock = Lock(**{f"x{name}": value for name, value in parts.items()})
    write_lock(lock, path)
    again = read_lock(path)
    assert again.digest == lock.digest
    assert differences(lock.data, again.data) == []


def test_what_a_lock_lacks_is_left_out_of_it() -> None:
    assert Lock(adapter=None, a={"b": None}).digest == Lock(a={}).digest
    assert Lock(a=1).but(a=None).digest == Lock().digest


def test_every_difference_is_told_with_what_was_expected_and_why() -> None:
    one = Lock(weights={"digest": "sha256:1", "form": "sha256:2"}, engine={"settings": {"threads": 1}}, template="t")
    two = Lock(
        weights={"digest": "sha256:3", "form": "sha256:2"},
        engine={"settings": {"threads": 2}},
        template="t",
        adapter="a",
    )
    found = {one.path: one for one in differences(one.data, two.data)}
    assert set(found) == {"weights.digest", "engine.settings.threads", "adapter"}
    assert "threads split sums" in found["engine.settings.threads"].why
    with pytest.raises(InputError, match="3 differences") as told:
        require(one, two, "x.lock")
    assert "adapter: expected nothing, found a" in str(told.value)
    require(one, one, "x.lock")


@pytest.mark.parametrize(
    ("one", "two"), [({"x": {}}, {}), ({"x": 1}, {"x": True}), ({"x": "s"}, {"x": {}}), ({"x": 1}, {"x": 1.0})]
)
def test_whatever_gives_another_digest_is_a_difference(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert Lock(**one).digest != Lock(**two).digest
    with pytest.raises(InputError, match="1 difference:"):
        require(Lock(**one), Lock(**two), "x.lock")


def test_a_lock_of_schema_1_keeps_its_digest_and_compares_only_the_packages_that_it_names() -> None:
    old = Lock(schema=1, packages={"numpy": "2.4.6"}, engine={"name": "openvino"})
    assert old.data["schema"] == 1
    assert old.digest == "sha256:a402fb3e1d5781c5e67c6cbe1d2f2beb60c648a16687fcc1fefa83f5d7f0ce53"
    here = Lock(packages={"numpy": "2.4.6", "lxml": "6.0"}, engine={"name": "openvino"})
    assert here.data["schema"] == 2
    require(old, here, "old.lock")
    other = here.but(packages={"numpy": "2.5.0", "lxml": "6.0"})
    assert [difference.path for difference in differences(old.data, other.data)] == ["packages.numpy"]
    missing = here.but(packages={"lxml": "6.0"})
    assert [difference.path for difference in differences(old.data, missing.data)] == ["packages.numpy"]
    assert [difference.path for difference in differences(here.data, old.data)] == ["packages.lxml", "schema"]


def test_the_facts_of_a_lock_are_typed() -> None:
    lock = Lock(weights={"digest": "sha256:1"}, engine={"name": "openvino", "settings": {"threads": 1}})
    assert (lock.facts.schema_version, lock.facts.weights.digest, lock.facts.engine.name) == (2, "sha256:1", "openvino")
    assert lock.facts.adapter is None


@pytest.mark.parametrize("change", [("threads = 2", "threads = 3"), ('digest = "sha256:', 'digest = "sha256:0')])
def test_a_lock_that_was_edited_is_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    path = tmp_path / "x.lock"
    write_lock(Lock(engine={"threads": 2}), path)
    path.write_text(path.read_text().replace(*change, 1))
    with pytest.raises(InputError, match="changed after"):
        read_lock(path)


@pytest.mark.parametrize("text", ["", "schema = 3\ndigest = 'x'\n", "not toml", "digest = 'x'\n"])
def test_what_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.lock").write_text(text)
    with pytest.raises(InputError, match="not a lock"):
        read_lock(tmp_path / "x.lock")


@pytest.mark.weights
def test_a_locked_run_starts_only_where_everything_is_as_locked(
    small_weights: StoredWeights, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = tmp_path / "task.yaml"
    task.write_text("schema: 1\nkind: extract\nname: t\nfields: {total: {kind: money}}\n")
    (tmp_path / "a.txt").write_text("Total EUR 12.00\n")
    how = ("--weights", small_weights.manifest.name, "--engine", "openvino", "--cache", "1", "--threads", "1")
    lock = tmp_path / "t.lock"
    assert ringfence("lock", task, *how, "--out", lock) == 0
    assert read_lock(lock).data["weights"]["files"]
    assert ringfence("run", task, tmp_path / "a.txt", "--out", tmp_path / "run", *how, "--locked", lock) == 0
    capsys.readouterr()
    assert ringfence("lock", "diff", lock, tmp_path / "run") == 0
    other = (*how[:-1], "2")
    assert (
        ringfence("run", task, tmp_path / "a.txt", "--out", tmp_path / "no", *other, "--mode", "solo", "--locked", lock)
        == 2
    )
    said = capsys.readouterr().err
    for path in ("engine.settings.threads", "engine.settings.mode"):
        assert path in said
    assert not (tmp_path / "no" / "results.jsonl").exists()
    assert ringfence("lock", task, *other, "--out", tmp_path / "u.lock") == 0
    capsys.readouterr()
    assert ringfence("lock", "diff", lock, tmp_path / "u.lock", "--json") == 1
    assert [one["path"] for one in json.loads(capsys.readouterr().out)["differences"]] == ["engine.settings.threads"]


def test_the_bill_of_materials_is_valid_and_names_weights_and_packages() -> None:
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    digest = "sha256:" + "ab" * 32
    lock = Lock(
        weights={"digest": digest, "licence": "Apache-2.0", "files": {"a.gguf": "cd" * 32}, "form": digest},
        engine={"name": "openvino", "version": "1", "build": digest, "settings": {"threads": 2}},
        packages={"numpy": "2.4.6"}, task={"name": "invoices"},
    )  # fmt: skip
    text = bill_of_materials(lock, "ringfence 0")
    assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text) is None
    components = {one["type"]: one for one in json.loads(text)["components"]}
    assert components["machine-learning-model"]["licenses"] == [{"license": {"name": "Apache-2.0"}}]
    assert components["machine-learning-model"]["components"][0]["hashes"] == [{"alg": "SHA-256", "content": "cd" * 32}]
    assert components["library"]["purl"] == "pkg:pypi/numpy@2.4.6"
    assert json.loads(text)["metadata"]["component"]["version"] == lock.digest
