"""The engine for GPU machines: starts `vllm serve` on loopback, supervises it, and stops it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..hardware import gpu_names
from ..no_telemetry import SWITCHES
from .adapter_folder import adapter_modules, adapter_rank
from .control_tokens import CONTROL_TOKENS
from .dialects import VLLM, Ask, facts_of
from .http_client import Client
from .http_engine import HttpEngine
from .openai import kept_form
from .protocol import (
    Completion,
    EngineSettings,
    Request,
    Score,
    ScoreRequest,
)
from .unconverted import RunsOrigin

__all__ = ["VllmEngine", "command_line", "environment"]

START_SECONDS = 1200  # a large model is read from disk, and its kernels are compiled first
STARTS = 3  # of the server per session; a server that died this often will die again
ADAPTER = "adapter"  # its name on the server
ADAPTER_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # that vLLM can be started for
COMMAND = "RINGFENCE_VLLM"  # replaces the command vllm, for example by that of a container


def command_line(folder: Path, settings: EngineSettings, port: int) -> list[str]:
    """The command that starts the server: on loopback only, without a request log."""
    program = os.environ.get(COMMAND, "vllm").split()
    adapter = []
    if settings.adapter:
        most = next(most for most in ADAPTER_RANKS if most >= adapter_rank(settings.adapter))
        # Where the output matrix could have an adapter too, vLLM 0.32 takes one row for each sequence of a prompt's
        # log-probabilities: on a processor it dies of it, on a GPU they lack the adapter (vLLM issues 29955, 51594).
        modules = adapter_modules(settings.adapter)
        adapter = [
            "--enable-lora", "--max-lora-rank", str(most), *(["--lora-target-modules", *modules] if modules else []),
            "--lora-modules", f"{ADAPTER}={settings.adapter}",
        ]  # fmt: skip
    return [
        *program, "serve", str(folder),
        "--served-model-name", "weights",
        "--host", "127.0.0.1", "--port", str(port),
        "--max-num-seqs", str(1 if settings.mode == "solo" else settings.max_in_flight),
        "--enable-prefix-caching" if settings.keeps_prefixes else "--no-enable-prefix-caching",
        "--seed", "0",
        "--no-enable-log-requests", "--disable-uvicorn-access-log",
        *adapter,
    ]  # fmt: skip


def environment(key: str) -> dict[str, str]:
    """The server's environment: this process's, without secrets and telemetry, offline, and with the key."""
    secret = ("HF_TOKEN", "RINGFENCE_API_KEY", "RINGFENCE_POSTGRES")
    kept = {name: value for name, value in os.environ.items() if name not in secret}
    return {
        **kept,
        "VLLM_API_KEY": key,
        **SWITCHES,
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "VLLM_HOST_IP": "127.0.0.1",  # without it, vLLM connects a socket to 8.8.8.8 to find its own address
    }


class VllmEngine(RunsOrigin, HttpEngine):
    """Safetensors weights, served by vLLM on this machine. A server that dies is restarted up to twice."""

    name = "vllm"
    runs_adapters, reads_gguf = True, False
    libraries: tuple[str, ...] = ("jinja2", "numpy", "urllib3", "vllm")

    def __init__(self, folder: Path, settings: EngineSettings, start_seconds: float = START_SECONDS) -> None:
        if settings.adapter:
            settings = replace(settings, served_adapter=ADAPTER)
        self._folder, self._start_seconds, self._starts = folder, start_seconds, 0
        self._key = secrets.token_hex(32)
        self._process: subprocess.Popen[bytes] | None = None
        self._reviving = threading.Lock()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server
        try:
            client = self._start(settings)
            facts = facts_of(client)
            if settings.adapter:
                facts.require_adapter(ADAPTER, "weights", client.address)
            control = _control_tokens(folder)

            def engine(grammar_by: Ask | None, schema_by: Ask | None) -> HttpEngine:
                return HttpEngine(client, facts, settings, "weights", grammar_by, schema_by, control)

            grammar_by = kept_form(VLLM.grammars, lambda by: engine(by, None), "grammar")
            schema_by = kept_form(VLLM.schemas, lambda by: engine(None, by), "json_schema")
            super().__init__(client, facts, settings, "weights", grammar_by, schema_by, control)
        except BaseException:
            self._stop()
            self._log.close()
            raise

    @classmethod
    def open(cls, folder: Path, settings: EngineSettings) -> VllmEngine:
        """Start a server for the weights in ``folder``."""
        return cls(folder, settings)

    def _start(self, settings: EngineSettings) -> Client:
        """Start the server and wait until it is healthy. Raises EngineError with the end of its log."""
        self._starts += 1
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = command_line(self._folder, settings, port)
        if shutil.which(command[0]) is None:
            raise EngineError(
                "vLLM is not installed.",
                "Install it on the GPU machine (pip install vllm), or use a running server: --engine openai --server.",
            )
        self._log.truncate(0)
        watched = [sys.executable, "-m", "ringfence.engines.child_guard", *command]
        self._process = subprocess.Popen(
            watched, stdin=subprocess.PIPE, stdout=self._log, stderr=self._log, env=environment(self._key),
            start_new_session=True,
        )  # fmt: skip
        client = Client(f"http://127.0.0.1:{port}", self._key, settings.max_in_flight, retries=0)
        deadline = time.monotonic() + self._start_seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise self._dead("did not start")
            try:
                client.get("/health")
                return Client(f"http://127.0.0.1:{port}", self._key, settings.max_in_flight)
            except Exception:  # not ready: connection refused, or status 503 while it reads the weights
                time.sleep(0.25)
        self._stop()
        raise EngineError(
            f"vLLM was not ready after {self._start_seconds:.0f} seconds.", "Choose smaller weights, or a faster disk."
        )

    def _dead(self, what: str) -> EngineError:
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").splitlines()
        errors = [line for line in lines if re.search(r"error|memory|unsupported|not supported", line, re.I)] or lines
        words = re.sub(r"\S*/\S*", "", " ".join(errors[-1].split())).strip()[-200:] if errors else "its log is empty"
        remedy = "Choose smaller weights, a smaller --in-flight, or a machine with more GPU memory."
        return EngineError(f"vLLM {what} ({words}).", remedy)

    def _alive(self, call: Callable[[], Any]) -> Any:
        """Return ``call()``; repeat it on a new server if the old one has died."""
        while True:
            client = self.client
            try:
                return call()
            except EngineError as error:
                self._revive(client, error)

    def _revive(self, client: Client, error: EngineError) -> None:
        """Restart a dead server once for all threads that found it dead.

        Raises ``error`` if the server lives, and EngineError if it has died too often.
        """
        with self._reviving:
            if self.client is not client:
                return
            deadline = time.monotonic() + 10  # connections break a moment before a process ends
            while self._process is not None and self._process.poll() is None:
                if time.monotonic() > deadline:
                    raise error
                time.sleep(0.1)
            if self._starts >= STARTS:
                raise EngineError(
                    f"vLLM died {self._starts} times.",
                    "Choose smaller weights, a smaller --in-flight, or more GPU memory.",
                )
            self._stop()
            self.client = self._start(self.settings)

    def _complete(self, request: Request) -> Completion:
        complete = super()._complete
        done: Completion = self._alive(lambda: complete(request))
        return done

    def _score(self, request: ScoreRequest) -> Score:
        score = super()._score
        done: Score = self._alive(lambda: score(request))
        return done

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        post = super()._post
        return self._alive(lambda: post(path, body))

    def describe(self) -> dict[str, Any]:
        """Name, version and settings, with the GPUs and their driver: the engine's part of the lock."""
        common = super().describe()
        settings = {**common["settings"], "prefix_caching": self.settings.keeps_prefixes, "gpus": gpu_names()}
        return {**common, "settings": settings}

    def _stop(self) -> None:
        """End the server and all its child processes."""
        if self._process is None:
            return
        for stop_signal in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, stop_signal)
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                continue
            except (ProcessLookupError, PermissionError):
                break
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()

    def close(self) -> None:
        """Stop the server."""
        super().close()
        self._stop()
        self._log.close()


def _control_tokens(folder: Path) -> tuple[str, ...]:
    """The control tokens that the weights name, then those of common model families."""
    try:
        tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        own = [str(token["content"]) for token in tokenizer.get("added_tokens", []) if token.get("special")]
    except (OSError, ValueError, KeyError, TypeError):
        own = []
    return tuple(dict.fromkeys([*own, *CONTROL_TOKENS]))


def installed() -> bool:
    """True if vLLM, or a command that replaces it, is installed."""
    return bool(os.environ.get(COMMAND)) or importlib.util.find_spec("vllm") is not None or bool(shutil.which("vllm"))
