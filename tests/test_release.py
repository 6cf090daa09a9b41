"""A release runs: it holds task, weights, settings and calibrator, and refuses what differs."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ringfence.checker import check_run
from ringfence.contracts import GoldLine
from ringfence.engines import Request
from ringfence.engines.fake import FakeEngine
from ringfence.errors import InputError
from ringfence.gold.file import GoldFile
from ringfence.learning import read_ranker
from ringfence.operating import bundle
from ringfence.operating.released import read_release
from ringfence.runs import RunFolder
from tests.conftest import ringfence
from tests.standins import Standin, running

TASK = "schema: 1\nkind: extract\nname: letters\nfields: {number: {kind: number}}\n"


def second_number(request: Request, prompt: str) -> str:
    """What a server says that reads the letters rightly."""
    numbers = re.findall(r"then (\d+)", prompt)
    return json.dumps({"number": numbers[-1] if numbers else None})


@pytest.fixture
def server() -> Iterator[str]:
    with running(Standin("plain", FakeEngine(second_number), context=100_000)) as address:
        yield address


@pytest.fixture
def release(tmp_path: Path, server: str) -> Path:
    """The release of a pilot over forty letters."""
    folder = tmp_path / "pilot"
    (folder / "docs").mkdir(parents=True)
    (folder / "task.yaml").write_text(TASK)
    contender = {"name": "good", "server": server}
    spec = {"schema": 1, "name": "letters", "question": "Can letters be read?", "documents": ["docs"]}
    bar = {"unit": "document", "at_least": 0.8}
    (folder / "pilot.yaml").write_text(yaml.safe_dump({**spec, "contenders": [contender], "bar": bar}))
    gold = {}
    for n in range(40):
        words = " ".join(f"{word}{n * 7 % 40}" for word in ("amber", "birch", "cedar", "delta", "ember"))
        (folder / "docs" / f"{n}.txt").write_text(f"{words}\nfirst {n + 100} then {n + 500}\n")
        gold[f"{n}.txt"] = GoldLine(document=f"{n}.txt", values={"number": str(n + 500)})
    GoldFile(folder / "gold.jsonl").add(gold)
    assert ringfence("pilot", "run", folder) == 0
    assert ringfence("release", folder, "--contender", "good") == 0
    return folder / "releases" / "good.json"


def test_a_release_runs_under_its_lock_wherever_it_lies(release: Path, tmp_path: Path) -> None:
    document = tmp_path / "new.txt"
    document.write_text("first 7 then 8\n")
    alone = tmp_path / "production.json"
    release.rename(alone)
    for rest in (release.parents[1] / "runs", release.parents[1] / "calibrator.json"):
        rest.rename(rest.with_name("gone-" + rest.name))
    assert ringfence("run", "--release", alone, document, "--out", tmp_path / "run") == 0
    folder = RunFolder.open(tmp_path / "run")
    (result,) = folder.latest()
    assert result.values == {"number": "8"}
    assert result.decision is not None
    stated = json.loads(alone.read_text())
    assert folder.lock().but(calibrator=None).digest == stated["lock"]["digest"]
    assert folder.lock().data["calibrator"] == stated["calibrator"]
    assert check_run(tmp_path / "run").findings == []


def test_what_a_release_fixes_cannot_be_given_beside_it(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--weights", "tests", "--window", "500", "--rows")
    assert ringfence("run", "--release", release, tmp_path, "--out", tmp_path / "run", *options) == 2
    assert "--weights, --rows, --window cannot be given" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_release_refuses_what_differs(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.txt").write_text("first 7 then 8\n")
    stated = json.loads(release.read_text())
    with running(Standin("tgi", FakeEngine(second_number), context=100_000)) as other:
        stated["work"]["model"]["server"] = other
        release.write_text(json.dumps({**stated, "digest": whole(stated)}))
        assert ringfence("run", "--release", release, tmp_path / "new.txt", "--out", tmp_path / "run") == 2
    assert "does not match the lock of the release" in capsys.readouterr().err


def whole(stated: dict[str, object]) -> str:
    from ringfence.locks import canonical_digest

    return canonical_digest({name: value for name, value in stated.items() if name != "digest"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"verdict": "PASS"', '"verdict": "FAIL"'),
        ('"kind": "number"', '"kind": "text"'),
        ('"target_error": 0.05', '"target_error": 0.5'),
    ],
)
def test_an_edited_release_is_no_release(release: Path, before: str, after: str) -> None:
    text = release.read_text()
    assert before in text
    release.write_text(text.replace(before, after, 1))
    with pytest.raises(InputError, match=r"was changed|is not a release"):
        read_release(release)


def test_a_policy_can_demand_that_releases_are_signed(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("model_signing")
    from tests.test_signing import a_key

    private, public = a_key(tmp_path, "ours")
    (tmp_path / "policy.toml").write_text(f'[signatures]\npublic_keys = ["{public.name}"]\n')
    (tmp_path / "new.txt").write_text("first 7 then 8\n")
    monkeypatch.setenv("RINGFENCE_POLICY", str(tmp_path / "policy.toml"))
    run = ("run", "--release", release, tmp_path / "new.txt", "--out")
    assert ringfence(*run, tmp_path / "unsigned") == 2
    assert "has no signature" in capsys.readouterr().err
    assert ringfence("lock", "sign", release, "--key", private) == 0
    assert ringfence("lock", "verify", release, "--public-key", public) == 0
    assert ringfence(*run, tmp_path / "signed") == 0
    stated = {**json.loads(release.read_text()), "looks": 7}
    release.write_text(json.dumps({**stated, "digest": whole(stated)}))  # a release that is whole in itself
    assert ringfence(*run, tmp_path / "edited") == 2
    assert ringfence("lock", "verify", release, "--public-key", public) == 2
    assert "No trusted key confirms" in capsys.readouterr().err
    stated["looks"] = 1_000
    release.write_text(json.dumps(stated))
    assert ringfence("lock", "sign", release, "--key", private) == 2
    assert "was changed after it was written" in capsys.readouterr().err


def test_a_release_of_an_earlier_version_says_what_to_do(release: Path) -> None:
    stated = json.loads(release.read_text())
    del stated["work"]
    release.write_text(json.dumps({**stated, "schema": 1}))
    with pytest.raises(InputError, match="does not say how to run") as told:
        read_release(release)
    assert "release the contender again" in str(told.value.hint)


def test_a_release_names_the_looks_that_no_chain_holds(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = release.parents[1]
    assert json.loads(release.read_text())["loose_looks"] == 0
    record, pilot = folder / "gold.opened.jsonl", folder / "pilot.json"
    (look,) = map(json.loads, record.read_text().splitlines())
    del look["before"]  # as an earlier version wrote it, into both
    record.write_text(json.dumps(look) + "\n")
    outcome = json.loads(pilot.read_text())
    pilot.write_text(json.dumps({**outcome, "test_openings": [look]}))
    capsys.readouterr()
    assert ringfence("release", folder, "--contender", "good") == 0
    assert "1 of 1 were recorded by an earlier version, without a chain" in capsys.readouterr().err
    assert json.loads(release.read_text())["loose_looks"] == 1
    read_release(release)


@pytest.fixture
def ranked(release: Path) -> Path:
    """The release of a contender that answers in a cascade with a ranker learned from the calibration part."""
    folder = release.parents[1]
    gold, ranker = folder / "gold.jsonl", folder / "ranker.json"
    learned = ("learn", folder / "task.yaml", "--gold", gold, "--run", folder / "runs" / "good", "--out", ranker)
    assert ringfence(*learned, "--target-error", "0.5") in (0, 1)
    spec = yaml.safe_load((folder / "pilot.yaml").read_text())
    (good,) = spec["contenders"]
    spec["contenders"].append({**good, "name": "ranked", "ranker": "ranker.json", "cascade": True})
    (folder / "pilot.yaml").write_text(yaml.safe_dump(spec))
    assert ringfence("pilot", "run", folder) == 0
    responsible = ("--override-by", "A. Person", "--why", "the pilot chose its equal")
    assert ringfence("release", folder, "--contender", "ranked", *responsible) == 0
    return folder / "releases" / "ranked.json"


def test_a_release_carries_its_ranker_and_its_cascade(
    ranked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stat.S_IMODE(ranked.stat().st_mode) == 0o600
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.txt").write_text("first 107 then 508\n")
    alone = tmp_path / "production.json"
    alone.write_bytes(ranked.read_bytes())
    (ranked.parents[1] / "ranker.json").unlink()
    assert ringfence("run", "--release", alone, tmp_path / "new", "--out", tmp_path / "run") == 0
    folder = RunFolder.open(tmp_path / "run")
    lock = folder.lock()
    assert (lock.data["ranker"], lock.data["cascade"]) == (read_ranker(folder.ranker).digest, True)
    (result,) = folder.latest()
    assert result.values == {"number": "508"}
    assert "ranker" in result.field("number").features
    assert check_run(tmp_path / "run").findings == []
    capsys.readouterr()
    assert ringfence("purge", ranked.parents[1] / "runs" / "ranked", "--yes") == 0
    assert f"release with a ranker: {ranked}" in capsys.readouterr().err


def test_a_release_with_another_ranker_than_its_lock_is_refused(ranked: Path) -> None:
    stated = json.loads(ranked.read_text())
    del stated["work"]["ranker"]
    ranked.write_text(json.dumps({**stated, "digest": whole(stated)}))
    with pytest.raises(InputError, match="another ranker than its lock"):
        read_release(ranked)


def test_a_contender_with_a_ranker_that_knows_the_test_documents_is_refused(
    ranked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ranked.parents[1]
    cheat = ("--part", "all", "--run", folder / "runs" / "good", "--out", folder / "ranker.json")
    assert ringfence("learn", folder / "task.yaml", "--gold", folder / "gold.jsonl", *cheat) in (0, 1)
    assert ringfence("pilot", "run", folder) == 2
    assert "documents that are to test it" in capsys.readouterr().err


def test_a_bundle_carries_rankers_and_releases_for_their_owner_alone(
    ranked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bundle, "_add_wheels", lambda folder, extras: None)
    out, ranker = tmp_path / "bundle", ranked.parents[1] / "ranker.json"
    options = ("--weights", "", "--no-embedding", "--ranker", ranker, "--release", ranked)
    assert ringfence("bundle", "make", "--out", out, *options) == 0
    for copy in (out / "rankers" / "ranker.json", out / "releases" / "ranked.json"):
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert read_release(out / "releases" / "ranked.json").ranker == read_ranker(out / "rankers" / "ranker.json")
    assert "learned from your documents" in capsys.readouterr().err
    assert ringfence("bundle", "install", out) == 0
    assert f"The rankers are in {out / 'rankers'}" in capsys.readouterr().err
    assert ringfence("bundle", "make", "--out", tmp_path / "other", *options[:3], "--ranker", ranked) == 2
    assert "is not a ranker" in capsys.readouterr().err
