"""Compare the words of our text layers with those that other programs read: words lost and words added, by file.

    python benchmarks/differential_files.py             # mails; office files too if LibreOffice is installed

Mails are compared with Python's own choice of a body and with mail-parser (pip install --group bench), office files
with LibreOffice without a window. Words are compared as multisets, so order does not count. Nothing of the content is
printed unless --words is given.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import lxml.html

from ringfence.documents import Document, ReadingOptions, Source, read_documents

HERE = Path(__file__).parent
DATA = Path(os.environ.get("RINGFENCE_DATA", HERE.parent.parent / "shared" / "data"))
OFFICE = {".doc", ".docx", ".odt", ".rtf", ".xls", ".xlsx", ".ods", ".ppt", ".pptx", ".odp"}
SECONDS = 60
# Comma, quotation mark, UTF-8, what the cells show, all sheets.
_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
EXPORTS = {
    **dict.fromkeys((".xls", ".xlsx", ".ods"), _SHEETS),
    **dict.fromkeys((".doc", ".docx", ".odt", ".rtf"), "txt:Text (encoded):UTF8"),
}


def words(text: str) -> Counter[str]:
    """Count the words and numbers of a text; addresses of pictures and links are none."""
    return Counter(re.findall(r"[^\W_]+", re.sub(r"https?://\S+|cid:\S+", "", text).lower()))


def our_words(path: Path) -> Counter[str] | None:
    """Return the words of the file's own document, hidden ones too, as peers have them; None if it cannot be read."""
    for outcome in read_documents(Source(path, path.name), ReadingOptions(hidden=True)):
        if isinstance(outcome, Document) and outcome.id == path.name:
            return words(outcome.text)
        return None
    return None


def visible(html: str) -> str:
    """Return the text of a page, whatever its styles hide."""
    try:
        root = lxml.html.document_fromstring(html)
    except (lxml.etree.ParserError, ValueError):
        return ""
    for hidden in root.xpath("//script|//style|//head"):
        hidden.drop_tree()
    return " ".join(root.itertext())


def by_python(path: Path) -> str | None:
    """Return the body of a mail that the email package prefers."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    try:
        body = message.get_body(preferencelist=("html", "plain"))
        content = str(body.get_content()) if body else ""
    except (LookupError, ValueError, KeyError, AttributeError):
        return None
    return visible(content) if body and body.get_content_type() == "text/html" else content


def by_mail_parser(path: Path) -> str | None:
    """Return the bodies of a mail that mail-parser finds: the HTML ones, else the plain ones."""
    import mailparser

    try:
        mail = mailparser.parse_from_file(str(path))
    except Exception:  # the peer may fail in any way
        return None
    return "\n".join(map(visible, mail.text_html)) or "\n".join(mail.text_plain)


def by_libreoffice(path: Path) -> str | None:
    """Return the words that LibreOffice exports: text documents as text, sheets as CSV, slides as a PDF."""
    kind = EXPORTS.get(path.suffix, "pdf")
    with tempfile.TemporaryDirectory() as folder:
        command = ["soffice", "--headless", "--convert-to", kind, "--outdir", folder, str(path)]
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
        except (subprocess.SubprocessError, OSError):
            return None
        written = sorted(Path(folder).iterdir())
        if kind == "pdf":
            outcomes = [outcome for file in written for outcome in read_documents(Source(file, file.name))]
            return "\n".join(one.text for one in outcomes if isinstance(one, Document)) if written else None
        return "\n".join(file.read_text("utf-8-sig", "replace") for file in written) if written else None


def compare(title: str, paths: Iterable[Path], peer: Callable[[Path], str | None], show: bool) -> None:
    """Print the words that only the peer reads and those that only we read."""
    lost: Counter[str] = Counter()
    added: Counter[str] = Counter()
    rows, total, compared = [], 0, 0
    for path in paths:
        theirs, ours = peer(path), our_words(path)
        if theirs is None or ours is None:
            continue
        compared += 1
        total += words(theirs).total()
        missing, more = words(theirs) - ours, ours - words(theirs)
        lost, added = lost + missing, added + more
        rows.append((missing.total(), more.total(), path.name, missing))
    share = lost.total() / total if total else 0.0
    print(f"\n{title}: {compared} files, {total:,} words; lost {lost.total():,} ({share:.2%}), added {added.total():,}")
    for missing_count, more_count, name, missing in sorted(rows, key=lambda row: -row[0])[:10]:
        if missing_count:
            print(f"  {name}: lost {missing_count}, added {more_count}{f' {list(missing)[:12]}' if show else ''}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--words", action="store_true", help="print some of the words that differ")
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--only", choices=["mails", "office"], help="compare these alone")
    arguments = parser.parse_args()
    if arguments.only != "office":
        compare_mails(arguments)
    if arguments.only == "mails":
        return
    if shutil.which("soffice"):
        office = [path for path in sorted((DATA / "files" / "files").iterdir()) if path.suffix in OFFICE]
        compare("LibreOffice", office[: arguments.limit], by_libreoffice, arguments.words)
    else:
        print("\nLibreOffice is not installed: office files are not compared")


def compare_mails(arguments: argparse.Namespace) -> None:
    """Compare the mails with two libraries."""
    mails = sorted([*(DATA / "mail" / "messages").glob("*"), *(DATA / "files" / "files").glob("*.eml")])
    mails = mails[-arguments.limit :]
    compare("Python's email package", mails, by_python, arguments.words)
    try:
        compare("mail-parser", mails, by_mail_parser, arguments.words)
    except ImportError:
        print("\nmail-parser is not installed: pip install --group bench")


if __name__ == "__main__":
    main()
