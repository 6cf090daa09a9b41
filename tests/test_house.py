"""The house: public names, plugins through the same door, docs that match the code."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.engines import render_chat
from ringfence.engines.chat import FROZEN_DATE
from ringfence.errors import EngineError
from tests.conftest import REPOSITORY

PACKAGES = ["documents", "tasks", "weights", "engines", "locks", "runs", "checking", "evaluation", "reports", "cli"]
FILES = sorted((REPOSITORY / "src").rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_package_lists_as_public_is_there_sorted_and_documented(package: str) -> None:
    module = importlib.import_module(f"ringfence.{package}")
    assert module.__doc__
    for name in module.__all__:
        assert getattr(module, name) is not None
    assert len(set(module.__all__)) == len(module.__all__)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_stay_short_and_public_things_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") < 400
    tree = ast.parse(text)
    assert ast.get_docstring(tree) or not text.strip(), path
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_a_strangers_reader_comes_in_through_the_same_door(tmp_path: Path) -> None:
    plugin = REPOSITORY / "tests" / "plugin"
    (tmp_path / "note.shout").write_text("hello plugin")
    program = "import sys; from ringfence.documents import read_document; print(read_document(sys.argv[1]).text)"
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "note.shout")],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(plugin), "PATH": ""},
    )
    assert done.stdout.strip() == "HELLO PLUGIN"


def test_a_chat_template_sees_a_clock_that_stands_still() -> None:
    template = "{{ strftime_now('%d %b %Y') }}|{% for m in messages %}{{ m.content }}{% endfor %}"
    assert render_chat(template, [{"role": "user", "content": "hi"}], {}) == f"{FROZEN_DATE}|hi"


@pytest.mark.parametrize(
    "template", ["{{ ''.__class__.__mro__ }}", "{{ raise_exception('no system turn') }}", "{% if %}"]
)
def test_a_hostile_or_broken_chat_template_is_an_error_with_a_remedy(template: str) -> None:
    with pytest.raises(EngineError) as caught:
        render_chat(template, [{"role": "user", "content": "hi"}], {})
    assert caught.value.hint


def test_the_cli_reference_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "docs" / "make_reference.py"), "--print"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (REPOSITORY / "docs" / "cli.md").read_text(encoding="utf-8") == done.stdout, "run `make docs`"


def test_the_readme_names_commands_that_exist() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert f"\n{target}:" in makefile


def test_no_error_without_a_docstring_is_missing_from_the_drawn_tree() -> None:
    errors = importlib.import_module("ringfence.errors")
    for name in errors.__all__:
        assert name in str(errors.__doc__)
