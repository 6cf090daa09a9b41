"""Explain for tasks that are not asked field by field: every step that was asked of one document, and what came of it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click

from ..documents import Document
from ..engines import Completion, Engine, Request
from ..runs import RunFolder, Windowing
from ..runs.dispatch import work_for
from ..runs.examples import ExamplePool
from ..tasks import ClassifyTask, SummariseTask, classify_prompt

__all__ = ["explain_steps"]

SHOWN = 2000  # characters of the document in the prompt that is printed


def explain_steps(
    task: ClassifyTask | SummariseTask, document: Document, engine: Engine, pool: ExamplePool | None, as_json: bool
) -> int:
    """Do the work of one document, print its steps, and return the exit code."""
    steps: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        doing = work_for(task, engine, Windowing(), None, pool)
        job = doing.job(document, RunFolder.create(Path(scratch) / "run"))
        asked = list(job.first())
        while asked:
            by_id = {request.id: request for request in asked}
            asked = []
            for told in doing.ask(iter(by_id.values())):
                request = by_id[told.id]
                step: dict[str, Any] = {"step": told.id.partition("\0")[2], "prompt_tokens": told.prompt_tokens}
                if isinstance(request, Request) and isinstance(told, Completion):
                    step |= {"prompt": request.messages[-1][1], "grammar": request.grammar, "raw_output": told.text}
                steps.append(step)
                asked += job.take(told)
        result = (
            None if job.reason else job.result(mode=engine.describe()["settings"]["mode"], usage=job.usage, lock="")
        )
    facts: dict[str, Any] = {"document": document.id, "steps": steps, "failed": job.reason or None, "result": result}
    if isinstance(task, ClassifyTask):
        shown = pool.around(document.text, task.examples).examples if pool else []
        prompt = classify_prompt(task, document.text[:SHOWN], shown, engine.control_tokens)
        facts["prompt"] = {"system": prompt.system, "user": prompt.user, "answer_start": prompt.answer_start}
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        _print(facts)
    return 3 if job.reason else 0


def _print(facts: dict[str, Any]) -> None:
    def heading(text: str) -> None:
        click.secho(f"\n== {text}", bold=True)

    if "prompt" in facts:
        heading("Prompt, system turn")
        click.echo(facts["prompt"]["system"])
        heading("Prompt, user turn (its beginning)")
        click.echo(facts["prompt"]["user"])
    for step in facts["steps"]:
        if "raw_output" in step:
            heading(f"{step['step']}: {step['prompt_tokens']} tokens")
            click.echo(step["prompt"])
            click.secho("-- written:", bold=True)
            click.echo(step["raw_output"])
    result = facts["result"]
    if result is None:
        heading("Failed")
        click.echo(facts["failed"])
        return
    if "scores" in result:
        heading("Scores")
        for label, score in sorted(result["scores"].items(), key=lambda one: -one[1])[:12]:
            click.echo(f"{score:8.4f}  {label}")
    heading("Values, and why")
    click.echo(json.dumps(result["values"] or result["reason"], ensure_ascii=False))
    for label, spans in (result.get("evidence") or {}).items():
        click.echo(f"for {label}: {spans}")
    for sentence in result.get("sentences") or []:
        click.echo(f"- {sentence['text']}\n    rests on {sentence['spans']}")
    for one in result.get("unsupported") or []:
        click.echo(f"not in the document: {one['kind']} {one['text']}")
