"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from ..documents import ReadingLimits, ReadingOptions
from ..engines import EngineSettings, Mode, engine_names
from ..engines.choosing import choose_engine, slow_precision
from ..errors import InputError
from ..runs import Opened, Windowing, open_engine, open_server
from ..weights import Store, find_entry, pull
from .screen import note, pulling

__all__ = [
    "ENGINE",
    "answer_options",
    "engine_options",
    "engine_options_from",
    "engine_options_of",
    "open_embedder",
    "open_for",
    "passwords_from",
    "reading_options",
    "reading_options_from",
    "signing_options",
    "trust_options",
]


def reading_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """How documents are read."""
    for option in (
        click.option(
            "--password-file", type=click.Path(path_type=Path), help="Passwords for encrypted documents, one a line."
        ),
        click.option("--rows", "csv_rows", is_flag=True, help="Take each row of a CSV file as a document."),
        click.option(
            "--text-field", default="text", show_default=True, help="The field of a JSONL record that holds the text."
        ),
        click.option(
            "--id-field", default="id", show_default=True, help="The field of a JSONL record that holds its id."
        ),
        click.option(
            "--ocr",
            type=click.Choice(["auto", "never", "always"]),
            default="auto",
            show_default=True,
            help="Read pages as pictures: where their text layer is missing or poor, never, or always.",
        ),
        click.option(
            "--read-seconds",
            type=click.FloatRange(min=1),
            default=ReadingLimits.seconds,
            show_default=True,
            help="Longest wait for a sign of progress while one file is read.",
        ),
        click.option(
            "--read-memory",
            type=click.IntRange(min=256),
            default=ReadingLimits.memory_mib,
            show_default=True,
            help="Most memory for reading one file, in MiB.",
        ),
    ):
        function = option(function)
    return function


def answer_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What else decides an answer: windows, examples, and the calibrator."""
    for option in reversed(
        (
            click.option(
                "--window",
                "window_tokens",
                type=click.IntRange(128),
                default=Windowing.tokens,
                show_default=True,
                help="Read documents that are longer than this many tokens in windows of that size.",
            ),
            click.option(
                "--relevant",
                type=click.IntRange(1),
                help="Of a long document, read only this many windows for each field, chosen by meaning; without it, all.",
            ),
            click.option(
                "--pool",
                "pool_file",
                type=click.Path(path_type=Path),
                help="Labelled texts (JSONL: text, label) that a classify task takes its examples from, by likeness.",
            ),
            click.option(
                "--calibrator",
                "calibrator_file",
                type=click.Path(path_type=Path),
                help="What `ringfence calibrate` fitted: each document is accepted, or goes to review or a spot-check.",
            ),
        )
    ):
        function = option(function)
    return function


def signing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a signature is made with."""
    for option in reversed(
        (
            click.option(
                "--key", required=True, type=click.Path(path_type=Path), help="A private key (elliptic curve, PEM)."
            ),
            click.option(
                "--certificate",
                type=click.Path(path_type=Path),
                help="The key's certificate, to be verified by its authority.",
            ),
            click.option(
                "--chain",
                multiple=True,
                type=click.Path(path_type=Path),
                help="Certificates between it and the authority.",
            ),
        )
    ):
        function = option(function)
    return function


def trust_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a signature is checked against."""
    for option in reversed(
        (
            click.option(
                "--public-key", "keys", multiple=True, type=click.Path(path_type=Path), help="A key that is trusted."
            ),
            click.option(
                "--authority",
                "authorities",
                multiple=True,
                type=click.Path(path_type=Path),
                help="A certificate authority that is trusted.",
            ),
        )
    ):
        function = option(function)
    return function


def passwords_from(file: Path | None) -> tuple[str, ...]:
    """The passwords in a file. Raises InputError when it cannot be read."""
    if file is None:
        return ()
    try:
        return tuple(line for line in file.read_text(encoding="utf-8").splitlines() if line)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(
            f"The password file {file} cannot be read ({reason}).", "Give a text file with one password a line."
        ) from None


def reading_options_from(
    password_file: Path | None,
    csv_rows: bool,
    text_field: str,
    id_field: str,
    ocr: str,
    read_seconds: float,
    read_memory: int,
) -> ReadingOptions:
    """The options as the reader takes them."""
    limits = ReadingLimits(seconds=read_seconds, memory_mib=read_memory)
    return ReadingOptions(passwords_from(password_file), csv_rows, text_field, id_field, ocr, limits)


READING = ("password_file", "csv_rows", "text_field", "id_field", "ocr", "read_seconds", "read_memory")


def engine_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Which weights, on which engine, how."""
    for option in (
        click.option(
            "--weights",
            "weights_name",
            default="demo",
            show_default=True,
            help="Name or digest of weights in the store, or a name of the catalog.",
        ),
        click.option(
            "--adapter",
            default="",
            help="Name or digest of an adapter (LoRA) in the store, to run on the weights.",
        ),
        click.option(
            "--engine",
            "engine_name",
            default="auto",
            show_default=True,
            type=click.Choice(["auto", *engine_names()]),
            help="What runs the weights; auto chooses by machine and weights, and says why.",
        ),
        click.option("--server", default="", help="Address of a server that runs already (key: RINGFENCE_API_KEY)."),
        click.option("--model", default="", help="The server's name for the weights, where it has several."),
        click.option(
            "--mode",
            type=click.Choice(["solo", "batched"]),
            default="batched",
            show_default=True,
            help="One document at a time with caches off, or several at once.",
        ),
        click.option(
            "--cache",
            "cache_gib",
            type=click.IntRange(1, 512),
            default=2,
            show_default=True,
            help="Memory for keys and values, in GiB.",
        ),
        click.option(
            "--prefix-cache/--no-prefix-cache",
            default=True,
            show_default=True,
            help="In batched mode: compute once what prompts have in common, and keep it.",
        ),
        click.option(
            "--in-flight",
            type=click.IntRange(1, 256),
            default=32,
            show_default=True,
            help="Most documents under way at once in batched mode.",
        ),
        click.option(
            "--threads", type=click.IntRange(0, 256), default=0, help="Processor threads; 0 leaves it to the engine."
        ),
    ):
        function = option(function)
    return function


def open_embedder() -> Opened:
    """The embedding weights of the catalog on the onnx engine; pulled if need be."""
    store = Store()
    with pulling() as listener:
        weights = pull("embedding", store, listener)
    return open_engine("onnx", weights, store, EngineSettings(), note)


ENGINE = (
    "weights_name",
    "engine_name",
    "server",
    "model",
    "mode",
    "cache_gib",
    "in_flight",
    "threads",
    "prefix_cache",
    "adapter",
)


def engine_options_from(options: dict[str, Any]) -> dict[str, Any]:
    """Take the engine's options out of ``options``."""
    return {name: options.pop(name) for name in ENGINE}


def engine_options_of(session: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's options that a session of a run was given; those that came later than the run are left out."""
    return {name: value for name, value in session["arguments"].items() if name in ENGINE}


def open_for(
    weights_name: str,
    engine_name: str,
    server: str,
    model: str,
    mode: Mode,
    cache_gib: int,
    in_flight: int,
    threads: int,
    prefix_cache: bool = True,
    adapter: str = "",
    trusting: bool = False,
) -> Opened:
    """Have the weights (a name of the catalog is pulled if need be), choose the engine, and load them. ``trusting`` loads
    weights whose bytes were changed, under the digest of what is there."""
    settings = EngineSettings(mode, cache_gib, in_flight, threads, server, model, prefix_cache)
    if engine_name == "openai" or (engine_name == "auto" and server):
        if adapter:
            raise InputError("A server runs what it was started with.", "Leave --adapter out, or leave the server out.")
        return open_server(settings)
    if server:
        raise InputError("--server goes with the engine openai.", "Leave --engine out, or leave --server out.")
    store = Store()
    entry = find_entry(weights_name)
    weights = store.find(entry.name if entry else weights_name)
    if weights is None and entry:
        with pulling() as listener:
            weights = pull(entry.name, store, listener)
    weights = weights or store.get(weights_name)
    if engine_name == "auto" and adapter:
        engine_name = "llamacpp"
        note("Engine: llamacpp, because it runs adapters.")
    if engine_name == "auto":
        engine_name, why = choose_engine(weights.files, server)
        note(f"Engine: {why}.")
    if engine_name == "llamacpp" and (slow := slow_precision(weights.files)):
        note(
            f"llama.cpp has no fast kernel for {slow}. `ringfence weights requantise {weights.manifest.name}` makes other weights that "
            "run faster; their answers differ a little."
        )
    added = store.get(adapter) if adapter else None
    return open_engine(engine_name, weights, store, settings, note, trusting, added)
