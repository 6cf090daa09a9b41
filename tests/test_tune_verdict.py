"""What a proof of a training may say: nothing is shown by a few documents, and nothing is trained that cannot end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.contracts import TrainingLabel
from ringfence.errors import InputError
from ringfence.evaluation.items import Item
from ringfence.evaluation.statistics import mcnemar, sign_flip
from ringfence.gold.source import GoldSource
from ringfence.tuning import OtherTask, ProofTerms, alone_in, proof_faults
from ringfence.tuning.contender import contender_of
from ringfence.tuning.data import _with_documents
from ringfence.tuning.proof import _verdict
from tests.conftest import document_of
from tests.letters import TASK, gold_of, letter


def items(right: str) -> list[Item]:
    """One value for each document; a digit 1 is right."""
    return [
        Item(str(n), str(n), "total", "total", "right" if one == "1" else "wrong", "5", "5", True)
        for n, one in enumerate(right)
    ]


def verdict(tuned: str, base: str, bar: float | None = None) -> tuple[str, str]:
    both = {"tuned": items(tuned), "base": items(base)}
    return _verdict([contender_of(name, both) for name in both], ProofTerms(bar=bar))


@pytest.mark.parametrize(
    ("tuned", "base", "word"),
    [
        ("1", "0", "UNDECIDED"),
        ("11", "00", "UNDECIDED"),
        ("11111111", "11111000", "UNDECIDED"),  # three documents apart
        ("11000000", "11000000", "UNDECIDED"),  # the same two right
        ("1" * 6, "0" * 6, "PASS"),
        ("1" * 8 + "0" * 2, "0" * 10, "PASS"),
        ("0" * 6, "1" * 6, "NOT WORTH IT"),
        ("10" * 12, "10" * 12, "NOT WORTH IT"),
        ("0111111111", "1011111111", "UNDECIDED"),
    ],
)
def test_a_few_documents_show_only_what_chance_does_not(tuned: str, base: str, word: str) -> None:
    assert verdict(tuned, base)[0] == word


def test_a_small_sure_gain_is_called_small() -> None:
    word, sentence = verdict("1" * 600, "1" * 595 + "0" * 5)
    assert word == "NOT WORTH IT"
    assert sentence.startswith("Tuned weights bring two points at most over base, which needs no training: tuned +0.8")


def test_a_bar_is_reached_by_the_bound_that_certifies_it_everywhere_else() -> None:
    runs = {"tuned": items("1" * 49 + "0"), "base": items("0" * 50)}
    contenders = [contender_of(name, runs) for name in runs]
    assert _verdict(contenders, ProofTerms(bar=0.9))[0] == "PASS"  # 49 of 50: one-sided bound 0.909
    assert _verdict(contenders, ProofTerms(bar=0.91))[0] == "UNDECIDED"


def test_pass_means_better_than_every_contender() -> None:
    runs = {"tuned": items("1" * 12), "base": items("0" * 12), "close": items("1" * 9 + "0" * 3)}
    word, sentence = _verdict([contender_of(name, runs) for name in runs], ProofTerms())
    assert word == "UNDECIDED"
    assert "close" in sentence


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=11))
def test_signs_of_single_documents_are_the_test_of_mcnemar(gains: list[float]) -> None:
    exact = mcnemar(gains.count(1.0), gains.count(-1.0))
    assert sign_flip(gains, [str(n) for n in range(len(gains))]) == pytest.approx(exact)


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=60))
def test_one_family_shows_nothing(gains: list[float]) -> None:
    assert sign_flip(gains, ["one"] * len(gains)) == 1.0


def test_what_a_proof_needs_is_looked_for_before_the_training(tmp_path: Path) -> None:
    manifest = SimpleNamespace(manifest=SimpleNamespace(name="base"))
    prepared: Any = SimpleNamespace(base=manifest, labels=SimpleNamespace(trained_documents={}))
    others = [OtherTask(tmp_path / "run", tmp_path / "gold")]
    faults = proof_faults(ProofTerms(("no-such-weights",), float("nan"), others=others), prepared)
    assert len(faults) == 3
    assert "the bar nan" in faults[0]
    assert "no-such-weights" in faults[1]
    assert "so are others called" in proof_faults(ProofTerms(("tuned",)), prepared)[0]


def test_two_trainings_never_share_a_folder(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path / "out"),
        pytest.raises(InputError, match="Another training works in"),
        alone_in(tmp_path / "out"),
    ):
        pass
    with alone_in(tmp_path / "out"):
        pass


def label(number: int, by: str = "nobody", **changes: object) -> TrainingLabel:
    return TrainingLabel.model_validate(
        {"document": f"{number}.txt", "values": gold_of(number), "origin": "synthetic", "accepted_by": by, "run": "r",
         "lock": "sha256:0", "sha256": str(number), **changes}
    )  # fmt: skip


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[TrainingLabel]]:
    """Files of training labels by their names; documents 0 to 9 exist."""
    found: dict[str, list[TrainingLabel]] = {}
    documents = {f"{n}.txt": replace(document_of(letter(n), f"{n}.txt"), sha256=str(n)) for n in range(10)}
    monkeypatch.setattr("ringfence.tuning.data.training_labels", lambda path, *_: found[path.name])
    monkeypatch.setattr(
        "ringfence.tuning.data.label_documents",
        lambda labels: {one.key: documents[one.document] for one in labels if one.document in documents},
    )
    return found


def used(*names: str) -> tuple[list[TrainingLabel], list[str]]:
    found, lost = _with_documents(TASK, [Path(name) for name in names], Path("gold"), GoldSource(None, TASK))
    return [one for one, _ in found], lost


def test_of_several_labels_of_a_document_the_strongest_counts_and_then_the_last(
    files: dict[str, list[TrainingLabel]],
) -> None:
    files["a"] = [label(0, "person"), label(1), label(2)]
    files["b"] = [label(0, "checks"), label(1, values={"day": None}), label(2)]
    chosen, lost = used("a", "b", "a")
    assert [(one.document, one.accepted_by) for one in chosen] == [
        ("0.txt", "person"), ("1.txt", "nobody"), ("2.txt", "nobody"),
    ]  # fmt: skip
    assert chosen[1].values == gold_of(1)
    assert not lost


def test_labels_without_their_documents_are_named(files: dict[str, list[TrainingLabel]]) -> None:
    files["a"] = [label(0), label(40)]
    assert used("a")[1] == ["40.txt"]


def test_labels_of_another_task_are_refused(files: dict[str, list[TrainingLabel]]) -> None:
    files["a"] = [label(0, values={"no_such_field": "x"})]
    with pytest.raises(InputError, match="no_such_field"):
        used("a")
