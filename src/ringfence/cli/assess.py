"""ringfence assess: five questions that decide whether to start."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import InputError
from ..pilot.answers_file import answers_template, parse_answer, read_answers
from ..pilot.readiness import QUESTIONS, Answer, Answers, Assessment, ReadinessEvidence, SubQuestion, assess
from ..pilot.readiness_evidence import gather_evidence
from ..reports.assessment_report import write_assessment
from ..runs import require_output
from .console import echo, note, stderr
from .options import json_option

__all__ = ["command"]


@click.command()
@click.argument("answers_file", required=False, type=click.Path(path_type=Path))
@click.option("--template", is_flag=True, help="Only print a YAML file to fill in.")
@click.option(
    "--pilot", type=click.Path(path_type=Path), help="A pilot folder, for evidence: gold, bar, speed, verdict."
)
@click.option(
    "--weights", help="The weights to assess, separated by commas; by default those of the pilot, or else demo."
)
@click.option("--per-day", type=click.IntRange(1), help="How many documents must be processed in a day.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("assessment.html"), show_default=True,
    help="The page to write.",
)  # fmt: skip
@json_option
def command(
    answers_file: Path | None, template: bool, pilot: Path | None, weights: str | None, per_day: int | None, out: Path,
    as_json: bool,
) -> int:  # fmt: skip
    """Assess readiness: five questions, one recommendation.

    The recommendation is to use an API, not to start yet, to start a pilot on this task, or to go beyond a pilot.
    Answer in the terminal or in ANSWERS_FILE (--template prints one). Ringfence answers what it can find out itself:
    whether the weights fit cores, memory and GPUs, whether the gold suffices for the bar, and the measured documents
    per hour.
    """
    if template:
        click.echo(answers_template(), nl=False)
        return 0
    require_output(out, *([answers_file] if answers_file else []))
    names = [name for name in (part.strip() for part in (weights or "").split(",")) if name]
    evidence = gather_evidence(names, pilot, per_day)
    try:
        answers = read_answers(answers_file) if answers_file else _ask(evidence)
    except click.Abort:
        note("\nInterrupted; nothing was written. --template prints a file that you can fill in at your own pace.")
        return 130
    assessment = assess(answers, evidence)
    write_assessment(assessment, out)
    if as_json:
        click.echo(json.dumps(assessment.as_json()))
    else:
        _print_assessment(assessment)
    note(f"Open this in a browser: {out.resolve().as_uri()}")
    return 0


def _print_assessment(assessment: Assessment) -> None:
    marks = {"yes": "[green]yes[/]", "no": "[red]no[/]", "unknown": "[yellow]open[/]"}
    for number, standing in enumerate(assessment.standings, start=1):
        stderr.print(f"{number}. {standing.question.text} {marks[standing.word]}")
        for part in standing.question.parts:
            word, why = standing.parts[part.key]
            stderr.print(f"     {marks[word]}  {part.text}", highlight=False)
            if why:
                stderr.print(f"          {why}", style="dim", markup=False)
    echo(f"Recommendation: {assessment.recommendation}. {assessment.reason}")
    for advice in assessment.missing:
        note(f"  missing: {advice}")


def _ask(evidence: ReadinessEvidence) -> Answers:
    if not stderr.is_terminal:
        raise InputError(
            "This is not an interactive terminal.", "Give a file of answers; `ringfence assess --template` prints one."
        )
    note("Five questions. Answer y, n or ? (unknown); you may add a reason: y, the contract says so")
    answers: dict[str, dict[str, Answer]] = {}
    for number, question in enumerate(QUESTIONS, start=1):
        stderr.print(f"\n[bold]{number}. {question.text}[/]")
        for part in question.parts:
            known = evidence.parts.get(question.key, {}).get(part.key)
            if known and known.word != "unknown":
                note(f"   {part.text}\n     {known.word}: {known.what}")
            else:
                answers.setdefault(question.key, {})[part.key] = _ask_part(part)
    return answers


def _ask_part(part: SubQuestion) -> Answer:
    while True:
        answer = parse_answer(str(click.prompt(f"   {part.text}", default="?", show_default=True, err=True)))
        if answer is not None:
            return answer
        note("     y, n or ?")
