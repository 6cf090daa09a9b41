"""ringfence documents: inspect text layers."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..documents import Document, ReadingOptions, Unreadable, expand_inputs, read_documents
from ..documents.plain_data import text_layer
from ..reports import write_text_layer
from ..runs import require_output
from .console import echo, note
from .options import reading_options

__all__ = ["command"]


@click.group()
def command() -> None:
    """Inspect documents and their text layers."""


@command.command("read")
@click.argument("inputs", nargs=-1, required=True)
@reading_options
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object for each document: text, pages, blocks, lines, segments.",
)
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with boxes over page images."
)
def read_command(inputs: tuple[str, ...], reading: ReadingOptions, as_json: bool, html: Path | None) -> int:
    """Print the text layers of INPUTS; several stand under their names.

    Documents that cannot be read are listed with the reason.
    """
    sources = list(expand_inputs(inputs))
    if html:
        require_output(html, *(source.path for source in sources))
    failed = 0
    readable: list[Document] = []
    for source in sources:
        for outcome in read_documents(source, reading):
            if isinstance(outcome, Unreadable):
                failed += 1
                note(f"{outcome.id}: {outcome.reason} ({outcome.code})")
                continue
            for part in outcome.unread:
                note(f"{outcome.id}: not read: {part.what} ({part.code})")
            if html:
                readable.append(outcome)
            elif as_json:
                click.echo(json.dumps(text_layer(outcome), ensure_ascii=False))
            else:
                named = len(sources) > 1 or outcome.id != source.id
                echo(f"== {outcome.id}\n\n{outcome.text}" if named else outcome.text)
    if html and readable:
        write_text_layer(readable, html, reading)
        note(f"Wrote {html}.")
    return 3 if failed else 0
