"""Replay: answer stored documents again; where answers part, say where, by how much, and how that is known."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ringfence.api import Model
from ringfence.contracts import LockFacts, ModelOptions, Result, TraceLine
from ringfence.documents import expand_inputs
from ringfence.engines import EngineOutput, EngineSettings, Request
from ringfence.engines.fake import FakeEngine
from ringfence.engines.ticket import Ticket
from ringfence.errors import RunError
from ringfence.inference import AnswerOptions, LoadedModel
from ringfence.inference.example_pool import read_examples
from ringfence.locks import Lock
from ringfence.replay import NEAR_TIE, ReplayOptions, ReplayReport, replay_run
from ringfence.replay.fragile import mark_fragile
from ringfence.replay.outcome import compare_results, distance_of_crossing, margin_bound
from ringfence.reports.replay_report import write_replay
from ringfence.runs import RunFolder
from ringfence.runs.erasure import purge
from ringfence.runs.trace import traces_by_document
from ringfence.tasks import task_from
from ringfence.weights import PullOptions, Store, StoredWeights, pull
from ringfence.weights.requantisation import requantise
from tests.conftest import Open, lend_form, ringfence, task_of
from tests.fake_runs import latest, lines, opens_engine, run

TASK = task_of(number={"kind": "number"})


def engine_saying(which: dict[str, str], logprob: float = -0.1, margin: float | None = None) -> FakeEngine:
    """Says the first number of each document, or the one that ``which`` names; ``margin`` lets it score."""

    def script(request: Request, prompt: str) -> str:
        return f" {which.get(request.id, '12')}\n"

    scorer = None if margin is None else lambda prompt, text: -margin if text == "3" else 0.0
    return FakeEngine(script, EngineSettings(mode="solo"), logprob, scorer)


def a_run(folder: Path, count: int = 5) -> RunFolder:
    for n in range(count):
        (folder / f"d{n}.txt").write_text("from 12 to 34\n")
    run(
        TASK,
        expand_inputs([folder]),
        engine_saying({}),
        None,
        folder / "run",
        arguments={"weights": "w"},
    )
    return RunFolder.open(folder / "run")


def replayed(folder: RunFolder, engine: FakeEngine, sample: int | None = None) -> ReplayReport:
    """Replay on this engine, whatever the run ran on."""
    with pytest.MonkeyPatch.context() as patch:
        opens_engine(patch, engine)
        return replay_run(folder.path, ReplayOptions(sample=sample))


def test_the_same_answers_are_identical_and_leave_nothing_behind(tmp_path: Path) -> None:
    folder = a_run(tmp_path)
    before = folder.results.read_bytes()
    found = replayed(folder, engine_saying({}))
    assert found.totals == {"IDENTICAL": 5}
    assert folder.results.read_bytes() == before
    assert not (folder.path / ".replay").exists()


@pytest.mark.parametrize(
    ("logprob", "margin", "word", "method"),
    [
        (-0.01, None, "CHANGED", "bound"),  # 0.99 of the probability: nothing else can be near
        (-0.8, 0.02, "NEAR-TIE", "scored"),
        (-0.8, 0.9, "CHANGED", "scored"),
        (-0.8, None, "CHANGED", "not known"),  # nobody can tell how near it was: then it changed
    ],
)
def test_where_answers_part_the_margin_decides(
    tmp_path: Path, logprob: float, margin: float | None, word: str, method: str
) -> None:
    for n in range(3):
        (tmp_path / f"d{n}.txt").write_text("from 12 to 34\n")
    stored = engine_saying({}, logprob)
    run(TASK, expand_inputs([tmp_path]), stored, None, tmp_path / "run", arguments={"weights": "w"})
    folder = RunFolder.open(tmp_path / "run")
    found = replayed(folder, engine_saying({"d1.txt": "34"}, logprob, margin))
    assert [one.word for one in found.outcomes] == ["IDENTICAL", word, "IDENTICAL"]
    parted = found.outcomes[1]
    assert (parted.method, parted.fields, parted.token) == (method, ("number",), 1)
    if parted.margin is not None:
        assert (parted.margin <= NEAR_TIE) == (word == "NEAR-TIE")
    page = write_replay(found, folder, tmp_path / "replay.html").read_text()
    assert "d1.txt" in page
    assert word in page
    marked = mark_fragile(folder, found.outcomes)
    flags = [result["fields"]["number"]["flags"] for result in latest(folder)]
    assert marked == sum("fragile" in one for one in flags) == (1 if word == "NEAR-TIE" else 0)
    assert mark_fragile(folder, found.outcomes) == 0
    assert [result["values"]["number"] for result in latest(folder)] == ["12"] * 3


def test_what_cannot_be_replayed_is_said(tmp_path: Path) -> None:
    folder = a_run(tmp_path)
    (tmp_path / "d0.txt").unlink()
    (tmp_path / "d1.txt").write_text("from 12 to 35\n")
    found = replayed(folder, engine_saying({}))
    assert [(one.document, one.word) for one in found.outcomes if one.word != "IDENTICAL"] == [
        ("d0.txt", "NOT REPLAYED"),
        ("d1.txt", "NOT REPLAYED"),
    ]


def test_a_sample_is_spread_over_a_solo_run(tmp_path: Path) -> None:
    found = replayed(a_run(tmp_path, 10), engine_saying({}), 3)
    assert [one.document for one in found.outcomes] == ["d0.txt", "d3.txt", "d6.txt"]
    assert found.documents == 10


def test_another_prompt_is_no_near_tie() -> None:
    result = Result(document={"id": "a"}, status="done", values={"x": "1"}, fields={})
    line = TraceLine(document="a", id="a", n=1, s=0, prompt="p", tokens=[1, 2], logprobs=[-0.7, -0.7])

    def never(request: str, look: int, tokens: Sequence[int], one: int, other: int) -> tuple[float, str]:
        raise AssertionError

    other = result.model_copy(update={"values": {"x": "2"}})
    found = compare_results(result, other, {"a": [line]}, {"a": [line.model_copy(update={"prompt": "q"})]}, never)
    assert (found.word, found.why) == ("CHANGED", "the prompts differ")


def test_the_bound_of_a_margin_is_what_is_left_for_any_other_token() -> None:
    assert margin_bound(math.log(0.5)) == pytest.approx(0)
    assert margin_bound(math.log(0.9)) == pytest.approx(math.log(9))
    assert margin_bound(0.0) == math.inf


def test_a_document_that_was_done_again_is_held_against_its_last_session() -> None:
    about = {"document": "a", "id": "a", "sha256": "c"}
    said: list[dict[str, Any]] = [
        {**about, "s": 0, "n": 1, "prompt": "p", "tokens": [1]},
        {**about, "id": "a window", "s": 0, "n": 2, "prompt": "p", "tokens": [9], "sha256": "what it was before"},
        {**about, "s": 1, "n": 1, "prompt": "q", "tokens": [2]},
        {**about, "s": 1, "n": 2, "prompt": "r", "tokens": [3]},
    ]
    heard = traces_by_document((TraceLine(**line) for line in said), {"a": "c"})["a"]
    assert {request: [line.tokens for line in found] for request, found in heard.items()} == {"a": [[2], [3]]}


def scored(before: list[float], after: list[float], status: str = "done", value: str = "x") -> str:
    result = Result(document={"id": "a"}, status="done", values={"label": "w"}, fields={})
    other = result.model_copy(update={"status": status, "values": {"label": value}})
    first, second = (TraceLine(document="a", id="a", n=1, s=0, prompt="p", scores=scores) for scores in (before, after))
    return compare_results(result, other, {"a": [first]}, {"a": [second]}, lambda *_: (0.0, "")).word


def test_scores_are_judged_by_how_far_the_new_winner_was_behind() -> None:
    assert scored([-0.7, -0.72, -9.0], [-9.0, -9.0, -0.01]) == "CHANGED"
    assert scored([-0.7, -0.72, -9.0], [-0.73, -0.71, -9.0]) == "NEAR-TIE"
    assert scored([-0.5, -1.0], [-0.51, -0.99], "abstained") == "NEAR-TIE"  # the task's own threshold lay between


def test_a_run_that_lost_results_is_not_replayed_in_part(tmp_path: Path) -> None:
    folder = a_run(tmp_path)
    folder.results.write_text("".join(folder.results.read_text().splitlines(keepends=True)[:3]))
    with pytest.raises(RunError, match=r"run\.json counts"):
        replayed(folder, engine_saying({}))


def test_an_interrupted_replay_begins_anew_and_leaves_nothing(tmp_path: Path) -> None:
    folder = a_run(tmp_path)
    interrupted = engine_saying({})
    answer = interrupted.script

    def script(request: Request, prompt: str) -> str:
        if request.id == "d3.txt":
            raise KeyboardInterrupt
        return str(answer(request, prompt))

    interrupted.script = script
    with pytest.raises(KeyboardInterrupt):
        replayed(folder, interrupted)
    assert not (folder.path / ".replay").exists()
    found = replayed(folder, engine_saying({f"d{n}.txt": "34" for n in range(5)}, margin=5.0))
    assert found.totals == {"CHANGED": 5}


def test_of_a_file_with_many_documents_only_those_are_asked_again_that_the_session_answered(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"id": f"r{n}", "text": "from 12 to 34"}) + "\n" for n in range(9)))
    for resume in (False, True):
        run(
            TASK,
            expand_inputs([rows]),
            engine_saying({}),
            None,
            tmp_path / "run",
            limit=3,
            resume=resume,
            arguments={"weights": "w"},
        )
    engine = engine_saying({})
    asked: list[str] = []
    answer = engine.script
    engine.script = lambda request, prompt: asked.append(request.id) or answer(request, prompt)  # type: ignore[func-returns-value]
    found = replayed(RunFolder.open(tmp_path / "run"), engine)
    assert found.totals == {"IDENTICAL": 6}
    assert len(asked) == 6


def _edited(data: dict[str, Any], edit: dict[str, Any]) -> dict[str, Any]:
    whole = {
        name: _edited(data[name], value)
        if name in ("document", "fields", "number", "usage") and value is not None
        else value
        for name, value in edit.items()
    }
    return {**data, **whole}


class Silent(FakeEngine):
    """A fake that tells no tokens, like a chat server; what it writes is in ``text``."""

    text = " 12\n"

    def begin(self, ticket: Ticket) -> EngineOutput | None:
        done = super().begin(ticket)
        return dataclasses.replace(done, text=self.text, tokens=(), logprobs=(), token_ends=())  # type: ignore[type-var]


def test_of_an_engine_that_tells_no_tokens_the_text_is_compared(tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text("from 12 to 34\n")
    engine = Silent(lambda request, prompt: "", EngineSettings(mode="solo"))
    run(TASK, expand_inputs([tmp_path]), engine, None, tmp_path / "run", arguments={"weights": "w"})
    folder = RunFolder.open(tmp_path / "run")
    (line,) = folder.traces()
    assert line.text == hashlib.sha256(b" 12\n").hexdigest()
    assert replayed(folder, engine).totals == {"SAME TEXT": 1}
    other = Silent(engine.script, engine.settings)
    other.text = " 12"
    (found,) = replayed(folder, other).outcomes
    assert (found.word, "text differs" in found.why) == ("CHANGED", True)
    folder.trace.write_text(json.dumps({**line.as_json(), "text": None}) + "\n")  # as earlier versions wrote it
    report = replayed(folder, engine)
    assert report.totals == {"SAME VALUES": 1}
    assert not report.identical
    assert "as far as it can be compared" in write_replay(report, folder, tmp_path / "replay.html").read_text()


@pytest.mark.parametrize(
    "edit",
    [
        {"values": {"number": "13"}},
        {"checks": {"a": "broken"}},
        {"lock": "sha256:0"},
        {"status": "failed", "reason": "x: y"},
        {"grounding": "verified"},
        {"mode": "batched"},
        {"windows": [[0, 9]]},
        {"document": {"unread": [{"code": "x", "what": "y"}]}},
        {"fields": {"number": {"flags": ["doubtful"]}}},
        {"usage": None},
        {"usage": {"prompt_tokens": 1}},
        {"usage": {"generated_tokens": 1}},
        {"usage": {"looks": 7}},
        {"fields": {"number": {"readings": ["12", "21"]}}},
        {"fields": {"number": {"features": {"logprob": -0.5}}}},
    ],
)
def test_a_result_that_was_edited_is_changed(tmp_path: Path, edit: dict[str, Any]) -> None:
    folder = a_run(tmp_path, 2)
    first, second = lines(folder)
    folder.results.write_text("".join(json.dumps(one) + "\n" for one in (_edited(first, edit), second)))
    facts = folder.read_facts()
    facts.totals = dict(folder.totals())
    folder.write_facts(facts)
    assert replayed(folder, engine_saying({})).totals == {"CHANGED": 1, "IDENTICAL": 1}


@pytest.mark.parametrize(
    ("before", "after", "edit", "word"),
    [
        (-3.96, -4.04, {}, "NEAR-TIE"),
        (-3.85, -4.04, {}, "CHANGED"),  # it was not near the bound
        (-3.96, -3.97, {}, "IDENTICAL"),  # on the same side of the bound
        (-3.96, -4.04, {"flags": ["doubtful"]}, "CHANGED"),  # that flag follows no log-probability
        (-3.96, -3.97, {"flags": ["unlikely-token"]}, "CHANGED"),  # no token crossed the bound: somebody wrote the flag
        (-0.66, -0.72, {}, "NEAR-TIE"),
        (-0.5, -0.72, {}, "CHANGED"),
        (-0.66, -0.67, {"flags": ["doubtful-value"]}, "CHANGED"),
    ],
)
def test_a_flag_at_its_bound_is_a_near_tie_of_the_same_tokens(
    tmp_path: Path, before: float, after: float, edit: dict[str, Any], word: str
) -> None:
    (tmp_path / "d.txt").write_text("from 12 to 34\n")
    run(TASK, expand_inputs([tmp_path]), engine_saying({}, before), None, tmp_path / "run", arguments={"weights": "w"})
    folder = RunFolder.open(tmp_path / "run")
    (stored,) = lines(folder)
    folder.results.write_text(json.dumps(_edited(stored, {"fields": {"number": edit}})) + "\n")
    (found,) = replayed(folder, engine_saying({}, after)).outcomes
    assert found.word == word
    assert ("from the bound of " in found.why) == (not edit and word != "IDENTICAL")
    assert found.fields == ()


def test_only_a_token_crosses_the_bound_of_a_flag_a_score_does_not() -> None:
    def answers(**told: Any) -> dict[str, list[TraceLine]]:
        return {"a": [TraceLine(document="a", id="a", n=1, s=0, prompt="p", **told)]}

    before, after = answers(tokens=[1], logprobs=[-3.9]), answers(tokens=[1], logprobs=[-4.1])
    assert distance_of_crossing(before, after, -4.0) == pytest.approx(0.1)
    assert distance_of_crossing(before, before, -4.0) is None
    assert distance_of_crossing(answers(scores=[-3.9]), answers(scores=[-4.1]), -4.0) is None


def test_a_run_without_a_trace_is_judged_by_its_values(tmp_path: Path) -> None:
    folder = a_run(tmp_path, 3)
    folder.trace.unlink()
    found = replayed(folder, engine_saying({"d1.txt": "34"}, margin=0.0))
    assert [one.word for one in found.outcomes] == ["SAME VALUES", "CHANGED", "SAME VALUES"]


def test_purging_takes_what_a_killed_replay_left(tmp_path: Path) -> None:
    folder = a_run(tmp_path, 2)
    (folder.path / ".replay").mkdir()
    (folder.path / ".replay" / "results.jsonl").write_text("content")
    purge(folder)
    assert not (folder.path / ".replay").exists()
    assert not folder.trace.exists()


def test_a_lock_that_was_edited_in_a_run_is_refused(tmp_path: Path) -> None:
    folder = a_run(tmp_path, 1)
    facts = folder.read_facts()
    facts.lock.data["engine"]["version"] = "2"
    folder.write_facts(facts)
    with pytest.raises(RunError, match="was changed"):
        folder.lock()


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("mode", ["solo", "batched"])
def test_a_real_run_is_replayed_in_another_process(
    small_weights: StoredWeights, examples: Path, tmp_path: Path, mode: str
) -> None:
    task = tmp_path / "task.yaml"
    task.write_text("schema: 1\nkind: extract\nname: t\nfields: {supplier: {kind: text}, total: {kind: money}}\n")
    how = ("--weights", small_weights.manifest.name, "--engine", "openvino", "--cache", "1", "--mode", mode)
    inputs = sorted((examples / "documents").iterdir())[:4]
    assert ringfence("run", task, *inputs, "--out", tmp_path / "run", *how) == 0
    program = "import sys; from ringfence.cli import main; main(sys.argv[1:])"
    again = subprocess.run(
        [sys.executable, "-c", program, "replay", str(tmp_path / "run"), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    facts = json.loads(again.stdout)
    assert (again.returncode, facts["totals"]) == (0, {"IDENTICAL": 4})
    assert max(one["drift"] for one in facts["verdicts"]) == 0.0


@dataclass
class RealRun:
    """A run with the 135M in a store of its own; ``change`` does something to what determined its answers."""

    folder: Path
    weights: StoredWeights

    def form(self, name: str) -> Path:
        (path,) = self.weights.folder.glob(f"forms/*/files/{name}")
        return path

    def other_precision(self) -> list[str]:
        return ["--weights", requantise(self.weights, "q8_0", Store()).manifest.name]

    def other_template(self) -> list[str]:
        facts = json.loads(self.form("form.json").read_text())
        self.form("form.json").write_text(json.dumps({**facts, "chat_template": "Be brief. " + facts["chat_template"]}))
        return []

    def other_byte(self) -> list[str]:
        with self.form("openvino_model.bin").open("r+b") as stream:
            stream.seek(self.form("openvino_model.bin").stat().st_size // 2)
            (byte,) = stream.read(1)
            stream.seek(-1, 1)
            stream.write(bytes([byte ^ 1]))
        return []


@pytest.fixture(scope="session")
def locked_run(
    small_weights: StoredWeights, open_small: Open, examples: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with a store (home) and a run; each test takes a copy, for it changes what it takes."""
    here = tmp_path_factory.mktemp("locked")
    task = here / "task.yaml"
    task.write_text("schema: 1\nkind: extract\nname: t\nfields: {supplier: {kind: text}}\n")
    how = ("--weights", "mine", "--engine", "openvino", "--cache", "1", "--mode", "solo", "--threads", "1")
    inputs = sorted((examples / "documents").iterdir())[:2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGFENCE_HOME", str(here / "home"))
        file = small_weights.files / small_weights.manifest.files[0].name
        lend_form(open_small("batched"), pull(str(file), Store(), options=PullOptions(name="mine")))
        assert ringfence("run", task, *inputs, "--out", here / "run", *how) == 0
    return here


@pytest.fixture
def real_run(locked_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RealRun:
    shutil.copytree(locked_run, tmp_path / "copy")
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "copy" / "home"))
    return RealRun(tmp_path / "copy" / "run", Store().get("mine"))


@pytest.mark.weights
@pytest.mark.xdist_group("locked_run")  # made once
@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda run: ["--threads", "2"], "engine.settings.threads"),
        pytest.param(RealRun.other_precision, "weights.digest", marks=pytest.mark.slow),
        pytest.param(RealRun.other_template, "template", marks=pytest.mark.slow),
        (RealRun.other_byte, "weights.form_files.openvino_model.bin"),
    ],
    ids=["another thread count", "another quantisation", "another template", "one flipped byte"],
)
def test_a_deliberate_change_is_refused_and_with_an_override_reported_for_what_it_is(
    real_run: RealRun, change: Callable[[RealRun], list[str]], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (real_run.folder / "results.jsonl").read_bytes()
    how = change(real_run)
    capsys.readouterr()
    assert ringfence("replay", real_run.folder, *how) == 2
    assert ringfence("replay", real_run.folder, *how, "--despite", "--json") in (0, 1)
    facts = json.loads(capsys.readouterr().out)
    assert path in facts["lock_differences"]
    assert all(one.split(".")[0] in ("template", "weights", "engine") for one in facts["lock_differences"])
    assert sum(facts["totals"].values()) == 2
    assert "NOT REPLAYED" not in facts["totals"]
    assert "Differences from the lock" in (real_run.folder / "replay.html").read_text()
    assert (
        real_run.folder / "results.jsonl"
    ).read_bytes() == before  # nothing is marked by what ran under another lock


@pytest.mark.slow
@pytest.mark.weights
def test_a_tripwire_is_silent_until_something_changes(
    small_weights: StoredWeights, examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = tmp_path / "task.yaml"
    task.write_text("schema: 1\nkind: extract\nname: t\nfields: {supplier: {kind: text}}\n")
    how = ("--weights", small_weights.manifest.name, "--engine", "openvino", "--cache", "1", "--threads", "1")
    inputs = sorted((examples / "documents").iterdir())[:4]
    wire = tmp_path / "wire"
    assert ringfence("run", task, *inputs, "--out", tmp_path / "run", *how) == 0
    assert ringfence("tripwire", "set", tmp_path / "run", "--out", wire, "--sample", "2") == 0
    assert len(list((wire / "documents").iterdir())) == 2
    capsys.readouterr()
    assert ringfence("tripwire", "check", wire) == 0
    quiet = json.loads(capsys.readouterr().out)
    assert (quiet["alarm"], quiet["totals"]) == (False, {"IDENTICAL": 2})

    folder = RunFolder.open(wire / "run")
    facts = folder.read_facts()
    changed = Lock(**facts.lock.data).but(template="sha256:0")
    folder.write_facts(facts.model_copy(update={"lock": LockFacts(digest=changed.digest, data=changed.data)}))
    assert ringfence("tripwire", "check", wire) == 1
    loud = json.loads(capsys.readouterr().out)
    assert [one["path"] for one in loud["lock_differences"]] == ["template"]
    folder.write_facts(facts)

    lines = folder.results.read_text()
    (first, *_) = latest(folder)
    folder.results.write_text(lines.replace(json.dumps(first["values"]["supplier"])[1:-1], "other words", 1))
    trace = folder.trace.read_text().splitlines()
    line = json.loads(trace[0])
    folder.trace.write_text("\n".join([json.dumps({**line, "tokens": [1, *line["tokens"][1:]]}), *trace[1:]]) + "\n")
    assert ringfence("tripwire", "check", wire) == 1
    loud = json.loads(capsys.readouterr().out)
    assert loud["documents"]
    assert [json.loads(row)["alarm"] for row in (wire / "checks.jsonl").read_text().splitlines()] == [False, True, True]


def test_a_run_with_examples_keeps_them_so_that_it_can_be_replayed_when_their_file_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = FakeEngine(lambda request, prompt: "", embedder=lambda text, purpose: [float(text.count("a")), 1.0])
    embedder = LoadedModel(counts, None, None)
    for module in ("inference.answerer", "api.model"):
        monkeypatch.setattr(f"ringfence.{module}.load_embedder", lambda *_: embedder)
    task = task_from({"kind": "classify", "name": "t", "labels": ["fruit", "tool"], "examples": 1})
    pool = tmp_path / "pool.jsonl"
    pool.write_text('{"text": "a banana", "label": "fruit"}\n{"text": "the drill", "label": "tool"}\n')
    (tmp_path / "d.txt").write_text("an apple and a pear\n")

    def engine() -> FakeEngine:
        return FakeEngine(lambda request, prompt: "", scorer=lambda prompt, text: -1.0 if "fruit" in text else -2.0)

    options = AnswerOptions(pool=read_examples(pool, task))
    with Model(LoadedModel(engine(), None, None, options=ModelOptions())) as model:
        run_made = model.run(task, tmp_path / "d.txt", tmp_path / "run", options=options)
    assert [result.values for result in run_made] == [{"label": "fruit"}]
    pool.unlink()
    assert replayed(run_made.folder, engine()).totals == {"IDENTICAL": 1}
    assert (run_made.path / "pool.jsonl").stat().st_mode & 0o077 == 0
    run_made.purge()
    assert not (run_made.path / "pool.jsonl").exists()


def test_seconds_are_no_evidence(tmp_path: Path) -> None:
    folder = a_run(tmp_path, 1)
    (result,) = (json.loads(line) for line in folder.results.read_text().splitlines())
    folder.results.write_text(json.dumps(_edited(result, {"usage": {"seconds": 99.0, "cached_tokens": 5}})) + "\n")
    assert replayed(folder, engine_saying({})).totals == {"IDENTICAL": 1}


@pytest.mark.parametrize("logprobs", [None, [], [-0.1]])
@pytest.mark.parametrize("which", [{}, {"d0.txt": "34"}])
def test_a_trace_that_lacks_log_probabilities_is_not_identical(
    tmp_path: Path, logprobs: list[float] | None, which: dict[str, str]
) -> None:
    folder = a_run(tmp_path, 1)
    path = folder.path / "trace.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        assert len(line["logprobs"]) > 1
        line["logprobs"] = logprobs
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert replayed(folder, engine_saying(which)).totals == {"CHANGED": 1}
