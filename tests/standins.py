"""Servers that speak the dialects of vLLM, Ollama, TGI and of one that knows nothing more, over real small weights.

What they answer and refuse, and in which words, was recorded from vLLM 0.32 (CPU build) and from the interfaces' own
documentation. As a program it stands for the command ``vllm``: python -m tests.standins serve FOLDER --port N ...
"""

from __future__ import annotations

import argparse
import json
import os
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ringfence.engines import (
    Completion,
    Engine,
    EngineSettings,
    Request,
    ScoreRequest,
)
from ringfence.engines.llamacpp import LlamaCppEngine


class Standin:
    """One server. ``busy`` answers are 503 before it works; ``die_after`` completions it ends without a word.

    ``adapters`` maps the adapters that it lists, as vLLM does, to the weights that it says they are on.
    """

    def __init__(
        self, dialect: str, engine: Engine, key: str = "", context: int = 2048, busy: int = 0, die_after: int = 0
    ) -> None:
        self.dialect, self.engine, self.key, self.context = dialect, engine, key, context
        self.busy, self.die_after, self.completions = busy, die_after, 0
        self.lock = threading.Lock()
        self.seen: list[dict[str, Any]] = []
        self.adapters: dict[str, str] = {}
        self.under_way = self.most_under_way = 0

    def get(self, path: str) -> tuple[int, Any]:
        owner = "vllm" if self.dialect == "vllm" else "library"
        model: dict[str, Any] = {"id": "weights", "object": "model", "owned_by": owner}
        if self.dialect == "vllm":
            model["max_model_len"] = self.context
        answers: dict[str, Any] = {"/v1/models": {"object": "list", "data": [model, *self._adapters(owner)]}}
        more: dict[str, dict[str, Any]] = {
            "vllm": {"/health": None, "/version": {"version": "0.32.0"}},
            "ollama": {"/api/version": {"version": "0.12.6"}},
            "tgi": {"/info": {"model_id": "weights", "max_total_tokens": self.context, "version": "3.3.6"}},
            "plain": {},
        }
        answers |= more[self.dialect]
        return (200, answers[path]) if path in answers else (404, {"detail": "Not Found"})

    def _adapters(self, owner: str) -> list[dict[str, Any]]:
        return [
            {"id": name, "object": "model", "owned_by": owner, "root": f"/adapters/{name}", "parent": parent}
            for name, parent in self.adapters.items()
        ]

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        with self.lock:
            self.seen.append({"path": path, **body})
            if self.busy > 0:
                self.busy -= 1
                return 503, {"error": {"message": "busy"}}
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if path == "/tokenize" and self.dialect == "vllm":
                return 200, self.tokenized(body)
            if path == "/v1/completions" and self.dialect == "vllm":
                return self.completion(body)
            if path == "/v1/chat/completions":
                return self.chat(body)
            return 404, {"detail": "Not Found"}
        finally:
            with self.lock:
                self.under_way -= 1

    def tokenized(self, body: dict[str, Any]) -> dict[str, Any]:
        if "prompt" in body:
            tokens = self.engine.tokenize(body["prompt"])
        else:
            turns = [(turn["role"], turn["content"]) for turn in body["messages"]]
            start = ""
            if turns[-1][0] == "assistant":
                start = turns.pop()[1]
            tokens = self.engine.prompt(turns, start)
            if start and not body.get("continue_final_message"):
                tokens = (*tokens, *self.engine.turn_end(), *self.engine.tokenize("\n"))
        return {"count": len(tokens), "max_model_len": self.context, "tokens": list(tokens)}

    def _one(self, request: Request) -> Completion:
        with self.lock:
            self.completions += 1
            if self.die_after and self.completions > self.die_after:
                os._exit(9)
        (done,) = self.engine.generate([request])
        return done

    def completion(self, body: dict[str, Any]) -> tuple[int, Any]:
        prompts = body["prompt"] if isinstance(body["prompt"][0], list) else [body["prompt"]]
        longest = max(map(len, prompts))
        if longest + 1 > self.context:
            return 400, _refusal(
                f"This model's maximum context length is {self.context} tokens. "
                f"However, your prompt contains {longest} input tokens"
            )
        if body.get("echo"):
            choices = [self._echo(number, prompt) for number, prompt in enumerate(prompts)]
            return 200, {"choices": choices, "usage": {"prompt_tokens": sum(map(len, prompts)), "completion_tokens": 1}}
        form: dict[str, str] = {}
        outputs = body.get("structured_outputs") or {}
        if "grammar" in outputs:
            form = {"grammar": outputs["grammar"]}
        elif body.get("response_format"):
            form = {"json_schema": json.dumps(body["response_format"]["json_schema"]["schema"])}
        most = min(body["max_tokens"], self.context - longest)
        done = self._one(Request("x", tuple(prompts[0]), most, **form))  # type: ignore[arg-type]
        if done.finish_reason == "failed":
            return 400, _refusal(f"Invalid grammar specification: {done.error}")
        starts = [0, *done.token_ends][: len(done.tokens)]
        choice = {
            "index": 0,
            "text": done.text,
            "logprobs": {"text_offset": starts, "token_logprobs": list(done.logprobs), "tokens": [""] * len(starts)},
            "finish_reason": done.finish_reason,
            "token_ids": list(done.tokens) if body.get("return_token_ids") else None,
        }
        return 200, {"choices": [choice], "usage": {"prompt_tokens": longest, "completion_tokens": len(done.tokens)}}

    def _echo(self, number: int, prompt: list[int]) -> dict[str, Any]:
        ids = tuple(prompt)
        logprobs: list[float | None] = [None]
        (score,) = self.engine.score([ScoreRequest("e", ids[:1], tuple(ids[1:n] for n in range(2, len(ids) + 1)))])
        logprobs += [one - other for one, other in zip(score.logprobs, (0.0, *score.logprobs), strict=False)]
        return {"index": number, "text": "", "logprobs": {"token_logprobs": [*logprobs, -1.0]}}

    def chat(self, body: dict[str, Any]) -> tuple[int, Any]:
        turns = [(turn["role"], turn["content"]) for turn in body["messages"]]
        start = turns.pop()[1] if turns[-1][0] == "assistant" else ""
        prompt = self.engine.prompt(turns, start)
        if len(prompt) > self.context:
            return 400, _refusal("the prompt is too long")
        form: dict[str, str] = {}
        asked = body.get("response_format") or {}
        if self.dialect == "tgi":
            if asked.get("type") == "json_schema":
                return 422, {"error": "unknown variant json_schema", "error_type": "validation"}
            if asked.get("type") == "json":
                form = {"json_schema": json.dumps(asked["value"])}
        elif self.dialect == "ollama" and asked:
            form = {"json_schema": json.dumps(asked["json_schema"]["schema"])}
        done = self._one(Request("x", prompt, body["max_tokens"], **form))  # type: ignore[arg-type]
        message = {"role": "assistant", "content": done.text}
        choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": done.finish_reason}
        return 200, {
            "choices": [choice],
            "usage": {"prompt_tokens": len(prompt), "completion_tokens": len(done.tokens)},
        }


def _refusal(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "BadRequestError", "param": None, "code": 400}}


def serve(standin: Standin, port: int = 0) -> ThreadingHTTPServer:
    """A listening server; the caller runs and stops it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _send(self, status: int, data: Any) -> None:
            payload = b"" if data is None else json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def _refused(self) -> bool:
            wrong = standin.key and self.headers.get("Authorization") != f"Bearer {standin.key}"
            if self.path.startswith("/v1") and wrong:
                self._send(401, {"error": "Unauthorized"})
                return True
            return False

        def do_GET(self) -> None:
            if not self._refused():
                self._send(*standin.get(self.path))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self._refused():
                self._send(*standin.post(self.path, body))

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


@contextmanager
def running(standin: Standin, tls: tuple[Path, Path] | None = None) -> Iterator[str]:
    """The address of a stand-in that runs in a thread; with ``tls`` (certificate, key) it is one of localhost."""
    server = serve(standin)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{'https://localhost' if tls else 'http://127.0.0.1'}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    """Stand for ``vllm``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["serve"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--max-num-seqs", type=int, required=True)
    parser.add_argument("--lora-modules", default="")
    options, _ = parser.parse_known_args()
    for name in ("VLLM_NO_USAGE_STATS", "HF_HUB_OFFLINE", "VLLM_API_KEY"):
        if not os.environ.get(name):
            sys.exit(f"error: {name} is not set")
    if os.environ.get("STANDIN_FAILS"):
        sys.exit("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB")
    engine = LlamaCppEngine.open(options.folder, EngineSettings(cache_gib=1, max_in_flight=4))
    once = os.environ.get("STANDIN_DIES_ONCE")  # a file that stands for "it has died already"
    die_after = 6 if once and not Path(once).exists() else 0
    if once:
        Path(once).touch()
    if os.environ.get("STANDIN_DIES"):
        die_after = 6
    standin = Standin("vllm", engine, os.environ["VLLM_API_KEY"], die_after=die_after)
    if options.lora_modules:
        standin.adapters[options.lora_modules.partition("=")[0]] = "weights"
    serve(standin, options.port).serve_forever()


if __name__ == "__main__":
    main()
