"""ringfence ask: answer a question from a corpus."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ..api.corpus import Conversation, default_task, open_corpus
from ..contracts import Citation, Claim, ModelOptions, Result
from ..errors import InputError
from ..runs import require_output
from ..tasks import AnswerTask, load_task
from .console import echo, note, opened, pulling
from .options import json_option, model_options, reranker_option, view_options

__all__ = ["answer_task", "command"]


@click.command()
@click.argument("name")
@click.argument("question", required=False)
@click.option("--task", "task_file", type=click.Path(path_type=Path), help="A task file of the kind answer.")
@view_options[0]
@view_options[1]
@reranker_option
@click.option(
    "--show-unsupported", is_flag=True, help="Also show the claims that the documents do not support, marked."
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write the answer as a page.")
@model_options
@json_option
def command(
    *, name: str, question: str | None, task_file: Path | None, corpus_version: int | None, groups: tuple[str, ...],
    reranker: str | None, show_unsupported: bool, html: Path | None, model: ModelOptions, as_json: bool,
) -> int:  # fmt: skip
    """Answer QUESTION from the corpus NAME; without QUESTION, read questions line by line, each a follow-up.

    Only claims that passed every check are shown, each with the place that it rests on. Exit code 1: not in the
    documents.
    """
    task = answer_task(task_file)
    if question is None and html:
        raise InputError("--html needs a QUESTION.", "Write the question in quotes after the name of the corpus.")
    if html:
        require_output(html)
    with pulling() as listener:
        view = open_corpus(name, version=corpus_version, groups=groups, reranker=reranker, listener=listener)
    with opened(model) as loaded:
        talk = Conversation(loaded, view, task)
        if question is None:
            return _converse(talk, show_unsupported, as_json)
        result = talk.ask(question)
        _print(result, show_unsupported, as_json)
        if html:
            from ..reports.answer_report import write_answer

            write_answer(question, result, html, show_unsupported)
            note(f"Wrote {html}.")
    return _exit_code(result)


def answer_task(path: Path | None) -> AnswerTask:
    """Return the answer task in a file, or the default one. Raises InputError for a task of another kind."""
    if path is None:
        return default_task()
    task = load_task(path)
    if not isinstance(task, AnswerTask):
        raise InputError(f"{path} is a task of the kind {task.kind}.", "Give a task of the kind answer.")
    return task


def _converse(talk: Conversation, show_unsupported: bool, as_json: bool) -> int:
    """Answer the questions on stdin, one a line."""
    if sys.stdin.isatty():
        note("Write a question; an empty line ends.")
    while True:
        if sys.stdin.isatty():
            click.echo("> ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line or (not line.strip() and sys.stdin.isatty()):
            return 0
        if not line.strip():
            continue
        result = talk.ask(line)
        if not as_json and result.from_corpus and result.from_corpus.asked_as:
            note(f"Understood as: {result.from_corpus.asked_as}")
        _print(result, show_unsupported, as_json)


def _exit_code(result: Result) -> int:
    if not result.answered:
        return 3
    return 0 if (result.values or {}).get("answer") else 1


def _print(result: Result, show_unsupported: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result.as_json(), ensure_ascii=False))
        return
    behind = result.from_corpus
    if not result.answered or behind is None:
        note(f"Failed: {result.reason}")
        return
    shown = [claim for claim in behind.claims if claim.verdict == "supported"]
    for part in behind.parts:
        note(f"Searched for: {part}")
    for claim in shown:
        echo(claim.text)
        _print_places(claim)
    if not shown:
        echo("Not in the documents.")
        for passage in behind.nearest[:3]:
            page = f", page {passage.page}" if passage.page else ""
            note(f"  nearest: {passage.document}{page}: {' '.join(passage.text.split())[:160]}")
    if show_unsupported:
        for claim in behind.claims:
            if claim.verdict == "unsupported":
                echo(f"NOT SUPPORTED: {claim.text}  ({', '.join(claim.faults)})")
    for flag in result.field("answer").flags:
        if flag != "not-in-the-documents":
            note(f"Note: {flag}")


def _print_places(claim: Claim) -> None:
    if claim.calculation:
        echo(f"    worked out: {claim.calculation.expression} = {claim.calculation.result}")
    for place in claim.citations:
        echo(f"    {_said(place)}")
    for place in claim.conflicts:
        echo(f"    says otherwise: {_said(place)}")


def _said(place: Citation) -> str:
    page = f", page {place.page}" if place.page else ""
    return f"{place.document}{page}: {' '.join(place.text.split())}"
