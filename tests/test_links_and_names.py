"""What a folder, a mail and a task file hold is told in full: links, texts under their names, all faults at once."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.api.explain import explain_before_model
from ringfence.documents import Document, expand_inputs, read_documents
from ringfence.errors import TaskError
from ringfence.tasks import task_from
from tests.conftest import document_of, ringfence


def test_every_link_in_a_folder_is_read_or_named(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    (inbox / "sub").mkdir(parents=True)
    (inbox / "a.txt").write_text("A\n")
    (tmp_path / "outside.txt").write_text("O\n")
    targets = {"same": "a.txt", "outside": "../outside.txt", "broken": "nowhere", "loop": "../in", "folder": "sub"}
    for name, target in targets.items():
        (inbox / f"{name}.txt").symlink_to(target)
    found = {one.id: one for source in expand_inputs([inbox]) for one in read_documents(source)}
    assert found.keys() == {"a.txt", *(f"{name}.txt" for name in targets)}
    assert {name for name, one in found.items() if isinstance(one, Document)} == {"a.txt", "same.txt", "outside.txt"}
    assert "link to a folder" in getattr(found["loop.txt"], "reason", "")
    assert "link to a folder" in getattr(found["folder.txt"], "reason", "")


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A\n")
    assert len(expand_inputs([tmp_path, tmp_path / "a.txt", tmp_path / "." / "a.txt", str(tmp_path / "*.txt")])) == 1


def mail(path: Path) -> Path:
    message = EmailMessage()
    message["From"], message["Subject"] = "ann@example.org", "Two papers"
    message.set_content("see the papers")
    for name in ("one.txt", "two.txt"):
        message.add_attachment(f"Total of {name}", filename=name)
    path.write_bytes(message.as_bytes())
    return path


def test_texts_of_several_documents_stand_under_their_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail(tmp_path / "x.eml")
    (tmp_path / "a.txt").write_text("A\n")
    assert ringfence("documents", "read", tmp_path) == 0
    out = capsys.readouterr().out
    for name in ("a.txt", "x.eml", "x.eml!one.txt", "x.eml!two.txt"):
        assert f"== {name}\n" in out
    assert ringfence("documents", "read", tmp_path / "a.txt") == 0
    assert "==" not in capsys.readouterr().out


def test_explain_lists_what_is_inside_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.yaml").write_text("schema: 1\nkind: extract\nname: t\nfields: {total: {kind: money}}\n")
    words = ("explain", tmp_path / "t.yaml", mail(tmp_path / "x.eml"), "--no-model")
    for more in ((), ("--record", "x.eml!three.txt")):
        assert ringfence(*words, *more) == 2
        said = capsys.readouterr().err
        assert all(f"\n  {name}\n" in said for name in ("x.eml", "x.eml!one.txt", "x.eml!two.txt"))
    assert ringfence(*words, "--record", "x.eml!one.txt") == 0


@pytest.mark.parametrize(
    "task",
    [
        {"kind": "extract", "fields": {"total": {"kind": "money"}}},
        {"kind": "classify", "labels": ["a", "b"]},
        {"kind": "summarise"},
    ],
)
def test_every_kind_is_explained_without_a_model_and_without_weights(
    task: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def loaded(*_: object, **__: object) -> None:
        raise AssertionError("weights are loaded")

    monkeypatch.setattr("ringfence.inference.model.load_model", loaded)
    shown = explain_before_model({"name": "t", **task}, document_of("Total EUR 12.00\n"))
    assert "EUR 12.00" in shown.before["prompt"]["user"]


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a field of an unknown kind": ({"fields": {"a": {"kind": "bogus"}}}, "fields.a: unknown kind"),
    "a field without a kind": ({"fields": {"b": {}}}, "fields.b: has no kind"),
    "an option twice": (
        {"fields": {"c": {"kind": "choice", "options": ["x", "x", " y", "null"]}}}, "an option is listed twice",
    ),
    "a field in a list": (
        {"fields": {"d": {"kind": "list", "fields": {"e": {"kind": "bogus"}}}}}, "fields.d.fields.e: unknown kind",
    ),
    "a check on a field that is not there": ({"checks": ["net == gross"]}, "the check 'net == gross'"),
    "a name that is none": ({"name": "not a name"}, "name: "),
    "a word that nobody knows": ({"colour": "red"}, "colour: is not a known name"),
    "a field with a bad name": ({"fields": {"Bad": {"kind": "text"}}}, "invalid names: Bad"),
}  # fmt: skip


@given(st.sets(st.sampled_from(sorted(FAULTS)), min_size=1))
def test_all_faults_of_a_task_are_told_at_once_and_no_others(chosen: set[str]) -> None:
    data: dict[str, Any] = {"kind": "extract", "name": "t", "fields": {"total": {"kind": "money"}}}
    for name in chosen:
        for key, value in FAULTS[name][0].items():
            data[key] = {**data[key], **value} if key == "fields" else value
    with pytest.raises(TaskError) as caught:
        task_from(data)
    for name in chosen:
        assert any(FAULTS[name][1] in fault for fault in caught.value.faults), (name, caught.value.faults)
    assert len(caught.value.faults) == len(chosen), caught.value.faults


def test_a_label_and_a_name_that_are_wrong_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("kind: classify\nname: not a name\nlabels: {yes: a, no: b, c: d}\nmost: 0\n")
    with pytest.raises(TaskError) as caught:
        task_from({"kind": "classify", "name": "a b", "labels": {True: "a", False: "b", "c": "d"}, "most": 0})
    assert len(caught.value.faults) == 4
