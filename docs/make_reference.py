"""Write the pages of the command line from the command line itself, and the JSON schemas from the models.

`python docs/make_reference.py` writes; with `--check` it writes nothing, names what is out of date, and exits with 1.
"""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ringfence import errors
from ringfence.cli import cli
from ringfence.cli.verbs import GROUPS, Verb
from ringfence.contracts import SCHEMAS, json_schema
from ringfence.tasks import task_schema

HERE = Path(__file__).parent
NOTICE = "<!-- Made by `make docs`; do not edit. -->\n"


def pages() -> dict[str, str]:
    """Every generated file by its path below docs/."""
    context = click.Context(cli, info_name="ringfence", max_content_width=100)
    found = {"cli/index.md": _index(context)}
    for verb in _verbs():
        command = cli.get_command(context, verb.name)
        if command is None:
            raise LookupError(f"the verb {verb.name} has no command")
        found[f"cli/{verb.name}.md"] = _page(verb, command, context)
    schemas = {name: json_schema(name) for name in SCHEMAS} | {"task": task_schema()}
    for name, schema in sorted(schemas.items()):
        found[f"schemas/{name}.schema.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    found["python/errors.txt"] = (errors.__doc__ or "").split("\n\n", 1)[-1].strip() + "\n"
    found["howto/notebook.md"] = _notebook_page(json.loads(_read("notebook.ipynb")))
    return found


def _notebook_page(notebook: dict[str, Any]) -> str:
    """The notebook as a page: texts, code, and what the cells gave."""
    parts = [NOTICE, "[Download this notebook](../notebook.ipynb){ .md-button }\n"]
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        parts.append(source + "\n" if cell["cell_type"] == "markdown" else f"```python\n{source}\n```\n")
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if shown := "".join(data.get("text/html", [])):
                parts.append(f'<div class="output" markdown="0">{shown}</div>\n')
            elif text := "".join(output.get("text", data.get("text/plain", []))):
                parts.append(f"```text\n{text.rstrip()}\n```\n")
    title, *rest = [parts[2], parts[0], parts[1], *parts[3:]]
    return "\n".join([rest[0], title, *rest[1:]])


def _verbs() -> Iterator[Verb]:
    for verbs in GROUPS.values():
        yield from verbs


def _index(context: click.Context) -> str:
    parts = [NOTICE, "# Command line\n", _prose(cli.help or ""), _options(cli, context)]
    for purpose, verbs in GROUPS.items():
        rows = "".join(f"| [`{verb.name}`]({verb.name}.md) | {_cell(verb.sentence)} |\n" for verb in verbs)
        parts.append(f"## {purpose}\n\n| verb | what it does |\n| --- | --- |\n{rows}")
    parts.append(
        "Data goes to standard output, everything else to standard error. With `--json` a verb prints JSON for other "
        "programs.\n"
    )
    return "\n".join(parts)


def _page(verb: Verb, command: click.Command, root: click.Context) -> str:
    return "\n".join([NOTICE, f"# ringfence {verb.name}\n", *_sections(command, verb.name, root, level=1)])


def _sections(command: click.Command, name: str, parent: click.Context, level: int) -> Iterator[str]:
    """What a command says about itself, then what the commands below it say."""
    context = click.Context(command, info_name=name, parent=parent, max_content_width=100)
    if level > 1:
        yield f"{'#' * level} {context.command_path}\n"
    yield _prose(command.help or "")
    if not isinstance(command, click.Group):
        yield f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```\n"
        if options := _options(command, context):
            yield options
        return
    for child in command.list_commands(context):
        below = command.get_command(context, child)
        if below is not None and not below.hidden:
            yield from _sections(below, child, context, level + 1)


def _prose(text: str) -> str:
    """A help text as paragraphs. What follows a `\\b` line is kept as it is."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph.lstrip().startswith("\b"):
            kept = "\n".join(paragraph.lstrip("\b \n").split("\n"))
            paragraphs.append(f"```text\n{kept}\n```")
        else:
            paragraphs.append(_escaped(" ".join(paragraph.split())))
    return "\n\n".join(paragraphs) + "\n"


def _options(command: click.Command, context: click.Context) -> str:
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [
        f"| {_code(record[0])} | {_cell(record[1])} |\n"
        for record in records
        if record and record[1] and not ("--help" in record[0] and command is not cli)
    ]
    return "| option | what it does |\n| --- | --- |\n" + "".join(rows) if rows else ""


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split())).replace("|", "&#124;")


def _code(text: str) -> str:
    """Code in a cell of a table; it may break behind a bar."""
    return f"<code>{html.escape(' '.join(text.split())).replace('|', '&#124;<wbr>')}</code>"


def _escaped(text: str) -> str:
    """Text in which brackets, stars and underscores stand for themselves, except inside backquotes."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([*_\[\]])", r"\\\1", html.escape(part, quote=False))
        for part in parts
    )


def main(arguments: list[str]) -> int:
    """Write, or check."""
    wanted = pages()
    there = {path.relative_to(HERE).as_posix() for folder in ("cli", "schemas") for path in (HERE / folder).glob("*")}
    if "--check" in arguments:
        stale = [name for name, text in wanted.items() if not (HERE / name).exists() or _read(name) != text]
        stale += sorted(there - wanted.keys())
        for name in stale:
            print(f"docs/{name} is out of date; run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    for name in there - wanted.keys():
        (HERE / name).unlink()
    for name, text in wanted.items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_text(text, encoding="utf-8")
    return 0


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
