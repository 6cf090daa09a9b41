"""ringfence assess: the five questions that decide whether to start at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import yaml

from ..engines import engine_names
from ..engines.choosing import state_of
from ..errors import InputError
from ..extras import need
from ..pilot.evidence import gather
from ..pilot.readiness import QUESTIONS, Answer, Assessment, Evidence, Word, assess
from ..reports.evaluation_report import page_environment
from ..weights import now
from .screen import note, stderr

__all__ = ["command"]

_SAID: dict[str, Word] = {"yes": "yes", "y": "yes", "true": "yes", "no": "no", "n": "no", "false": "no", "?": "unknown", "unknown": "unknown", "": "unknown", "none": "unknown"}  # fmt: skip


@click.command()
@click.argument("answers_file", required=False, type=click.Path(path_type=Path))
@click.option("--template", is_flag=True, help="Print a YAML file to fill in, and nothing else.")
@click.option(
    "--pilot", type=click.Path(path_type=Path), help="A pilot folder, for evidence: gold, bar, speed, verdict."
)
@click.option("--weights", help="The weights in question, with commas between them; those of the pilot, else demo.")
@click.option("--per-day", type=click.IntRange(1), help="How many documents a day there are.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("assessment.html"),
    show_default=True,
    help="The page.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the assessment as JSON.")
def command(
    answers_file: Path | None, template: bool, pilot: Path | None, weights: str | None, per_day: int | None, out: Path, as_json: bool,
) -> int:  # fmt: skip
    """Where the team stands on five questions, and one recommendation: use an API; not yet; start a pilot on this task; or
    ready to go past a pilot.

    Asked in the terminal, or read from ANSWERS_FILE (--template writes one). What the program can look up itself it does:
    cores, memory and GPUs against the weights, gold against the bar, measured documents an hour.
    """
    if template:
        click.echo(_template(), nl=False)
        return 0
    need("evaluation", "scipy")
    names = [one.strip() for one in (weights or "").split(",") if one.strip()]
    usable = [name for name in engine_names() if state_of(name).usable]
    evidence, verdict = gather(names, pilot, usable, per_day)
    if answers_file:
        answers = _read(answers_file)
    elif stderr.is_terminal:
        try:
            answers = _ask(evidence)
        except click.Abort:
            note("\nInterrupted; nothing was written. --template prints a file that can be answered bit by bit.")
            return 130
    else:
        raise InputError(
            "There is no terminal to ask in.", "Give a file of answers; `ringfence assess --template` prints one."
        )
    found = assess(answers, evidence, verdict)
    page = page_environment().get_template("assessment.html.j2").render(a=found, made_at=now())
    out.write_text(page, encoding="utf-8")
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        _tell(found)
    note(f"Open this in a browser: {out.resolve().as_uri()}")
    return 0


def _tell(found: Assessment) -> None:
    marks = {"yes": "[green]yes[/]", "no": "[red]no[/]", "unknown": "[yellow]open[/]"}
    for number, one in enumerate(found.standings, start=1):
        stderr.print(f"{number}. {one.question.text} {marks[one.word]}")
        for part in one.question.parts:
            word, why = one.parts[part.key]
            stderr.print(f"     {marks[word]}  {part.text}", highlight=False)
            if why:
                stderr.print(f"          {why}", style="dim", markup=False)
    click.echo(f"Recommendation: {found.recommendation}. {found.reason}")
    for what in found.missing:
        note(f"  missing: {what}")


def _ask(evidence: dict[str, dict[str, Evidence]]) -> dict[str, dict[str, Answer]]:
    note("Five questions. Answer y, n or ? (not known), with a reason behind it if you like: y, the contract says so")
    answers: dict[str, dict[str, Answer]] = {}
    for number, question in enumerate(QUESTIONS, start=1):
        stderr.print(f"\n[bold]{number}. {question.text}[/]")
        for part in question.parts:
            known = evidence.get(question.key, {}).get(part.key)
            if known and known.word != "unknown":
                note(f"   {part.text}\n     {known.word}: {known.what}")
                continue
            while True:
                said = click.prompt(f"   {part.text}", default="?", show_default=True, err=True)
                word, _, why = str(said).partition(",")
                if word.strip().casefold() in _SAID:
                    break
                note("     y, n or ?")
            answers.setdefault(question.key, {})[part.key] = (_SAID[word.strip().casefold()], why.strip())
    return answers


def _template() -> str:
    lines = [
        "# Answers: yes, no, or unknown; a reason may stand behind it: {answer: yes, because: the contract says so}\n"
    ]
    for question in QUESTIONS:
        lines.append(f"\n# {question.text}\n{question.key}:\n")
        for part in question.parts:
            looked = " (looked up where it can be)" if part.gathered else ""
            lines.append(f"  # {part.text}{looked}\n  {part.key}: unknown\n")
    return "".join(lines)


def _read(path: Path) -> dict[str, dict[str, Answer]]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InputError(f"{path} is not encoded in UTF-8.", "Save it as UTF-8.") from None
    except (OSError, yaml.YAMLError) as error:
        raise InputError(
            f"{path} cannot be read ({str(error).splitlines()[0]}).",
            "`ringfence assess --template` prints a file to fill in.",
        ) from None
    known = {question.key: {part.key for part in question.parts} for question in QUESTIONS}
    answers: dict[str, dict[str, Answer]] = {}
    faults = [] if isinstance(data, dict) else ["it is not a mapping of questions"]
    for key, parts in data.items() if isinstance(data, dict) else ():
        if key not in known or not isinstance(parts, dict):
            faults.append(f"{key}: is none of {', '.join(known)}")
            continue
        for part, said in parts.items():
            word, why = _word(said)
            if part not in known[key]:
                faults.append(f"{key}.{part}: is none of {', '.join(sorted(known[key]))}")
            elif word is None:
                faults.append(f"{key}.{part}: say yes, no or unknown")
            else:
                answers.setdefault(key, {})[part] = (word, why)
    if faults:
        raise InputError(
            f"{path} has {len(faults)} faults:\n" + "\n".join(f"  {fault}" for fault in faults), "Correct them."
        )
    return answers


def _word(said: Any) -> tuple[Word | None, str]:
    why = ""
    if isinstance(said, dict):
        why = str(said.get("because", ""))
        said = said.get("answer")
    return _SAID.get(str(said).strip().casefold()), why
