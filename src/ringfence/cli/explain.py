"""ringfence explain: the reason for each value of one document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..api.explain import explain, explain_before_model, read_one
from ..contracts import ModelOptions, value_at
from ..documents import ReadingOptions
from ..inference import AnswerOptions, Explanation
from ..learning import read_ranker
from ..tasks import load_task
from .console import echo, note, opened
from .options import json_option, model_options, reading_options

__all__ = ["command"]


@click.command()
@click.argument("task_file", type=click.Path(path_type=Path))
@click.argument("document", type=click.Path(path_type=Path))
@model_options
@reading_options
@click.option("--record", help="The id of the record, if the file holds several.")
@click.option("--window", type=click.IntRange(1), default=1, show_default=True, help="The window of a long document.")
@click.option(
    "--no-model",
    is_flag=True,
    help="Stop before the model: prompt, and if values are extracted, candidates and grammar.",
)
@click.option(
    "--ranker", "ranker_file", type=click.Path(path_type=Path),
    help="The file from `ringfence learn`, as in `ringfence run`.",
)  # fmt: skip
@json_option
def command(
    *, task_file: Path, document: Path, model: ModelOptions, reading: ReadingOptions, record: str | None, window: int,
    no_model: bool, ranker_file: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Show the segments, candidates, prompt, grammar and raw output for DOCUMENT, and the reason for each value."""
    task = load_task(task_file)
    read = read_one(document, record, reading)
    if no_model:
        explanation = explain_before_model(task, read)
    else:
        with opened(model) as loaded:
            ranker = read_ranker(ranker_file) if ranker_file else None
            explanation = explain(loaded, task, read, window, AnswerOptions(reading, ranker=ranker))
        if explanation.windows > 1:
            note(f"The document has {explanation.windows} windows; this is window {window}.")
    if as_json:
        click.echo(json.dumps(explanation.as_json(), ensure_ascii=False))
    else:
        _print(explanation)
    if explanation.failed:
        note(f"There is no answer: {explanation.failed}")
    return 3 if explanation.failed else 0


def _heading(text: str) -> None:
    click.secho(f"\n== {text}", bold=True)


def _print(explanation: Explanation) -> None:
    before = explanation.before
    if "segments" in before:
        _heading(f"{len(before['segments'])} segments")
        echo(" ".join(f"[{segment}]" for segment in before["segments"]))
        _heading("Candidates")
        for name, candidates in before["candidates"].items():
            echo(f"{name}: {candidates if isinstance(candidates, str) else '; '.join(map(_candidate, candidates))}")
    if "prompt" in before:
        _heading("Prompt, system turn")
        echo(before["prompt"]["system"])
        _heading("Prompt, user turn")
        echo(before["prompt"]["user"])
    if "grammar" in before:
        _heading("Grammar")
        echo(before["grammar"])
    written = [step for step in explanation.steps if step.raw_output is not None]
    for number, step in enumerate(written, start=1):
        if "prompt" not in before:
            _heading(f"{step.name}: {step.prompt_tokens} tokens")
            echo(step.prompt or "")
        last = number == len(written)
        _heading("Raw output" if last else f"Raw output, step {number}: part of it is asked again")
        echo(step.raw_output or "")
    if explanation.result:
        _print_result(explanation)


def _candidate(candidate: Any) -> str:
    if not isinstance(candidate, dict):
        return str(candidate)
    flags = f" {candidate['flags']}" if candidate["flags"] else ""
    return f"{candidate['raw']} -> {json.dumps(candidate['value'])}{flags}"


def _print_result(explanation: Explanation) -> None:
    result = explanation.result
    if result is None:
        return
    if result.scores:
        _heading("Scores")
        for label, score in sorted(result.scores.items(), key=lambda row: -row[1])[:12]:
            echo(f"{score:8.4f}  {label}")
    _heading("Values and reasons")
    if result.reason:
        echo(result.reason)
    for path, reason in explanation.why.items():
        echo(f"{path} = {json.dumps(value_at(result.values or {}, path), ensure_ascii=False)}\n    {reason}")
    for label, spans in (result.evidence or {}).items():
        echo(f"for {label}: {[list(span) for span in spans]}")
    for sentence in result.sentences or ():
        echo(f"- {sentence.text}\n    sources: {[list(span) for span in sentence.spans]}")
        if sentence.support is not None:
            echo(f"    support: {sentence.support:.3f}")
        if sentence.faults:
            echo(f"    faults: {', '.join(sentence.faults)}")
    for text in result.unsupported or ():
        echo(f"not in the document: {text.kind} {text.text}")
    for check, outcome in (result.checks or {}).items():
        echo(f"check {check}: {outcome}")
