"""What a sealed program tries is on record, by process; and what would hide it, or get around the filter, does not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.sealing import MAKES_SEALS, NAMESPACE, inside, ringfence, tried

pytestmark = MAKES_SEALS


@pytest.mark.skipif(not NAMESPACE, reason="no network namespace on this host")
def test_it_is_on_record_which_process_was_denied_what() -> None:
    program = """
import socket, subprocess, sys
from contextlib import suppress
child = "import socket; socket.create_connection(('192.0.2.77', 443))"
subprocess.run([sys.executable, "-c", child], stderr=subprocess.DEVNULL)
with suppress(OSError): socket.socket(socket.AF_UNIX)
with suppress(OSError): socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
for _ in range(9):
    with suppress(OSError): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.78", 99))
with suppress(OSError): socket.create_connection(("127.0.0.1", 9))
"""
    found = tried(program)
    by_what = {one["what"]: one for one in found}
    assert set(by_what) == {"192.0.2.77 port 443", "a unix socket", "a socket of AF_PACKET", "192.0.2.78 port 99"}
    assert by_what["192.0.2.78 port 99"]["times"] == 9
    assert by_what["192.0.2.77 port 443"]["process"] != by_what["a unix socket"]["process"]
    assert "192.0.2.77" in by_what["192.0.2.77 port 443"]["command"]


def test_the_probes_of_the_seal_are_no_attempts_and_what_follows_is() -> None:
    program = "from ringfence.seal import evidence\nevidence()\nimport socket\nsocket.socket(socket.AF_UNIX)"
    assert [one["what"] for one in tried(program)] == ["a unix socket"]
    program = """
from ringfence.seal import evidence, evidence_at_the_end
before = evidence()
import socket
try: socket.socket(socket.AF_UNIX)
except OSError: pass
print(before['denied'], [one['what'] for one in evidence_at_the_end(before)['denied_at_the_end']])
"""
    assert inside(program).stdout.strip() == "[] ['a unix socket']"


@pytest.mark.parametrize(("address", "code"), [("192.0.2.77", 1), ("127.0.0.1", 0)])
def test_strict_fails_a_command_that_lived_with_a_denial(address: str, code: int) -> None:
    program = f"import socket\ntry: socket.create_connection(({address!r}, 9))\nexcept OSError: pass"
    done = ringfence("seal", "exec", "--strict", "--", sys.executable, "-c", program)
    assert done.returncode == (code if NAMESPACE else 1), done.stderr
    assert ("Denied: 192.0.2.77 port 9, once, to process" in done.stderr) == bool(code and NAMESPACE)


@pytest.mark.skipif(not NAMESPACE, reason="no network namespace on this host")
def test_of_a_flood_the_rest_is_summed() -> None:
    program = """
import socket
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for port in range(1, 2000):
    try: one.sendto(b"x", ("192.0.2.1", port))
    except OSError: pass
"""
    found = tried(program)
    assert len(found) == 1001
    assert found[-1]["what"] == "other things"
    assert found[-1]["times"] == 999


OUT = "import socket\ntry: socket.create_connection(('192.0.2.77', 443), 2)\nexcept OSError: pass\n"
HIDING = {
    "as a probe": "import ctypes\nsetns = ctypes.CDLL(None).setns\n"
    "for mark in (1, 2, 1): setns(-1, 0x52460000 + mark)\n" + OUT,
    "by closing its memory": "import ctypes\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n" + OUT,
    "by wiping the record": OUT
    + "import os\ntry: os.ftruncate(os.open('/proc/self/fd/3', os.O_RDWR), 0)\nexcept OSError: pass\n",
    "as an address of the old internet": OUT.replace("192.0.2.77", "::ffff:192.0.2.77"),
}


@pytest.mark.skipif(not NAMESPACE, reason="no network namespace on this host")
@pytest.mark.parametrize("program", HIDING.values(), ids=HIDING)
def test_an_attempt_is_not_hidden(program: str) -> None:
    assert [one["what"] for one in tried(program)] == ["192.0.2.77 port 443"]


@pytest.mark.skipif(not NAMESPACE, reason="no network namespace on this host")
def test_what_no_call_tells_of_the_kernel_counts() -> None:
    program = """
import socket
for family, address in ((socket.AF_INET, ("192.0.2.6", 4)), (socket.AF_INET6, ("2001:db8::7", 4, 0, 0))):
    for _ in range(3):
        try: socket.socket(family, socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, address)
        except OSError: pass
"""
    assert [(one["what"], one["times"]) for one in tried(program)] == [
        ("packets without a route, not explained by any call", 6)
    ]


@pytest.mark.skipif(not NAMESPACE, reason="no network namespace on this host")
def test_the_own_loopback_is_no_way_out() -> None:
    program = """
import socket
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    server = socket.socket(family); server.bind((host, 0)); server.listen()
    socket.create_connection(server.getsockname()[:2]).send(b"x")
    assert server.accept()[0].recv(1) == b"x"
"""
    assert tried(program) == []


WAYS = {
    "keys of the user": (
        "l.syscall({'x86_64': 248}.get(os.uname().machine, 217), b'user', b'ringfence', b'x', 1, -3)",
        "add_key",
    ),
    "a pair of raw sockets": ("socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW)", "a pair of datagram sockets"),
}


@pytest.mark.parametrize(("call", "what"), WAYS.values(), ids=WAYS)
def test_other_ways_to_other_processes_are_closed(call: str, what: str) -> None:
    program = f"import ctypes, os, socket\nl = ctypes.CDLL(None)\ntry: {call}\nexcept OSError: pass"
    assert [one["what"] for one in tried(program)] == [what]


@pytest.mark.skipif(not NAMESPACE, reason="no namespace on this host")
def test_queues_and_shared_memory_are_the_own_ones() -> None:
    key = f"0x52{os.getpid() & 0xFFFF:04x}"
    program = f"import ctypes\nprint(ctypes.CDLL(None).msgget({key}, 0o1600) >= 0)"
    assert inside(program).stdout.strip() == "True"
    assert str(int(key, 16)) not in Path("/proc/sysvipc/msg").read_text()


def test_no_signal_reaches_a_process_outside() -> None:
    program = (
        "import os\ntry: os.kill(os.getppid(), 0)\nexcept OSError as error: print(error.strerror)\n"
        "else: print('through')"
    )
    done = inside(program + "\nprint(os.environ['RINGFENCE_SEAL'])")
    said, facts = done.stdout.splitlines()
    if "Landlock" in facts and tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 12):
        assert said == "Operation not permitted"


def test_a_pipe_that_nobody_reads_ends_a_program_as_it_does_outside() -> None:
    done = ringfence("seal", "exec", "--", "sh", "-c", "yes | head -1")
    assert (done.stdout, "Broken pipe" in done.stderr) == ("y\n", False)


def test_strict_says_nothing_where_nobody_hears() -> None:
    done = ringfence("seal", "exec", "--", sys.executable, "-m", "ringfence", "seal", "exec", "--strict", "--", "true")
    assert (done.returncode, "cannot report" in done.stderr) == (2, True), done.stderr
