"""SIGTERM and repeated Ctrl-C end a run quietly, and what is done is kept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

TASK = "name: t\nkind: extract\nfields:\n  total: {kind: money}\n"


@contextmanager
def slow_server() -> Iterator[str]:
    """A server that answers its first document at once, and the others after a minute."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.reply(
                {"data": [{"id": "m"}]} if self.path == "/v1/models" else {}, 200 if "models" in self.path else 404
            )

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            text = body["messages"][-1]["content"]
            if "Total:" in text:
                seen.append(text)
                time.sleep(60 if len(seen) > 1 else 0)
            content = '{"total": "EUR 5.00"}'
            self.reply({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]})

        def reply(self, body: Any, status: int = 200) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("signals", "code"),
    [
        ([signal.SIGTERM], 143),
        ([signal.SIGINT], 130),
        ([signal.SIGTERM, signal.SIGTERM, signal.SIGINT], 143),
        ([signal.SIGINT, signal.SIGINT], 130),
    ],
)
def test_a_signal_ends_a_run_quietly_and_resumably(tmp_path: Path, signals: list[signal.Signals], code: int) -> None:
    (tmp_path / "task.yaml").write_text(TASK)
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(f"Invoice {name}\nTotal: EUR 5.00\n")
    out = tmp_path / "run"
    with slow_server() as address:
        command = [sys.executable, "-m", "ringfence", "run", "task.yaml", "a.txt", "b.txt", "c.txt", "--out", str(out)]
        # A shell that starts a job in the background lets it ignore SIGINT.
        process = subprocess.Popen(
            [*command, "--server", address, "--mode", "solo"],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        results = out / "results.jsonl"
        for _ in range(600):
            if results.exists() and results.read_text().count("\n"):
                break
            time.sleep(0.05)
        for number in signals:
            process.send_signal(number)
            time.sleep(0.05)
        _, said = process.communicate(timeout=30)
    assert process.returncode == code
    assert "continue with the same command and --resume" in said
    assert "Traceback" not in said
    assert [json.loads(line)["status"] for line in results.read_text().splitlines()] == ["done"]
