"""The house: public names, plugins through the same door, docs that match the code."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import click
import pytest

from ringfence.cli.verbs import GROUPS, Verb
from ringfence.documents import reading_libraries
from ringfence.engines import engine_names, engine_type, render_chat
from ringfence.engines.chat import FROZEN_DATE
from ringfence.errors import EngineError
from ringfence.tasks import LIBRARIES
from tests.conftest import REPOSITORY

PACKAGES = sorted(path.parent.name for path in (REPOSITORY / "src" / "ringfence").glob("*/__init__.py"))
SOURCE = REPOSITORY / "src" / "ringfence"
FILES = sorted(SOURCE.rglob("*.py"))


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


def test_the_generated_pages_are_current() -> None:
    command = [sys.executable, str(REPOSITORY / "docs" / "make_reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


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


@pytest.mark.parametrize("verbs", GROUPS.values(), ids=GROUPS)
def test_every_verb_of_the_help_exists_and_says_so_in_a_whole_sentence(verbs: tuple[Verb, ...]) -> None:
    for verb in verbs:
        command = importlib.import_module(f"ringfence.cli.{verb.module}").command
        assert isinstance(command, click.Command)
        assert verb.sentence.endswith(".")
        assert not verb.sentence.endswith("...")


def test_every_file_of_the_command_line_is_a_verb_or_shared_by_verbs() -> None:
    files = {path.stem for path in (SOURCE / "cli").glob("*.py")}
    verbs = {verb.module for verbs in GROUPS.values() for verb in verbs}
    shared = {"__init__", "catalog", "console", "corpus_evaluate", "corpus_removal", "options", "stop_signals", "verbs"}
    assert files - verbs == shared


def _third_party(path: Path) -> set[str]:
    """The packages outside the standard library that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.partition(".")[0])
    return {name for name in found if name not in sys.stdlib_module_names and name != "ringfence"}


def test_every_library_that_turns_bytes_into_text_or_answers_is_declared_so_that_the_lock_names_it() -> None:
    declared = {name.replace("_", "-").lower() for name in (*reading_libraries(), *LIBRARIES)}
    for engine in engine_names():
        declared |= set(getattr(engine_type(engine), "libraries", ()))
    distributions = packages_distributions()
    # These parse a task file or a lock; what they make of it is in the lock itself.
    elsewhere = {"yaml"}
    for package in ("documents", "engines", "tasks", "inference"):
        for path in sorted((SOURCE / package).rglob("*.py")):
            for module in _third_party(path) - elsewhere:
                names = {name.lower().replace("_", "-") for name in distributions.get(module, [module])}
                assert names & declared, f"{path.relative_to(SOURCE)} imports {module}, which nothing declares"


def test_no_module_is_named_by_a_gerund_and_no_function_takes_more_than_seven_parameters() -> None:
    for path in FILES:
        assert not path.stem.endswith("ing"), path
        if path.parent.name == "cli":  # a verb has a parameter for each of its options
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                assert len([one for one in every if one.arg not in ("self", "cls")]) <= 7, f"{path}: {node.name}"


def test_the_clock_and_the_machine_are_asked_in_one_place_each() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        if path.name != "clock.py":
            assert "datetime.now(" not in text, path
        if path.name not in ("hardware.py", "kernel.py", "worker_protocol.py"):
            for call in ("os.cpu_count(", "os.sysconf(", "platform.machine(", 'nvidia-smi", '):
                assert call not in text, f"{path}: {call}"


def test_no_code_outside_the_kinds_switches_on_the_kind_of_a_task() -> None:
    kinds = re.compile(
        r"isinstance\([^()]*\b(Extract|Classify|Summarise)Task\b|task\.kind\s*(==|!=|in)|"
        r"\[\"kind\"\] == \"(extract|classify|summarise)"
    )
    allowed = {"api/explain.py", "inference/example_pool.py"}  # what one kind alone has: a plan, a pool
    found = {
        str(path.relative_to(SOURCE))
        for path in FILES
        if kinds.search(path.read_text(encoding="utf-8")) and path.parent.parent.name != "tasks"
    }
    assert found <= allowed
