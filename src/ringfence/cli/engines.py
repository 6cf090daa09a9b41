"""ringfence engines: list the engines, and check that one meets the requirements of an engine."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from ..contracts import ModelOptions
from ..engines import engine_names
from ..engines.conformance import conformance
from ..engines.selection import choose_engine, state_of
from ..errors import EngineError
from .console import PlainTable, data, note, opened
from .options import json_option, model_options

__all__ = ["command"]


@click.group()
def command() -> None:
    """List and check engines, which run weights on this machine or on a server inside your walls."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List the engines, whether they run on this machine, and which one `auto` chooses."""
    states = {name: state_of(name) for name in engine_names()}
    try:
        chosen, why = choose_engine(None, "")
    except EngineError as error:
        chosen, why = None, f"{error} {error.hint}"
    if as_json:
        click.echo(json.dumps({"engines": {n: asdict(s) for n, s in states.items()}, "auto": chosen, "why": why}))
        return
    table = PlainTable("engine", "here", "what for")
    for name, state in states.items():
        table.add_row(name, "yes" if state.usable else f"no: {state.reason}", state.purpose)
    data.print(table)
    note(f"auto: {why}")


@command.command("check")
@model_options
@json_option
def check_command(model: ModelOptions, as_json: bool) -> int:
    """Check that an engine meets every requirement: grammars, scores, limits, errors, control tokens.

    Takes about a minute. Do it before you trust your own server with a run. Exit code 1: a check failed.
    """
    with opened(model) as loaded:
        engine = loaded.loaded.engine
        findings = conformance(engine)
    capabilities = engine.capabilities
    grounding = "decoded" if capabilities.grammar else "verified"
    if as_json:
        checks = [asdict(finding) for finding in findings]
        facts = {"engine": engine.describe(), "grounding": grounding, "checks": checks}
        click.echo(json.dumps({"schema": 1, **facts}))
    else:
        table = PlainTable("check", "outcome", "")
        for finding in findings:
            table.add_row(finding.check, finding.outcome, finding.detail)
        data.print(table)
        note(f"Grounding with this engine: {grounding}.")
    return 1 if any(finding.outcome == "broken" for finding in findings) else 0
