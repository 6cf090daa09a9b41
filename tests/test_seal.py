"""The seal: nothing that a process or what it starts can do reaches a network; what it tried is on record."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ringfence.engines import EngineSettings
from ringfence.inference import open_engine
from ringfence.seal import UNIX_SOCKET, split_exit
from ringfence.seal.forwarder import dial_for
from ringfence.weights import Store, StoredWeights
from tests.certificates import certified
from tests.sealing import LAUNCH, MAKES_SEALS, NAMESPACE, inside, ringfence
from tests.standins import Standin, running

pytestmark = MAKES_SEALS


@contextlib.contextmanager
def listening(family: int, address: Any) -> Iterator[tuple[Any, list[bytes]]]:
    """A listener outside the seal that keeps what it hears.

    Its thread may note a connection after the caller has come through and gone: `heard_one` waits for the note.
    """
    heard: list[bytes] = []
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.bind(address)
        one.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = one.accept()
                    heard.append(b"connected")
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield one.getsockname(), heard


def heard_one(heard: list[bytes]) -> bool:
    """Whether the listener noted a connection within ten seconds."""
    for _ in range(1000):
        if heard:
            return True
        time.sleep(0.01)
    return False


TRY = """
import socket, sys
family, address = int(sys.argv[1]), eval(sys.argv[2])
try:
    one = socket.socket(family, socket.SOCK_STREAM); one.settimeout(5); one.connect(address)
except OSError as error:
    print("denied", error.errno)
else:
    print("through")
"""
NATIVE = """
import ctypes, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
one = libc.socket(2, 1, 0)
address = struct.pack("=HH4s8x", 2, socket.htons(eval(sys.argv[2])[1]), socket.inet_aton("127.0.0.1"))
print("through" if one >= 0 and libc.connect(one, address, 16) == 0 else "denied")
"""
CHILD = """
import subprocess, sys
command = [sys.executable, '-c', sys.argv[3], *sys.argv[1:3]]
print(subprocess.run(command, capture_output=True, text=True).stdout)
"""


@pytest.mark.parametrize("program", [TRY, NATIVE, CHILD], ids=["python socket", "native library", "subprocess"])
def test_a_listener_of_this_host_is_not_reached(program: str) -> None:
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as (address, heard):
        assert (
            "through"
            in subprocess.run(
                [sys.executable, "-c", program, "2", repr(address), TRY], capture_output=True, text=True, check=False
            ).stdout
        )  # the same program gets there without the seal
        assert heard_one(heard)
        assert "denied" in inside(program, "2", repr(address), TRY).stdout
        assert heard == [b"connected"]


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_unix_sockets_of_this_host_are_not_reached(tmp_path: Path, kind: str) -> None:
    """A container engine's and a name service's have a path; those would do anything for a client."""
    name = str(tmp_path / "s") if kind == "path" else f"\0ringfence-test-{os.getpid()}"
    with listening(socket.AF_UNIX, name) as (_, heard):
        assert "denied" in inside(TRY, str(int(socket.AF_UNIX)), repr(name)).stdout
        assert heard == []


def test_a_pair_of_datagram_sockets_is_no_way_out(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(tmp_path / "log"))
        one.settimeout(0.5)
        program = (
            "import socket, sys\na, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
            "a.sendto(b'x', sys.argv[1])"
        )
        done = inside(program, str(tmp_path / "log"))
        assert "Permission denied" in done.stderr
        with pytest.raises(TimeoutError):
            one.recv(10)


def test_keystrokes_are_not_pushed_into_the_terminal_outside() -> None:
    program = (
        "import fcntl, os, pty\nm, s = pty.openpty()\n"
        "try: fcntl.ioctl(s, 0x5412, b'x')\nexcept OSError as e: print(e.strerror)"
    )
    assert inside(program).stdout.strip() == "Permission denied"


def test_a_standard_stream_that_is_a_unix_socket_is_relayed_through_a_pipe() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        program = (
            "import os, stat, sys; print(stat.S_ISSOCK(os.fstat(1).st_mode), sys.stdin.readline().strip(), flush=True)"
        )
        command = [sys.executable, "-c", LAUNCH, program]
        running = subprocess.Popen(command, stdin=theirs.fileno(), stdout=theirs.fileno())
        theirs.close()
        ours.sendall(b"hello\n")
        assert running.wait(60) == 0
        assert ours.recv(100) == b"False hello\n"


def test_an_exit_is_opened_for_ringfence_alone() -> None:
    done = inside("import os; print(os.environ.get('RINGFENCE_FORWARD'))", "--server", "http://127.0.0.1:9")
    assert done.stdout.strip() == "None"


def test_names_are_not_resolved() -> None:
    done = inside("import socket\ntry: socket.getaddrinfo('example.com', 443)\nexcept OSError: print('denied')")
    assert done.stdout.strip() == "denied"


def test_an_inherited_connection_is_closed() -> None:
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as (address, _), socket.create_connection(address) as one:
        one.set_inheritable(True)
        program = f"import os\ntry: os.fstat({one.fileno()})\nexcept OSError: print('closed')"
        assert inside(program, pass_fds=[one.fileno()]).stdout.strip() == "closed"


def test_a_standard_stream_that_is_a_connection_is_refused() -> None:
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as (address, _), socket.create_connection(address) as one:
        done = subprocess.run(
            [sys.executable, "-c", LAUNCH, "print(1)"], stdin=one.fileno(), capture_output=True, text=True, check=False
        )
    assert "network connection" in done.stderr


@pytest.mark.skipif(not NAMESPACE, reason="no network namespace on this host")
def test_a_thread_that_was_started_before_the_seal_prevents_it() -> None:
    program = """
import threading, time
from ringfence.seal.kernel import new_network
threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
try: new_network()
except OSError as error: print(error.strerror)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "threads were started before the seal"


def test_the_filter_alone_leaves_no_socket_of_any_kind() -> None:
    program = """
import socket
from ringfence.seal.kernel import filter_system_calls
filter_system_calls(())
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
    try: socket.socket(family, socket.SOCK_DGRAM)
    except PermissionError: print("denied")
a, b = socket.socketpair(); a.send(b"x"); print(b.recv(1))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["denied"] * 4 + ["b'x'"]


def test_who_only_claims_to_be_sealed_is_found_out() -> None:
    again = {**os.environ, "RINGFENCE_SEAL": "{}"}
    command = [sys.executable, "-m", "ringfence", "tasks", "schema", "--sealed"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=again, timeout=60)
    assert done.returncode == 2
    assert "is not" in done.stderr
    assert done.stdout == ""


def test_exit_codes_and_output_come_through(tmp_path: Path) -> None:
    done = inside("import sys; print(sys.stdin.read()); sys.exit(3)", input="hello")
    assert (done.returncode, done.stdout.strip()) == (3, "hello")
    assert inside("import os; os.kill(os.getpid(), 9)").returncode == 128 + 9


def test_proxies_are_taken_away_and_named() -> None:
    program = "import os; print(os.environ.get('HTTPS_PROXY'), os.environ['RINGFENCE_SEAL'])"
    said = inside(program, env={**os.environ, "HTTPS_PROXY": "http://proxy:3128"}).stdout
    assert said.startswith("None ")
    assert json.loads(said[5:])["proxies_removed"] == ["HTTPS_PROXY"]


def test_files_are_written_as_always_but_for_those_of_the_kernel(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from ringfence.seal.kernel_files import kernel_files_open
here = Path(sys.argv[1])
(here / "a").mkdir(); (here / "b").mkdir(); (here / "a" / "f").write_text("long")
os.truncate(here / "a" / "f", 2); (here / "a" / "f").rename(here / "b" / "f"); (here / "b" / "f").chmod(0o600)
shared = Path("/dev/shm/ringfence-test")
Path("/dev/null").write_text("x"); shared.write_text("x"); shared.unlink()
print((here / "b" / "f").read_text(), kernel_files_open())
"""
    done = inside(program, str(tmp_path))
    closed = "Landlock" in inside("import os; print(os.environ['RINGFENCE_SEAL'])").stdout
    assert done.stdout.split() == ["lo", str(os.geteuid() == 0 and not closed)], done.stderr


def test_a_sealed_command_ends_with_its_launcher() -> None:
    program = "import time\nprint('here', flush=True)\ntime.sleep(600)"
    command = [sys.executable, "-c", LAUNCH, program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout
        assert launcher.stdout.readline()
        launcher.kill()
        at_its_end, _, _ = select.select([launcher.stdout], [], [], 30)
        assert at_its_end  # nobody holds the pipe any more
        assert launcher.stdout.read() == ""


@pytest.mark.slow
@pytest.mark.weights
def test_a_sealed_run_records_its_evidence_and_fetches_nothing_that_a_document_names(
    small_weights: StoredWeights, tmp_path: Path
) -> None:
    (tmp_path / "task.yaml").write_text("schema: 1\nkind: extract\nname: t\nfields: {total: {kind: money}}\n")
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as ((host, port), heard):
        link = f"http://{host}:{port}/x"
        page = (
            f"<html><head><link rel=stylesheet href='{link}.css'></head><body><img src='{link}.png'>"
            f"<iframe src='{link}'></iframe>Total EUR 12.00</body></html>"
        )
        (tmp_path / "a.html").write_text(page)
        how = ("--weights", small_weights.manifest.name, "--engine", "openvino", "--cache", "1")
        done = ringfence(
            "run", tmp_path / "task.yaml", tmp_path / "a.html", "--out", tmp_path / "run", *how, "--sealed"
        )
        assert done.returncode == 0, done.stderr
        assert heard == []
    seal = json.loads((tmp_path / "run" / "run.json").read_text())["sessions"][0]["seal"]
    assert all(probe["denied"] for probe in seal["probes"])
    assert {"DNS look-up", "TCP", "UDP", "TCP over IPv6", "proxy variables"} <= {one["what"] for one in seal["probes"]}
    assert {one["what"] for one in seal["denied_at_the_end"]} <= {UNIX_SOCKET}
    assert seal["exit"] is None
    assert seal["kernel"] == os.uname().release


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.skipif(not NAMESPACE, reason="no network namespace on this host")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.xdist_group("llamacpp")
def test_a_server_is_the_one_declared_exit(small_weights: StoredWeights, tmp_path: Path, scheme: str) -> None:
    authority = certified(tmp_path, "authority")
    server = certified(tmp_path, "localhost", by=authority)
    tls = (server.certificate, server.key) if scheme == "https" else None
    trusting = {**os.environ, "SSL_CERT_FILE": str(authority.certificate)}
    (tmp_path / "task.yaml").write_text("schema: 1\nkind: extract\nname: t\nfields: {total: {kind: money}}\n")
    (tmp_path / "a.txt").write_text("Total EUR 12.00\n")
    opened = open_engine("llamacpp", small_weights, Store(), EngineSettings(cache_gib=1, max_in_flight=2))
    with closing(opened.engine), running(Standin("vllm", opened.engine), tls) as address:
        done = ringfence(
            "run",
            tmp_path / "task.yaml",
            tmp_path / "a.txt",
            "--out",
            tmp_path / "run",
            "--server",
            address,
            "--sealed",
            env=trusting,
        )
        assert done.returncode == 0, done.stderr
        again = ("replay", tmp_path / "run", "--sealed")
        closed = ringfence(*again, env=trusting)
        assert (closed.returncode, f"--exit {address}" in closed.stderr) == (2, True), closed.stderr
        replayed = ringfence(*again, "--exit", address, env=trusting)
        assert replayed.returncode == 0, replayed.stderr
    seal = json.loads((tmp_path / "run" / "run.json").read_text())["sessions"][0]["seal"]
    assert seal["exit"] == address.removeprefix(f"{scheme}://")
    assert all(probe["denied"] for probe in seal["probes"])


def test_an_exit_is_declared_by_itself_or_by_the_server() -> None:
    assert split_exit(["run", "t.yaml", "--server", "http://gpu"]) == (
        ["run", "t.yaml", "--server", "http://gpu"],
        "http://gpu",
    )
    assert split_exit(["pilot", "run", "--exit", "gpu:8000", "p"]) == (["pilot", "run", "p"], "gpu:8000")
    assert split_exit(["replay", "--exit=gpu:8000", "r"]) == (["replay", "r"], "gpu:8000")
    assert split_exit(["replay", "r"]) == (["replay", "r"], "")


def test_only_the_declared_address_is_dialled_through_the_forwarder() -> None:
    declared = "gpu:8000=127.0.0.1:4444"
    assert dial_for("gpu", 8000, declared) == ("127.0.0.1", 4444)
    assert dial_for("gpu", 8001, declared) == ("gpu", 8001)
    assert dial_for("other", 8000, declared) == ("other", 8000)
    assert dial_for("gpu", 8000, "") == ("gpu", 8000)
