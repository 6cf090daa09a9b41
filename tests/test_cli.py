"""The command line: exit codes, errors with a remedy and no traceback, data on stdout and all else on stderr."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ringfence.cli import main
from ringfence.weights import StoredWeights
from tests.conftest import REPOSITORY, SMALL

TASK = "name: t\nfields:\n  total: {kind: money}\n  who: {kind: text}\n"


def call(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as exit_:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert isinstance(exit_.value.code, int)
    return exit_.value.code, out, err


@pytest.fixture
def task(tmp_path: Path) -> Path:
    path = tmp_path / "task.yaml"
    path.write_text(TASK)
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "TASK", "/nonexistent", "--out", "OUT"),
        ("run", "missing.yaml", "TASK", "--out", "OUT"),
        ("run", "TASK", "TASK", "--out", "OUT", "--weights", "nonesuch"),
        ("check", "/nonexistent"),
        ("export", "/nonexistent"),
        ("report", "/nonexistent"),
        ("weights", "show", "nonesuch"),
        ("weights", "pull", "nonesuch"),
        ("weights", "remove", "nonesuch"),
        ("documents", "read", "/nonexistent"),
        ("documents", "read", "TASK", "--password-file", "/nonexistent"),
        ("explain", "TASK", "/nonexistent.pdf", "--no-model"),
        ("tasks", "check", "/nonexistent"),
        ("nonsense",),
        ("run", "TASK"),
    ],
)
def test_bad_input_gets_a_sentence_a_remedy_and_exit_code_2(
    capsys: pytest.CaptureFixture[str],
    task: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    filled = [str(task) if a == "TASK" else str(tmp_path / "out") if a == "OUT" else a for a in arguments]
    code, out, err = call(capsys, *filled)
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    assert "hint: " in err or "Usage:" in err


def test_a_text_layer_is_printed_and_what_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, examples: Path
) -> None:
    (tmp_path / "empty.txt").write_text("")
    code, out, err = call(
        capsys, "documents", "read", examples / "documents" / "01-classic-en.pdf", tmp_path / "empty.txt"
    )
    assert code == 3
    assert "Harrow & Pike Ltd" in out
    assert "empty.txt: the file is empty (empty)" in err


def test_a_text_layer_as_json_holds_every_part(capsys: pytest.CaptureFixture[str], examples: Path) -> None:
    _, out, _ = call(capsys, "documents", "read", "--json", examples / "documents" / "01-classic-en.pdf")
    layer = json.loads(out)
    assert len(layer["boxes"]) == len(layer["text"])
    start, end = layer["lines"][0]
    assert layer["text"][start:end] == "Harrow & Pike Ltd"
    assert layer["read_by"] == "pdf/4"


def test_a_text_layer_as_a_page_holds_the_pictures(
    capsys: pytest.CaptureFixture[str], examples: Path, tmp_path: Path
) -> None:
    code, _, _ = call(
        capsys, "documents", "read", "--html", tmp_path / "t.html", examples / "documents" / "01-classic-en.pdf"
    )
    page = (tmp_path / "t.html").read_text()
    assert code == 0
    assert "data:image/webp;base64," in page
    assert 'class="s"' in page


def test_explain_shows_candidates_prompt_and_grammar_without_a_model(
    capsys: pytest.CaptureFixture[str], examples: Path
) -> None:
    task = REPOSITORY / "examples" / "invoices" / "task.yaml"
    code, out, _ = call(capsys, "explain", task, examples / "documents" / "02-two-sides-de.pdf", "--no-model")
    assert code == 0
    for word in ("segments", "Candidates", "2.016,51", "root ::=", "End of document"):
        assert word in out


def test_tasks_check_and_schema(capsys: pytest.CaptureFixture[str], task: Path) -> None:
    assert call(capsys, "tasks", "check", task)[0] == 0
    _, out, _ = call(capsys, "tasks", "schema")
    assert json.loads(out)["title"] == "Ringfence task"


def test_a_fault_of_our_own_shows_no_word_of_a_document(
    capsys: pytest.CaptureFixture[str], task: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> None:
        raise KeyError("the secret clause")

    monkeypatch.setattr("ringfence.cli.tasks.load_task", broken)
    code, out, err = call(capsys, "tasks", "check", task)
    assert code == 70
    assert "secret" not in out + err
    assert "KeyError at test_cli.py" in err


def ringfence(*arguments: str | Path, **options: object) -> "subprocess.Popen[str]":  # noqa: UP037 - Popen is generic in stubs only
    command = [sys.executable, "-c", "from ringfence.cli import main; main()", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.weights
def test_run_check_export_explain_from_the_command_line(
    small_weights: StoredWeights, task: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "a.txt").write_text("Ann Smith pays EUR 5.00\n")
    (inbox / "b.txt").write_text("")
    code, out, _ = call(
        capsys, "run", task, inbox, "--out", tmp_path / "run", "--weights", SMALL, "--cache", "1", "--json"
    )
    assert code == 3
    assert json.loads(out)["totals"] == {"done": 1, "failed": 1}
    assert call(capsys, "check", tmp_path / "run")[0] == 0
    code, out, _ = call(capsys, "export", tmp_path / "run")
    assert out.splitlines()[0] == "document,status,reason,total_amount,total_currency,who,flags"
    assert call(capsys, "run", task, inbox, "--out", tmp_path / "run", "--weights", SMALL, "--cache", "1")[0] == 2
    result = (tmp_path / "run" / "results.jsonl").read_text().replace('"5.00"', '"6.00"')
    (tmp_path / "run" / "results.jsonl").write_text(result)
    code, out, _ = call(capsys, "check", tmp_path / "run")
    if "6.00" in result:
        assert code == 1
        assert out.startswith("a.txt: total:")
    code, out, _ = call(capsys, "explain", task, inbox / "a.txt", "--weights", SMALL, "--cache", "1", "--json")
    assert code == 0
    assert set(json.loads(out)["why"]) == {"total", "who"}


@pytest.mark.slow
@pytest.mark.weights
def test_a_run_killed_at_a_random_moment_is_resumed_without_loss(
    small_weights: StoredWeights, task: Path, tmp_path: Path
) -> None:
    rows = "".join(
        json.dumps({"id": f"n{number}", "text": f"Ann Smith pays EUR {number}.00 for order {number * 7}"}) + "\n"
        for number in range(30)
    )
    (tmp_path / "in.jsonl").write_text(rows)

    def start(out: Path, *more: str) -> "subprocess.Popen[str]":  # noqa: UP037
        return ringfence(
            "run",
            task,
            tmp_path / "in.jsonl",
            "--out",
            out,
            "--weights",
            SMALL,
            "--mode",
            "solo",
            "--cache",
            "1",
            *more,
        )

    unbroken = start(tmp_path / "unbroken")
    _, err = unbroken.communicate(timeout=300)
    assert unbroken.returncode == 0, err
    source = random.Random(time.time_ns())
    journal = tmp_path / "killed" / "results.jsonl"
    wanted = source.randint(1, 20)
    process = start(tmp_path / "killed")
    deadline = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline:
        if journal.exists() and journal.read_bytes().count(b"\n") >= wanted:
            time.sleep(source.random() / 5)
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.01)
    process.communicate()
    resumed = start(tmp_path / "killed", "--resume")
    _, err = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, err
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert len(lines) == 30, f"killed after {wanted}"
    answers = {line["document"]["id"]: (line["values"], line["fields"]) for line in lines}
    expected = [json.loads(line) for line in (tmp_path / "unbroken" / "results.jsonl").read_text().splitlines()]
    assert answers == {line["document"]["id"]: (line["values"], line["fields"]) for line in expected}


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = ("openvino", "pydantic", "pypdfium2", "numpy", "babel", "gguf", "scipy")
    program = f"import ringfence, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"
