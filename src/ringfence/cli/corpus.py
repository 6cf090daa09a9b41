"""ringfence corpus: index documents, and keep the index up to date."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..api.corpus import declare_access, index_corpus, open_corpus
from ..corpus import EMBEDDED, STORES, Build, Corpus, View, corpora, forget_missing_folders
from ..documents import ReadingOptions, expand_inputs
from ..errors import InputError
from .console import PlainTable, data, echo, note, pulling, stderr
from .corpus_evaluate import command as evaluate_command
from .corpus_evaluate import draft_command
from .corpus_removal import drop_command, erase_command, prune_command
from .options import json_option, options_given, reading_options, reranker_option, view_options

__all__ = ["command"]

SHOWN = 20  # names of a kind in one summary
access_option = click.option(
    "--access", type=click.Path(path_type=Path), help="Who may see what: a YAML file of patterns with groups."
)


@click.group()
def command() -> None:
    """Index documents into a corpus that answers questions (`ringfence ask`)."""


@command.command("add")
@click.argument("name")
@click.argument("inputs", nargs=-1)
@reading_options
@access_option
@click.option("--embedder", default="", help="Weights that make the vectors of a new corpus; by default the catalog's.")
@click.option(
    "--store",
    type=click.Choice(list(STORES)),
    help=f"Where a new corpus lies: in a folder ({EMBEDDED}, the default), or on the PostgreSQL server whose address "
    "RINGFENCE_POSTGRES holds.",
)
@click.option("--resume", is_flag=True, help="Continue what was interrupted; no INPUTS are needed.")
@json_option
def add_command(
    *, name: str, inputs: tuple[str, ...], reading: ReadingOptions, access: Path | None, embedder: str,
    store: str | None, resume: bool, as_json: bool,
) -> int:  # fmt: skip
    """Add INPUTS (files, folders, globs) to the corpus NAME, which is made if there is none.

    NAME is a name, or a folder with a separator in it. Interrupt at any time; the same command continues.
    """
    if not inputs and not resume:
        raise InputError("There is no input.", "Name files, folders or globs after the name of the corpus.")
    if store:
        expand_inputs(inputs)  # names a missing input before anything is made
        Corpus.create(name, store).close()
    return _index(name, inputs, reading, access, as_json, embedder=embedder)


@command.command("update")
@click.argument("name")
@reading_options
@access_option
@click.option("--forget-missing", is_flag=True, help="Forget folders that are gone as a whole, with their documents.")
@json_option
def update_command(
    *, name: str, reading: ReadingOptions, access: Path | None, forget_missing: bool, as_json: bool
) -> int:
    """Bring NAME up to date with the files that were added: what is new, changed or gone."""
    if forget_missing:
        with Corpus.open(name) as corpus, corpus.writing():
            forget_missing_folders(corpus)
    return _index(name, (), reading, access, as_json)


def _index(
    name: str,
    inputs: tuple[str, ...],
    reading: ReadingOptions,
    access: Path | None,
    as_json: bool,
    *,
    embedder: str = "",
) -> int:
    given = {"csv_rows", "text_field", "id_field", "hidden", "ocr", "password_file", "read_seconds", "read_memory"}
    chosen = reading if inputs or given & set(options_given()) else None
    try:
        with pulling() as listener, _BuildBar() as bar:
            built = index_corpus(
                name,
                inputs,
                reading=chosen,
                embedder=embedder,
                access=access,
                on_progress=bar.update,
                listener=listener,
            )
    except KeyboardInterrupt:
        note(f"Interrupted. What is indexed is kept; continue with `ringfence corpus add {name} --resume`.")
        return 130
    with Corpus.open(name) as corpus:
        if access:
            _name_unmatched(corpus)
        _print_build(corpus, built, as_json)
        return 3 if corpus.store.failures() else 0


def _name_unmatched(corpus: Corpus) -> None:
    for pattern in corpus.unmatched_rules():
        note(f"Warning: the rule {pattern!r} matches no document of {corpus.name}.")


def _print_build(corpus: Corpus, built: Build, as_json: bool) -> None:
    version, failures = corpus.version(), corpus.store.failures()
    if as_json:
        facts = {
            "schema": 1,
            "corpus": corpus.name,
            "version": version.number,
            "digest": version.digest,
            "new_version": built.new_version,
            "documents": version.documents,
            "passages": version.passages,
            "failed": [{"id": one.id, "code": one.code, "reason": one.reason} for one in failures],
            "session": {
                "files": built.files,
                "unchanged": built.unchanged,
                "documents": built.documents,
                "passages": built.passages,
                "gone": built.gone,
                "changed": built.changed,
                "passages_per_second": round(built.rate, 1),
            },
        }
        click.echo(json.dumps(facts))
        return
    for failure in failures[:SHOWN]:
        note(f"Failed: {failure.id}: {failure.reason} ({failure.code})")
    if len(failures) > SHOWN:
        note(f"{len(failures) - SHOWN} more failed; `ringfence corpus show {corpus.name}` lists them.")
    changed = f", {len(built.changed)} changed" if built.changed else ""
    gone = f", {built.gone} gone" if built.gone else ""
    note(
        f"{built.files} files: {built.unchanged} as before{changed}{gone}; {built.documents} documents and "
        f"{built.passages} passages indexed ({built.rate:.0f} passages a second)."
    )
    state = "Version" if built.new_version else "Nothing changed; still version"
    note(
        f"{state} {version.number} of {corpus.name}: {version.documents} documents, {version.passages} passages, "
        f"{version.failures} failed."
    )
    note(f'Next: ringfence ask {corpus.name} "your question"')


@command.command("list")
@view_options[1]
@json_option
def list_command(*, groups: tuple[str, ...], as_json: bool) -> int:
    """List the corpora of this user; with --as, what members of a group see of those that declare access."""
    table = PlainTable("name", "version", "documents", "passages", "MiB", "access")
    facts = []
    for name in corpora():
        try:
            with Corpus.open(name) as corpus:
                one = _facts_in_view(corpus, groups) if groups and corpus.access_declared else _facts(corpus)
        except InputError as error:
            note(f"{name}: {error}")
            continue
        facts.append(one)
        size = f"{one['bytes'] / 2**20:.1f}" if "bytes" in one else ""
        access = "declared" if one["access"] else "open"
        table.add_row(name, str(one["version"] or "none"), str(one["documents"]), str(one["passages"]), size, access)
    if as_json:
        click.echo(json.dumps(facts))
    else:
        data.print(table)
    return 0


def _facts_in_view(corpus: Corpus, groups: tuple[str, ...]) -> dict[str, Any]:
    """Return what members of groups may know of a corpus: neither its size nor its inputs, which count closed ones."""
    view = corpus.view(None, groups) if corpus.versions() else None
    return {
        "name": corpus.name,
        "version": view and view.version,
        "digest": view and corpus.digest_of(view),
        "documents": sum(1 for _ in corpus.documents(view)) if view else 0,
        "passages": len(corpus.store.visible(view).passages) if view else 0,
        "embedder": corpus.embedder,
        "access": True,
    }


def _facts(corpus: Corpus) -> dict[str, Any]:
    newest = corpus.versions()[-1:]
    return {
        "name": corpus.name,
        "folder": str(corpus.folder),
        "version": newest[0].number if newest else None,
        "digest": newest[0].digest if newest else None,
        "documents": newest[0].documents if newest else 0,
        "passages": newest[0].passages if newest else 0,
        "embedder": corpus.embedder,
        "access": corpus.access_declared,
        "inputs": corpus.inputs,
        "bytes": corpus.store.size(),
    }


@command.command("show")
@click.argument("name")
@view_options[0]
@view_options[1]
@json_option
def show_command(name: str, corpus_version: int | None, groups: tuple[str, ...], as_json: bool) -> int:
    """Show the versions of NAME, its documents and what could not be read; with --as, what members of a group see."""
    with Corpus.open(name) as corpus:
        view = corpus.view(corpus_version, groups)
        if not groups and corpus.access_declared:
            view = View(view.version)  # the owner of the corpus sees all of it
        documents = list(corpus.documents(view))
        failures = [] if groups else corpus.store.failures()
        if as_json:
            facts: dict[str, Any] = {"schema": 1} if groups else {"schema": 1, **_facts(corpus)}
            facts["documents_listed"] = [
                {"id": d.id, "title": d.title, "pages": d.pages, "language": d.language, "sha256": d.sha256}
                for d in documents
            ]
            facts["failed"] = [{"id": one.id, "code": one.code, "reason": one.reason} for one in failures]
            if not groups:
                facts["versions"] = [vars(version) for version in corpus.versions()]
            click.echo(json.dumps(facts, ensure_ascii=False))
            return 0
        if not groups:
            for version in corpus.versions():
                note(
                    f"Version {version.number} ({version.made_at}): {version.documents} documents, {version.passages} "
                    f"passages, {version.failures} failed, {version.digest[:19]}"
                )
        for document in documents:
            echo(f"{document.id}\t{document.title}")
        for failure in failures:
            note(f"Failed: {failure.id}: {failure.reason} ({failure.code})")
    return 0


@command.command("search")
@click.argument("name")
@click.argument("query")
@view_options[0]
@view_options[1]
@reranker_option
@click.option("--count", type=click.IntRange(1, 100), default=8, show_default=True, help="How many passages.")
@json_option
def search_command(
    *, name: str, query: str, corpus_version: int | None, groups: tuple[str, ...], reranker: str | None, count: int,
    as_json: bool,
) -> int:  # fmt: skip
    """Print the passages of NAME that fit QUERY best; no language model is needed."""
    with pulling() as listener:
        view = open_corpus(name, version=corpus_version, groups=groups, reranker=reranker, listener=listener)
    started = time.monotonic()
    found = view.find(query, count)
    seconds = time.monotonic() - started
    if as_json:
        click.echo(json.dumps([passage.as_json() for passage in found], ensure_ascii=False))
        return 0 if found else 1
    for number, passage in enumerate(found, 1):
        page = f", page {passage.page}" if passage.page else ""
        echo(f"[{number}] {passage.document}{page}\n{' '.join(passage.text.split())}\n")
    note(f"{len(found)} passages in {seconds * 1000:.0f} ms." if found else "Nothing found.")
    return 0 if found else 1


@command.command("access")
@click.argument("name")
@click.argument("rules", required=False, type=click.Path(path_type=Path))
@click.option(
    "--open", "opens", is_flag=True, help="Take all access rules away; files of groups beside documents still count."
)
def access_command(name: str, rules: Path | None, opens: bool) -> int:
    """Declare who may see which documents of NAME: RULES is a YAML file of patterns with groups.

    A document that no pattern matches is closed to all. A file `x.pdf.groups` beside `x.pdf` counts before the rules.
    """
    if (rules is None) != opens:
        raise InputError("Give either RULES or --open.", 'A rule is a line such as  "hr/**": [hr, board].')
    with declare_access(name, rules) as corpus:
        _name_unmatched(corpus)
        if not corpus.access_declared:
            note(f"{corpus.name} is open: everyone sees every document.")
            return 0
        every = View(corpus.version().number)
        closed = sum(1 for _ in corpus.documents(every)) - sum(1 for _ in corpus.documents(corpus.view()))
        note(f"Access to {corpus.name} is declared: {closed} documents need a group (`--as GROUP`).")
    return 0


@command.command("verify")
@click.argument("name")
def verify_command(name: str) -> int:
    """Confirm that NAME contains what it was made of: texts, words, vectors, versions; and compare its files."""
    with Corpus.open(name) as corpus:
        faults = corpus.faults()
        for fault in faults:
            note(fault)
        for file, state in list(corpus.changed_files().items())[:SHOWN]:
            note(f"{file} is {state} since it was indexed; `ringfence corpus update {name}` takes it in.")
        note("No faults." if not faults else f"{len(faults)} faults.")
    return 1 if faults else 0


command.add_command(prune_command)
command.add_command(erase_command)
command.add_command(drop_command)
command.add_command(evaluate_command)
command.add_command(draft_command)


class _BuildBar:
    """The progress of an index: files, passages a second, time left; without a terminal a sentence every 30 seconds."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
        )
        self._bars = Progress(*columns, console=stderr, disable=not stderr.is_terminal)
        self._task = self._bars.add_task("files", total=None, rate="")
        self._noted_at = time.monotonic()

    def __enter__(self) -> _BuildBar:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def update(self, built: Build) -> None:
        """Show the progress."""
        left = built.seconds_left
        rest = f", {left / 60:.0f} min left" if left is not None and left > 90 else ""
        failed = f", {built.failed} failed" if built.failed else ""
        rate = f"{built.passages} passages, {built.rate:.0f}/s{failed}{rest}"
        self._bars.update(self._task, completed=built.files, total=built.of_files, rate=rate)
        if not stderr.is_terminal and time.monotonic() - self._noted_at > 30:
            self._noted_at = time.monotonic()
            note(f"{built.files} of {built.of_files} files, {rate}")
