"""ringfence explain: why each value of one document is what it is."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from ..documents import Document, Source, read_documents
from ..engines import Engine
from ..errors import InputError
from ..runs import Windowing, request_for, windows_for
from ..tasks import AnswerError, ExtractTask, Plan, load_task, merge, prepare, value_at
from ..tasks.grammar import CandidateRule, RunRule
from ..tasks.records import ListRule
from .explain_steps import explain_steps
from .options import engine_options, engine_options_from, open_for, reading_options, reading_options_from
from .screen import note

__all__ = ["command"]


@click.command()
@click.argument("task_file", type=click.Path(path_type=Path))
@click.argument("document", type=click.Path(path_type=Path))
@engine_options
@reading_options
@click.option("--record", help="The id of the record, where the file holds several.")
@click.option("--window", type=click.IntRange(1), default=1, show_default=True, help="Which window of a long document.")
@click.option("--no-model", is_flag=True, help="Stop before the model: segments, candidates, prompt and grammar only.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def command(
    task_file: Path, document: Path, record: str | None, window: int, no_model: bool, as_json: bool, **options: Any
) -> int:
    """Show the segments, candidates, prompt, grammar and raw output for DOCUMENT, and what became of each value."""
    engine_arguments = engine_options_from(options)
    task = load_task(task_file)
    read = _read(document, record, reading_options_from(**options))
    if not isinstance(task, ExtractTask):
        opened = open_for(**engine_arguments)
        try:
            return explain_steps(task, read, opened.engine, None, as_json)
        finally:
            opened.engine.close()
    prepared = prepare(task, read)
    if no_model:
        facts = _facts_before(prepared.plan())
    else:
        opened = open_for(**engine_arguments)
        with closing(opened.engine):
            windows = windows_for(prepared, opened.engine, Windowing())
            if window > len(windows):
                raise InputError(
                    f"{document} is read in {len(windows)} windows.", "Give --window one of their numbers."
                )
            if len(windows) > 1:
                note(f"The document is read in {len(windows)} windows; this is number {window}.")
            part = windows[window - 1]
            task_plan = prepared.plan((part.start, part.end), opened.engine.control_tokens, part.context)
            facts = _facts_before(task_plan)
            try:
                facts |= _facts_after(task_plan, opened.engine)
            except AnswerError as error:
                note(f"There is no answer: {error}")
                return 3
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        _print(facts)
    return 0


def _facts_after(task_plan: Plan, engine: Engine) -> dict[str, Any]:
    """Ask, look again at nulls in doubt as a run does, and say what became of each value. Raises AnswerError."""
    looks: list[str] = []
    prompt_tokens, generated, seconds = 0, 0, 0.0
    look: Plan | None = task_plan
    while look:
        task_plan = look
        completion = next(iter(engine.generate([request_for(look, engine)])))
        if completion.error:
            raise AnswerError(f"the engine failed: {completion.error}")
        part = look.read(completion.text, completion.token_ends, completion.logprobs)
        looks.append(look.prompt.answer_start + look.written.text + completion.text)
        prompt_tokens, generated = completion.prompt_tokens, generated + len(completion.tokens)
        seconds += completion.seconds
        look = look.second_look(completion.text, completion.token_ends, completion.logprobs)
    answer = merge(task_plan.task, [part])
    return {
        "raw_output": looks[-1],
        "earlier_looks": looks[:-1],
        "tokens": {"prompt": prompt_tokens, "answer": generated, "seconds": round(seconds, 2)},
        "why": {path: _why(entry) for path, entry in answer.fields.items()},
        "values": answer.values,
        "checks": answer.checks,
    }


def _read(path: Path, record: str | None, reading: Any) -> Document:
    outcomes = [o for o in read_documents(Source(path, path.name), reading) if record in (None, o.id)]
    if len(outcomes) != 1:
        what = "no document of that id" if not outcomes else f"{len(outcomes)} documents"
        raise InputError(f"{path} holds {what}.", "Name one of them with --record.")
    if not isinstance(outcomes[0], Document):
        raise InputError(
            f"{path} cannot be read: {outcomes[0].reason}.", "Give a document that `ringfence documents read` can read."
        )
    return outcomes[0]


def _facts_before(task_plan: Plan) -> dict[str, Any]:
    text = task_plan.document.text
    candidates: dict[str, Any] = {}
    for name, rule in task_plan.rules.items():
        if isinstance(rule, CandidateRule):
            candidates[name] = [
                {"raw": text[c.start : c.end], "span": [c.start, c.end], "value": c.value, "flags": c.flags}
                for c in rule.candidates
            ]
        elif isinstance(rule, RunRule):
            candidates[name] = f"any run of words within one {rule.spec.within}"
        elif isinstance(rule, ListRule):
            rows = [text[unit.start : text.find("\n", unit.start)] for unit in rule.units]
            candidates[name] = f"records on {len(rows)} {rule.spec.anchor}s: " + "; ".join(row[:40] for row in rows)
        else:
            candidates[name] = list(rule.options) if rule else "none in this document, so null"
    return {
        "document": task_plan.document.id,
        "segments": [text[s.start : s.end] for s in task_plan.document.segments],
        "candidates": candidates,
        "prompt": {
            "system": task_plan.prompt.system,
            "user": task_plan.prompt.user,
            "answer_start": task_plan.prompt.answer_start,
        },
        "grammar": task_plan.grammar,
    }


def _why(entry: dict[str, Any]) -> str:
    if entry["kind"] == "null":
        because = "null: " + (", ".join(entry["flags"]) or "the model chose null, or there was no candidate")
    elif entry["kind"] == "judged":
        because = "judged by the model from the closed list"
    else:
        start, end = entry["spans"][0]
        because = f"the span {start}-{end} {entry['raw']!r}" + (", typed by code" if entry["kind"] == "derived" else "")
        if entry["others"]:
            because += f"; the same stands at {len(entry['others'])} other places, this one comes first or tells most"
        if entry["flags"]:
            because += f"; flags: {', '.join(entry['flags'])}"
        if entry.get("readings"):
            because += f"; it could be {' or '.join(entry['readings'])}"
    features = entry["features"]
    if features["null_logprob"] is not None:
        because += f"; asked again without null, which the model held to be unlikely ({features['null_logprob']})"
    return f"{because} (least likely token: log-probability {features['logprob_min']})"


def _print(facts: dict[str, Any]) -> None:
    def heading(text: str) -> None:
        click.secho(f"\n== {text}", bold=True)

    heading(f"{len(facts['segments'])} segments")
    click.echo(" ".join(f"[{segment}]" for segment in facts["segments"]))
    heading("Candidates")
    for name, found in facts["candidates"].items():
        if isinstance(found, str):
            click.echo(f"{name}: {found}")
        else:
            click.echo(
                f"{name}: "
                + "; ".join(
                    f"{c['raw']} -> {json.dumps(c['value'])}{' ' + str(list(c['flags'])) if c['flags'] else ''}"
                    if isinstance(c, dict)
                    else str(c)
                    for c in found
                )
            )
    heading("Prompt, system turn")
    click.echo(facts["prompt"]["system"])
    heading("Prompt, user turn")
    click.echo(facts["prompt"]["user"])
    heading("Grammar")
    click.echo(facts["grammar"])
    if "raw_output" in facts:
        for number, earlier in enumerate(facts["earlier_looks"], start=1):
            heading(f"Raw output, look {number}: it has a null that the model held to be less likely than a value")
            click.echo(earlier)
        heading("Raw output")
        click.echo(facts["raw_output"])
        heading("Values, and why")
        for path, why in facts["why"].items():
            click.echo(f"{path} = {json.dumps(value_at(facts['values'], path), ensure_ascii=False)}\n    {why}")
        for check, outcome in facts["checks"].items():
            click.echo(f"check {check}: {outcome}")
