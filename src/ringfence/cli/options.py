"""Options that several verbs share. Each group of options becomes one argument of the verb."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click

from ..contracts import CorpusChoice, ModelOptions
from ..corpus import RERANKED, open_view
from ..documents import ReadingLimits, ReadingOptions
from ..engines import engine_names
from ..engines.selection import require_engine
from ..errors import InputError
from ..evaluation.calibrator import read_calibrator
from ..inference import AlternativesOption, AnswerOptions, Windowing
from ..inference.example_pool import read_examples
from ..learning import read_ranker
from ..server_address import ServerAddress
from ..signatures import SigningKey, TrustedKeys
from ..tasks import Task

__all__ = [
    "AnswerFiles",
    "SigningKey",
    "TrustedKeys",
    "answer_options",
    "corpus_choice",
    "json_option",
    "model_options",
    "options_given",
    "password_option",
    "passwords_from",
    "reading_options",
    "reranker_option",
    "signing_options",
    "trust_options",
    "view_options",
]

Command = Callable[..., Any]
PATH = click.Path(path_type=Path)


def _grouped(
    options: Sequence[Callable[[Command], Command]], make: Callable[..., Any], name: str
) -> Callable[[Command], Command]:
    """Return a decorator that adds the options, and passes ``make(**options)`` as the argument ``name``."""

    def decorate(function: Command) -> Command:
        @functools.wraps(function)
        def wrapped(**arguments: Any) -> Any:
            grouped = {key: arguments.pop(key) for key in names}
            return function(**arguments, **{name: make(**grouped)})

        before = {parameter.name for parameter in getattr(function, "__click_params__", [])}
        decorated: Command = wrapped
        for option in reversed(options):
            decorated = option(decorated)
        added = [parameter.name for parameter in decorated.__click_params__ if parameter.name not in before]  # type: ignore[attr-defined]
        names = [key for key in added if key is not None]
        return decorated

    return decorate


def passwords_from(password_file: Path | None) -> tuple[str, ...]:
    """Read the passwords in a file, one per line. Raises InputError if it cannot be read."""
    if password_file is None:
        return ()
    try:
        return tuple(line for line in password_file.read_text(encoding="utf-8").splitlines() if line)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(
            f"Cannot read the password file {password_file} ({reason}).", "Give a text file with one password per line."
        ) from None


def options_given() -> dict[str, str]:
    """The options of the present verb that were given on the command line, by the name of their parameter."""
    context = click.get_current_context()
    default = click.core.ParameterSource.DEFAULT
    options = (option for option in context.command.params if isinstance(option, click.Option) and option.name)
    return {str(one.name): one.opts[-1] for one in options if context.get_parameter_source(str(one.name)) != default}


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

password_option = _grouped(
    (click.option("--password-file", type=PATH, help="Passwords for encrypted documents, one per line."),),
    passwords_from,
    "passwords",
)


def _reading(password_file: Path | None, read_seconds: float, read_memory: int, **options: Any) -> ReadingOptions:
    limits = ReadingLimits(seconds=read_seconds, memory_mib=read_memory)
    return ReadingOptions(passwords=passwords_from(password_file), limits=limits, **options)


reading_options = _grouped(
    (
        click.option("--password-file", type=PATH, help="Passwords for encrypted documents, one per line."),
        click.option("--rows", "csv_rows", is_flag=True, help="Read each row of a CSV file as a document."),
        click.option(
            "--text-field", default="text", show_default=True, help="The field of a JSONL record with the text."
        ),
        click.option("--id-field", default="id", show_default=True, help="The field of a JSONL record with its id."),
        click.option(
            "--ocr",
            type=click.Choice(["auto", "never", "always"]),
            default="auto",
            show_default=True,
            help="Read pages by OCR: auto (if the text layer is missing or poor), never, or always.",
        ),
        click.option(
            "--hidden", is_flag=True, help="Also read text that nobody sees: white, off the page, in a hidden sheet."
        ),
        click.option(
            "--read-seconds",
            type=click.FloatRange(min=1),
            default=ReadingLimits.seconds,
            show_default=True,
            help="Give up on a file after this many seconds without progress.",
        ),
        click.option(
            "--read-memory",
            type=click.IntRange(min=256),
            default=ReadingLimits.memory_mib,
            show_default=True,
            help="Memory limit for reading one file, in MiB.",
        ),
    ),
    _reading,
    "reading",
)
"""The options for reading documents; passes ``reading``, a ReadingOptions."""


def _checked_server(context: click.Context, parameter: click.Parameter, address: str) -> str:
    """Refuse an address that may hold a secret before anything is written."""
    if address:
        ServerAddress.parse(address)
    return address


@dataclass(frozen=True)
class AnswerFiles:
    """How documents are answered. The pool and the calibrator are still paths, because reading them needs the task."""

    windowing: Windowing
    pool: Path | None
    calibrator: Path | None
    alternatives: AlternativesOption = AnswerOptions.alternatives
    ranker: Path | None = None
    cascade: bool = False
    corpus: CorpusChoice | None = None

    def options(self, task: Task, reading: ReadingOptions) -> AnswerOptions:
        """Read the files for a task. Raises InputError for a file that cannot be read, or that the task cannot use.

        Raises EngineError before, if they need an engine for embeddings that is not installed.
        """
        if (self.pool and task.ranks_examples) or self.windowing.relevant is not None:
            require_engine("onnx")
        return AnswerOptions(
            reading,
            self.windowing,
            read_examples(self.pool, task) if self.pool else (),
            read_calibrator(self.calibrator) if self.calibrator else None,
            self.alternatives,
            read_ranker(self.ranker) if self.ranker else None,
            self.cascade,
            open_view(self.corpus) if self.corpus else None,
        )


def _answers(
    *,
    window_tokens: int,
    relevant: int | None,
    pool_file: Path | None,
    calibrator_file: Path | None,
    alternatives: AlternativesOption,
    ranker_file: Path | None,
    cascade: bool,
    corpus_name: str | None,
    corpus_version: int | None,
    groups: tuple[str, ...],
    reranker: str | None,
) -> AnswerFiles:
    windowing = Windowing(window_tokens, relevant)
    if reranker and not corpus_name:
        raise InputError("--reranker puts passages of a corpus in order.", "Name the corpus: --corpus NAME.")
    corpus = corpus_choice(corpus_name, corpus_version, groups, reranker) if corpus_name else None
    return AnswerFiles(windowing, pool_file, calibrator_file, alternatives, ranker_file, cascade, corpus)


def corpus_choice(name: str, version: int | None, groups: Sequence[str], reranker: str | None = None) -> CorpusChoice:
    """Return the choice of a corpus; version 0 is the newest."""
    return CorpusChoice(name=name, version=version or 0, groups=list(groups), reranker=reranker)


view_options = (
    click.option("--corpus-version", type=click.IntRange(1), help="The version to ask; by default the newest."),
    click.option(
        "--as", "groups", multiple=True, help="Ask as a member of this group; only what its members may see counts."
    ),
)
"""The options that choose a view of a corpus."""

reranker_option = click.option(
    "--reranker",
    help=f"Weights that put the best {RERANKED} passages in order: a cross-encoder, or a language model; by default "
    "none do.",
)


answer_options = _grouped(
    (
        click.option(
            "--window",
            "window_tokens",
            type=click.IntRange(128),
            default=Windowing.tokens,
            show_default=True,
            help="Read documents longer than this many tokens in windows of that size.",
        ),
        click.option(
            "--relevant",
            type=click.IntRange(1),
            help="Read only this many windows of a long document for each field, chosen by meaning; by default all.",
        ),
        click.option(
            "--pool",
            "pool_file",
            type=PATH,
            help="Examples for the prompts (JSONL: text and label, or text and answer for an extract task).",
        ),
        click.option(
            "--calibrator",
            "calibrator_file",
            type=PATH,
            help="The file from `ringfence calibrate`, which decides: accept, review, spot-check.",
        ),
        click.option(
            "--alternatives",
            type=click.Choice(get_args(AlternativesOption)),
            default=AnswerOptions.alternatives,
            show_default=True,
            help="Weigh extracted values against others of the document: those that break a check, or all in doubt.",
        ),
        click.option(
            "--ranker",
            "ranker_file",
            type=PATH,
            help="The file from `ringfence learn`, which weighs the values that a document could have.",
        ),
        click.option(
            "--cascade",
            is_flag=True,
            help="Answer documents of which the ranker is sure without the language model.",
        ),
        click.option("--corpus", "corpus_name", help="The corpus that an answer task is answered from."),
        *view_options,
        reranker_option,
    ),
    _answers,
    "answers",
)
"""The options for windows, examples, calibrator, alternatives, ranker, corpus; passes ``answers``, an AnswerFiles."""

model_options = _grouped(
    (
        click.option(
            "--weights",
            default="demo",
            show_default=True,
            help="Name or digest of weights in the store, or a name in the catalog.",
        ),
        click.option(
            "--adapter",
            default="",
            help="An adapter (LoRA) to run on the weights: its name in the store, or with --server its name there.",
        ),
        click.option(
            "--engine",
            default="auto",
            show_default=True,
            type=click.Choice(["auto", *engine_names()]),
            help="The engine that runs the weights; auto chooses by machine and weights, and prints the reason.",
        ),
        click.option(
            "--server",
            default="",
            callback=_checked_server,
            help="Address of a running server (key: RINGFENCE_API_KEY).",
        ),
        click.option(
            "--ca-file",
            default="",
            callback=lambda context, parameter, file: os.path.abspath(file) if file else "",  # also for a replay
            help="Certificates that confirm an https server (PEM).",
        ),
        click.option("--model", default="", help="The server's name for the weights, if it has several."),
        click.option(
            "--mode",
            type=click.Choice(["solo", "batched"]),
            default="batched",
            show_default=True,
            help="Process one document at a time with caches off, or several at once.",
        ),
        click.option(
            "--cache",
            type=click.IntRange(1, 512),
            default=2,
            show_default=True,
            help="Memory for keys and values, in GiB.",
        ),
        click.option(
            "--prefix-cache/--no-prefix-cache",
            default=True,
            show_default=True,
            help="In batched mode: compute the common beginning of prompts once, and cache it.",
        ),
        click.option(
            "--in-flight",
            type=click.IntRange(1, 256),
            default=32,
            show_default=True,
            help="Largest number of concurrent requests in batched mode.",
        ),
        click.option(
            "--threads", type=click.IntRange(0, 256), default=0, help="Processor threads; 0 lets the engine choose."
        ),
    ),
    ModelOptions,
    "model",
)
"""The options for weights and engine; passes ``model``, a ModelOptions."""


signing_options = _grouped(
    (
        click.option("--key", required=True, type=PATH, help="A private key (elliptic curve, PEM)."),
        click.option("--certificate", type=PATH, help="The key's certificate, which its authority can verify."),
        click.option("--chain", multiple=True, type=PATH, help="Certificates between this one and the authority."),
    ),
    SigningKey,
    "signing",
)
"""The options for making a signature; passes ``signing``, a SigningKey."""


trust_options = _grouped(
    (
        click.option("--public-key", "keys", multiple=True, type=PATH, help="A key that you trust."),
        click.option(
            "--authority", "authorities", multiple=True, type=PATH, help="A certificate authority that you trust."
        ),
    ),
    TrustedKeys,
    "trusted",
)
"""The options for checking a signature; passes ``trusted``, a TrustedKeys."""
