"""A pilot of questions to a corpus: gold questions, a bar on what is handled, a release that names the corpus."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ringfence.api.model import Model
from ringfence.checker import check_run
from ringfence.contracts import GoldLine, ModelOptions
from ringfence.corpus import reader
from ringfence.engines import Request
from ringfence.engines.fake import FakeEngine
from ringfence.errors import InputError
from ringfence.evaluation.evaluator import evaluate_run
from ringfence.gold.file import GoldFile
from ringfence.inference import LoadedModel
from ringfence.operating.released import read_release
from ringfence.pilot import load_setup
from ringfence.runs import RunFolder

from .conftest import ringfence
from .corpora import write_files
from .test_corpus_cli import FakeEmbedder

pytest.importorskip("apsw", reason="needs the extra corpus")

FIRST = ("amber", "birch", "cedar", "delta", "ember", "frost")
SECOND = ("quarry", "tannery", "brewery", "foundry")
PLACES = [f"{first} {second}" for first in FIRST for second in SECOND]


def rents(wrong: int = 0) -> FakeEngine:
    """A model that reads rents from passages, but those of the first ``wrong`` places wrongly; it knows no owners."""

    def script(request: Request, prompt: str) -> str:
        asked = re.findall(r"Question: .*?(\w+ \w+)\?", prompt)[-1]
        amount = re.findall(rf"{asked} costs (\d+) euros", prompt)[-1]
        if PLACES.index(asked) < wrong:
            amount = re.findall(r"costs (\d+) euros", prompt)[1]
        return f"The {asked} costs {amount} euros."

    def scorer(prompt: str, continuation: str) -> float:
        if "Do the passages contain the answer" in prompt:
            return -0.01 if continuation.startswith("yes") == ("Who owns" not in prompt) else -5.0
        return -0.01 if continuation.startswith(" supported") == ("Source:\n(empty)" not in prompt) else -5.0

    return FakeEngine(script, scorer=scorer)


@pytest.fixture
def pilot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pilot of 48 questions about 24 places, half of which no document answers, over the corpus ``rents``."""
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(reader, "load_embedder", lambda **_: FakeEmbedder())
    wrong = {"good": 0, "bad": 20}

    def open_model(weights: str = "", **_: Any) -> Model:
        return Model(LoadedModel(rents(wrong[weights]), None, None, options=ModelOptions(weights=weights)))

    monkeypatch.setattr("ringfence.api.pilot.open_model", open_model)
    monkeypatch.setattr("ringfence.cli.console.open_model", lambda **_: open_model("good"))
    monkeypatch.setattr("ringfence.operating.release.session_options", lambda run, session: session.made_with.model)
    amounts = {place: 300 + 7 * number for number, place in enumerate(PLACES)}
    texts = {
        f"{place.split()[1]}/{place.split()[0]}.txt": f"Lease\n\nThe {place} costs {amount} euros a month.\n"
        for place, amount in amounts.items()
    }
    assert ringfence("corpus", "add", "rents", write_files(tmp_path / "files", texts)) == 0
    lines = []
    for number, (place, amount) in enumerate(amounts.items()):
        where = f"{place.split()[1]}/{place.split()[0]}.txt"
        filler = " ".join(f"{word}{number * 7 % 40}" for word in FIRST)  # so that no two are near-duplicates
        asked = f"{filler}: what is the rent of the {place}?"
        lines.append({"id": f"rent {place}", "question": asked, "answers": [f"{amount} euros"], "documents": [where]})
        lines.append({"id": f"owner {place}", "question": f"{filler[::-1]}: Who owns the {place}?", "answers": []})
    gold = write_files(tmp_path, {"questions.jsonl": "\n".join(map(json.dumps, lines))}) / "questions.jsonl"
    made = ("--gold", gold, "--weights", "good,bad", "--bar", "0.8", "--unit", "document")
    assert ringfence("pilot", "new", tmp_path / "pilot", "--corpus", "rents", *made) == 0
    return tmp_path / "pilot"


class TestPilot:
    def test_a_new_one_asks_the_present_version_with_its_gold(self, pilot: Path) -> None:
        spec = yaml.safe_load((pilot / "pilot.yaml").read_text(encoding="utf-8"))
        assert (spec["documents"], spec["corpus"]) == (["gold.jsonl"], {"name": "rents", "version": 1})
        assert load_setup(pilot).task.asks_corpus

    def test_verdict_release_and_a_run_under_the_release(self, pilot: Path, tmp_path: Path) -> None:
        assert ringfence("pilot", "run", pilot) == 0
        outcome = json.loads((pilot / "pilot.json").read_text(encoding="utf-8"))
        assert (outcome["verdict"], outcome["chosen"], outcome["test"]["n"]) == ("PASS", "good", 24)
        assert "folder" in (pilot / "report.html").read_text(encoding="utf-8")  # sliced by where the answer stands
        assert check_run(pilot / "runs" / "bad").findings == []
        gold = tmp_path / "unsplit.jsonl"
        gold.write_bytes((pilot / "gold.jsonl").read_bytes())
        found = evaluate_run(RunFolder.open(pilot / "runs" / "bad"), gold).evaluation
        assert {"wrong"} <= found.fields[0].errors.keys() <= {"wrong", "missing"}
        assert found.slices["folder"].keys() == {*SECOND, "unknown"}
        assert ringfence("release", pilot, "--contender", "good") == 0
        release = pilot / "releases" / "good.json"
        assert read_release(release).corpus is not None
        (tmp_path / "files/quarry/amber.txt").write_text("The amber quarry costs 1 euros.", encoding="utf-8")
        assert ringfence("corpus", "update", "rents") == 0
        asked = write_files(
            tmp_path / "q", {"q.jsonl": '{"id": "1", "question": "What is the rent of the amber quarry?"}'}
        )
        assert ringfence("run", "--release", release, asked, "--out", tmp_path / "run") == 0
        (result,) = RunFolder.open(tmp_path / "run").latest()
        assert result.value("answer") == "The amber quarry costs 300 euros."  # of the version of the verdict

    def test_a_release_follows_its_corpus_to_another_folder_but_takes_no_other(
        self, pilot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert ringfence("pilot", "run", pilot) == 0
        assert ringfence("release", pilot, "--contender", "good") == 0
        (tmp_path / "home/corpora/rents").rename(tmp_path / "moved")
        asked = write_files(
            tmp_path / "q", {"q.jsonl": '{"id": "1", "question": "What is the rent of the amber quarry?"}'}
        )
        released = ("run", "--release", pilot / "releases/good.json", asked, "--out", tmp_path / "run")
        assert ringfence(*released) == 2
        assert ringfence(*released, "--corpus", tmp_path / "moved") == 0
        assert ringfence("corpus", "add", "other", write_files(tmp_path / "o", {"o.txt": "Nothing at all."})) == 0
        capsys.readouterr()
        assert ringfence(*released[:-1], tmp_path / "again", "--corpus", "other") == 2
        assert "does not match the lock" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"corpus": None}, "names none"),
            ({"corpus": "nowhere"}, "no corpus 'nowhere'"),
            ({"corpus": {"name": "rents", "vresion": 1}}, "unknown: vresion"),
            ({"corpus": {"name": "rents", "version": 9}}, "no version 9"),
        ],
    )
    def test_a_corpus_that_cannot_be_asked_is_told(
        self, pilot: Path, change: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        spec = yaml.safe_load((pilot / "pilot.yaml").read_text(encoding="utf-8"))
        (pilot / "pilot.yaml").write_text(yaml.safe_dump({**spec, **change}), encoding="utf-8")
        assert ringfence("pilot", "run", pilot) == 2
        assert said in capsys.readouterr().err

    def test_a_task_that_reads_no_corpus_gets_none(self, pilot: Path) -> None:
        (pilot / "task.yaml").write_text("schema: 1\nkind: extract\nname: x\nfields: {n: {kind: number}}\n", "utf-8")
        with pytest.raises(InputError, match="reads none"):
            load_setup(pilot)


class TestGoldQuestions:
    def test_a_line_of_questions_is_gold(self, tmp_path: Path) -> None:
        line = {"id": 7, "question": "Who?", "answers": ["Ann"], "documents": ["a/b.txt"], "topic": "people"}
        gold = write_files(tmp_path, {"gold.jsonl": json.dumps(line)}) / "gold.jsonl"
        (entry,) = GoldFile(gold).latest().values()
        assert (entry.document, entry.values["answers"], entry.columns) == ("7", ["Ann"], {"topic": "people"})

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ({"id": "1", "question": "Who?", "answers": "Ann"}, "is not gold"),
            ({"question": "Who?", "answers": ["Ann"]}, "is not gold"),
            ({"id": "1", "question": "Who?", "answers": ["Ann"], "draft": True}, "nobody has confirmed"),
        ],
    )
    def test_other_lines_are_not(self, tmp_path: Path, line: dict[str, Any], said: str) -> None:
        gold = write_files(tmp_path, {"gold.jsonl": json.dumps(line)}) / "gold.jsonl"
        with pytest.raises(InputError, match=said):
            GoldFile(gold).latest()

    def test_an_answer_that_a_person_wrote_into_a_draft_is_gold_too(self, tmp_path: Path) -> None:
        gold = GoldFile(tmp_path / "gold.jsonl")
        gold.add({"q": GoldLine(document="q", values={"answer": "Ann"})})
        assert gold.latest()["q"].values == {"answer": "Ann"}
