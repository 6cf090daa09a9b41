"""ringfence documents: look at text layers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import click

from ..documents import Document, Unreadable, expand_inputs, read_documents
from ..reports import write_text_layer
from .options import reading_options, reading_options_from
from .screen import note

__all__ = ["command"]


@click.group()
def command() -> None:
    """Documents and their text layers."""


@command.command("read")
@click.argument("inputs", nargs=-1, required=True)
@reading_options
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a document: text, pages, blocks, lines, segments."
)
@click.option(
    "--html", "html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with boxes over page images."
)
def read_command(inputs: tuple[str, ...], as_json: bool, html: Path | None, **options: Any) -> int:
    """Print the text layer of INPUTS; what cannot be read is named with its reason, and the rest goes on."""
    reading = reading_options_from(**options)
    failed = 0
    readable: list[Document] = []
    for source in expand_inputs(inputs):
        for outcome in read_documents(source, reading):
            if isinstance(outcome, Unreadable):
                failed += 1
                note(f"{outcome.id}: {outcome.reason} ({outcome.code})")
                continue
            if html:
                readable.append(outcome)
            elif as_json:
                click.echo(json.dumps(_as_json(outcome), ensure_ascii=False))
            else:
                click.echo(outcome.text)
    if html and readable:
        write_text_layer(readable, html, reading)
        note(f"Wrote {html}.")
    return 3 if failed else 0


def _as_json(document: Document) -> dict[str, Any]:
    return {
        "schema": 1,
        "id": document.id,
        "path": document.path,
        "sha256": document.sha256,
        "read_by": document.read_by,
        "metadata": document.metadata,
        "text": document.text,
        "pages": [[page.number, page.width, page.height, page.start, page.end] for page in document.pages],
        "blocks": [[block.start, block.end] for block in document.blocks],
        "lines": [[line.start, line.end] for line in document.lines],
        "segments": [[segment.start, segment.end] for segment in document.segments],
        "boxes": [None if math.isnan(box[0]) else [round(v, 1) for v in box] for box in document.char_boxes.tolist()],
        "addresses": document.addresses,
        "ocr": document.ocr,
    }
