"""Use every part of ringfence_shout through its entry points, and print the outcome as JSON (for test_plugins.py)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import ringfence
from ringfence.checker import check_run
from ringfence.documents import readers
from ringfence.engines import FakeEngine, engine_names
from ringfence.engines.conformance import conformance
from ringfence.inference import AnswerOptions, LoadedModel
from ringfence.tasks import task_kinds, task_schema
from ringfence.weights import pull

TASK = """\
schema: 1
kind: headline
name: notes
most_words: 6
"""
FILES = {
    "inbox/a.shout": "from: the harbour office\n\nberth 7 is closed on Monday\n",
    "inbox/b.txt": "Minutes of the meeting\n\nThe crane was discussed at length, and nobody decided anything at all.\n",
}
GOLD = {"a.shout": "Berth 7 is closed on Monday", "b.txt": "Minutes of the meeting"}


def main(folder: Path) -> dict[str, Any]:
    """Everything, in `folder`."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "notes.yaml").write_text(TASK, encoding="utf-8")
    rows = [{"document": name, "values": {"headline": text}} for name, text in GOLD.items()]
    (folder / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    task = ringfence.load_task(folder / "notes.yaml")
    weights = pull("shout:loud")
    told: dict[str, Any] = {
        "reader": ringfence.read_document(folder / "inbox" / "a.shout").text,
        "extensions": sorted(set(readers()) & {"shout"}),
        "engines": engine_names(),
        "kinds": list(task_kinds()),
        "in_schema": "HeadlineTask" in json.dumps(task_schema()),
        "task": task.canonical(),
        "weights": {"name": weights.manifest.name, "licence": weights.manifest.licence},
        "again": pull("shout:loud").manifest.digest == weights.manifest.digest,
    }
    with ringfence.open_model("loud", engine="shout") as model:
        findings = conformance(model.loaded.engine)
        told["conformance"] = {one.check: f"{one.outcome} {one.detail}".strip() for one in findings}
        run = model.run(task, folder / "inbox", folder / "run")
        lock = model.lock(task).data
    told["results"] = {result.document.id: result.as_json() for result in run.results()}
    told["totals"] = str(run.totals)
    told["findings"] = [(one.document, one.field, one.fault) for one in run.check().findings]
    told["evaluation"] = run.evaluate(folder / "gold.jsonl").as_json()
    told["replay"] = [outcome.word for outcome in run.replay().outcomes]
    told["lock"] = {"engine": lock["engine"], "readers": lock["readers"], "prompt": lock["prompt"]}
    told["tampered"] = tampered(run.path)
    told["decoded"] = decoded(task, folder)
    return told


def tampered(run: Path) -> list[tuple[str, str | None, str]]:
    """What the checker says of a headline that is only the first two words of its line, at the right place."""
    file = run / "results.jsonl"
    before = file.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in before.splitlines()]
    for line in lines:
        answer = line["fields"]["headline"]
        if answer["spans"]:
            short = " ".join(answer["raw"].split()[:2])
            start = answer["spans"][0][0]
            answer["raw"] = line["values"]["headline"] = short
            answer["spans"] = [[start, start + len(short)]]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    found = [(one.document, one.field, one.fault) for one in check_run(run).findings]
    file.write_text(before, encoding="utf-8")
    return found


def decoded(task: ringfence.Task, folder: Path) -> dict[str, Any]:
    """The same task on an engine that takes grammars; it writes a line that the grammar allows."""
    engine = FakeEngine(lambda request, prompt: "Minutes of the meeting")
    model = ringfence.Model(LoadedModel(engine, None, None))
    result = model.answer(task, folder / "inbox" / "b.txt", AnswerOptions())
    request = engine.seen[0]
    return {"result": result.as_json(), "grammar": getattr(request, "grammar", None)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
