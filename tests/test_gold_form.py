"""The form for gold: it shows the page, the flags and what broke, keeps what is typed, and is worked by keyboard."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ringfence.documents import expand_inputs
from ringfence.gold.draft import DraftOptions, draft_gold
from ringfence.runs import RunFolder
from ringfence.seal import sealed_here
from tests.conftest import answering, task_of
from tests.fake_runs import run_fake

CHROMIUM = shutil.which("chromium")
TASK = task_of(
    ["net == total"],
    who={"kind": "text"}, day={"kind": "date"}, net={"kind": "money"}, total={"kind": "money"},
    lines={"kind": "list", "fields": {"item": {"kind": "text"}}},
)  # fmt: skip
# Types a value, adds a row, confirms by keyboard; after a reload it writes what the page then holds.
SCRIPT = """
<script>
const first = document.querySelector(".row");
if (!sessionStorage.again) {
  sessionStorage.again = 1;
  first.querySelector("[data-path=who]").value = "Sud";
  first.querySelector(".add").click();
  first.querySelector("[data-leaf]").value = "nut";
  document.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true}));
  const main = document.body;
  setInterval(() => main.innerText.includes("Kept in this browser at") && location.reload(), 100);
} else {
  const focus = document.querySelector(".row.on").dataset.document;
  document.title = JSON.stringify({rows: stated(), focus, count: document.getElementById("count").textContent});
}
</script>
"""


@pytest.fixture
def folder(tmp_path: Path, examples: Path) -> RunFolder:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Nord\n03/04/2024\nnet 9.00\ntotal 10.00\n")
    (tmp_path / "in" / "b.txt").write_text("Nord\n03/04/2024\nnet 9.00\ntotal 10.00\n")
    shutil.copy(sorted(examples.glob("**/*.pdf"))[0], tmp_path / "in" / "c.pdf")
    engine = answering(who="Nord", day="03/04/2024", net="9.00", total="10.00", lines="null")
    run_fake(TASK, expand_inputs([tmp_path / "in"]), engine, tmp_path / "run")
    return RunFolder.open(tmp_path / "run")


def test_the_form_shows_pages_flags_broken_checks_and_why_there_is_no_answer(folder: RunFolder, tmp_path: Path) -> None:
    page = draft_gold(folder, tmp_path / "gold.html").path.read_text()
    assert page.count('src="data:image/webp;base64,') == 1
    assert "Does not hold: net == total" in page
    assert "could be 2024-03-04 or 2024-04-03" in page
    assert "No answer: answer: " in page
    for medium in ("prefers-color-scheme: dark", "@media print", "max-width"):
        assert medium in page


def test_a_form_says_why_a_file_could_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_text("no PDF")
    run_fake(TASK, expand_inputs([tmp_path / "broken.pdf"]), answering(who="x"), tmp_path / "run")
    page = draft_gold(RunFolder.open(tmp_path / "run"), tmp_path / "gold.html").path.read_text()
    assert "No answer: wrong-extension" in page
    assert "The document is missing, changed or unreadable." in page


def test_a_blind_form_shows_no_word_about_the_answers(folder: RunFolder, tmp_path: Path) -> None:
    page = draft_gold(folder, tmp_path / "gold.html", DraftOptions(blind=True)).path.read_text()
    body = page.split("<main>")[1].split("<script")[0]
    assert "data:image/webp" in body
    for word in ("Does not hold", "could be", "No answer", 'value="Nord"', 'class="flagged"'):
        assert word not in body


def shown_by_browser(path: Path, profile: Path) -> dict[str, Any]:
    """What the page holds after its script, in a browser with an empty profile."""
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
        "--virtual-time-budget=20000", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    title = re.search(r"<title>(\{.*\})</title>", shown)
    assert title is not None, shown[:500]
    held: dict[str, Any] = json.loads(title.group(1))
    return held


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium")
@pytest.mark.skipif(sealed_here(), reason="a browser asks the network for itself at every start")
def test_what_is_typed_is_kept_by_the_browser_and_confirmed_by_keyboard(folder: RunFolder, tmp_path: Path) -> None:
    path = draft_gold(folder, tmp_path / "gold.html").path
    path.write_text(path.read_text().replace("</body>", f"{SCRIPT}</body>"))
    held = shown_by_browser(path, tmp_path / "first")
    if not held["rows"][0]["confirmed"]:
        # At a reload, the browser may hand the page to another process before what it keeps has arrived there.
        held = shown_by_browser(path, tmp_path / "second")
    first = held["rows"][0]
    assert (first["confirmed"], first["values"]["who"], first["values"]["lines"]) == ("x", "Sud", [{"item": "nut"}])
    assert held["count"] == "1 of 3 confirmed"
