"""The site: what it shows runs, what it names exists, it builds without a warning, and loads nothing from elsewhere."""

from __future__ import annotations

import ast
import configparser
import importlib.util
import json
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import yaml

from ringfence.cli import cli
from ringfence.documents.pdf_page import HIDDEN
from ringfence.documents.raised import GUESSED_CENTS, RAISED_DIGITS
from ringfence.documents.unread_counts import _NAMES
from ringfence.engines import Engine
from ringfence.no_telemetry import SWITCHES
from ringfence.tasks import load_task
from ringfence.weights import StoredWeights
from tests.conftest import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *REPOSITORY.glob("*.md")])
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INVOICE = """\
Nordwind Hosting GmbH
Hafenstrasse 3, 20457 Hamburg

Invoice RE-4711
Date: 12 March 2024

Hosting, March 2024        100.00 EUR
Support, two hours          49.50 EUR

Total amount due: 149.50 EUR
Please pay by 11 April 2024.
"""


def _blocks(page: Path, language: str) -> Iterator[tuple[str, str, int]]:
    """The fenced blocks of a page: what stands behind the language, the text, and its first line."""
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        if match[1] == language:
            yield match[2].strip(), match[3], text.count("\n", 0, match.start(3))


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _write_pdf(path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    page = Canvas(str(path))
    for number, line in enumerate(INVOICE.splitlines()):
        page.drawString(72, 760 - 16 * number, line)
    page.save()


# What the pages show ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.weights
def test_every_line_of_the_python_page_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small_weights: StoredWeights,
    embedder: Engine,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = DOCS / "python" / "index.md"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inbox").mkdir()
    _write_pdf(tmp_path / "inbox" / "4711.pdf")
    for language in ("yaml", "json"):
        for told, text, _ in _blocks(page, language):
            if title := re.search(r'title="([^"]+)"', told):
                (tmp_path / title[1]).write_text(text, encoding="utf-8")
    names: dict[str, Any] = {"__name__": "page"}
    for told, text, line in _blocks(page, "python"):
        needed = re.search(r'title="with (\w+)"', told)
        if needed and importlib.util.find_spec(needed[1]) is None:
            continue
        code = "\n" * line + text.replace('"demo"', '"tests"')
        exec(compile(code, str(page), "exec", dont_inherit=True), names)  # our own page
    assert names["result"].status == "done"
    assert names["empty"].status == "failed"
    assert names["results"].__class__.__name__ == "ResultStream"
    shown = capsys.readouterr().out
    assert "IDENTICAL" in shown
    assert "1 document: 1 done, 0 failed, 0 abstained []" in shown  # the totals, and no finding of the checker


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs_again(small_weights: StoredWeights) -> None:
    pytest.importorskip("nbclient")
    notebook = _module("make_notebook").run(weights="tests")  # raises if a cell fails
    assert any(cell.get("outputs") for cell in notebook.cells)


def test_the_notebook_holds_outputs_and_nothing_of_a_machine() -> None:
    notebook = json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert sum(bool(cell["outputs"]) for cell in code) >= 6
    text = json.dumps(notebook)
    assert not re.search(r"/(home|root|tmp|work|usr|Users)/|\d+(\.\d+)? ?(ms|seconds)\b|kernelspec", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_task_files_on_a_page_are_right(page: Path, tmp_path: Path) -> None:
    for number, (_, text, _) in enumerate(_blocks(page, "yaml")):
        data = yaml.safe_load(text)
        if isinstance(data, dict) and {"schema", "kind"} <= data.keys() and data["kind"] != "headline":
            (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")
            load_task(tmp_path / f"{number}.yaml")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_commands_on_a_page_exist(page: Path) -> None:
    for _, text, _ in _blocks(page, "sh"):
        for line in text.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0].endswith("ringfence"):
                _known(words[1:], line)


def _known(words: list[str], line: str) -> None:
    """The verb exists, and has the options that are given."""
    words = [word for word in words if word != "--sealed"]
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        assert words, line
        below = command.get_command(context, words[0])
        if below is None and (below := command.get_command(context, "make")):  # `ringfence lock TASK`: `lock make`
            words = ["make", *words]
        assert below is not None, line
        command, words = below, words[1:]
    if "--" in words:
        words = words[: words.index("--")]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known | {"--exit"}, line


def test_what_the_architecture_page_names_exists() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    packages = {path.stem for path in (REPOSITORY / "src" / "ringfence").iterdir()}
    named = [name for name in re.findall(r"`([a-z_]+(?:\.\w+)+)`", page) if name.partition(".")[0] in packages]
    assert len(named) > 20
    for name in named:
        if not name.endswith((".jsonl", ".html", ".yaml")):
            assert pkgutil.resolve_name(f"ringfence.{name}") is not None


def test_the_picture_is_current() -> None:
    assert (DOCS / "architecture.svg").read_text(encoding="utf-8") == _module("make_architecture").picture()


def test_the_entry_points_on_the_page_are_those_of_the_tested_plugin() -> None:
    ((_, text, _),) = _blocks(DOCS / "extending" / "index.md", "toml")
    shown = tomllib.loads(text)["project"]["entry-points"]
    file = configparser.ConfigParser()
    file.read(next((REPOSITORY / "tests" / "plugin").glob("*.dist-info")) / "entry_points.txt")
    assert shown == {section: dict(file[section]) for section in file.sections()}


# Environment variables --------------------------------------------------------------------------------------------


def _constants(trees: list[ast.Module]) -> dict[str, str]:
    """Module constants that hold a string. No two that name variables may share a name."""
    return {
        target.id: node.value.value
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name) and re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", node.value.value)
    }


def _is_environment(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "environ") or (
        isinstance(node, ast.Name) and node.id == "environment"
    )


def _variables_in_the_source() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (REPOSITORY / "src").rglob("*.py")]
    constants, found = _constants(trees), set(SWITCHES)
    for node in (node for tree in trees for node in ast.walk(tree)):
        key: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr == "getenv" or (
                node.func.attr in ("get", "setdefault", "pop") and _is_environment(node.func.value)
            ):
                key = node.args[0]
        elif isinstance(node, ast.Subscript) and _is_environment(node.value):
            key = node.slice
        elif isinstance(node, ast.Compare) and _is_environment(node.comparators[0]):
            key = node.left
        if isinstance(key, ast.Constant):
            found.add(str(key.value))
        elif isinstance(key, ast.Name):
            found.add(constants[key.id])
    return found


def test_every_environment_variable_has_a_line() -> None:
    page = (DOCS / "environment.md").read_text(encoding="utf-8")
    rows = "\n".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    documented = set(re.findall(r"`([A-Z_]+)`", rows))
    found = _variables_in_the_source()
    assert {"RINGFENCE_HOME", "RINGFENCE_AUDIT", "RINGFENCE_SEAL", "RINGFENCE_API_KEY"} <= found
    assert found - documented == set()
    folders = (REPOSITORY / "src", REPOSITORY / "benchmarks")
    source = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py"))
    unknown = {name for name in documented if name not in source}
    assert unknown <= {"HF_ENDPOINT"}  # the hub's client reads it


# The site ---------------------------------------------------------------------------------------------------------


class _Loads(HTMLParser):
    """Collects what a page loads by itself: scripts, styles, pictures, frames."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") not in ("canonical", "next", "prev"):
            self.found.append(given.get("href") or "")
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed", "object"):
            self.found.append(given.get("src") or given.get("data") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    pytest.importorskip("material")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_every_code_of_what_a_reader_leaves_out_is_explained() -> None:
    named = {*_NAMES, *HIDDEN, GUESSED_CENTS, RAISED_DIGITS}
    for path in (REPOSITORY / "src" / "ringfence" / "documents").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        named |= {*re.findall(r'(?:UnreadPart\(code=|\.add\(|leave_out\(\s*)"([a-z]+(?:-[a-z]+)*)"', text)}
    page = (DOCS / "nouns" / "document.md").read_text(encoding="utf-8")
    assert len(named) > 30
    assert {code for code in named if f"`{code}`" not in page} == set()


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 60
    for page in pages:
        loads = _Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        assert not [one for one in loads.found if re.match(r"(https?:)?//", one)], page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//|@import", style.read_text(encoding="utf-8")), style


def test_the_site_can_be_searched_offline(site: Path) -> None:
    assert (site / "search" / "search_index.js").exists()  # a script, because a browser reads no JSON from a folder
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert any("open_model" in entry["text"] for entry in index["docs"])


def test_importing_needs_nothing_that_only_unix_has() -> None:
    program = """
import platform, sys
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
import click, ringfence
from ringfence.cli import cli
from ringfence.documents.pdf_page import HIDDEN
from ringfence.documents.raised import GUESSED_CENTS, RAISED_DIGITS
from ringfence.documents.unread_counts import _NAMES
from ringfence.seal import mechanism_here
for name in ringfence.__all__:
    getattr(ringfence, name)
for verb in cli.list_commands(click.Context(cli)):
    cli.get_command(click.Context(cli), verb)
platform.system = lambda: "Windows"
print(mechanism_here())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "sealing needs Linux" in done.stdout
    assert "WSL 2" in done.stdout
