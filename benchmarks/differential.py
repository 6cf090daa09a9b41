"""Compare the words of every PDF of a folder with those of poppler, pdfminer.six and pdfium's own text.

    python benchmarks/differential.py [FOLDER] [--cache FOLDER] [--only adbuys] [--examples 5]

The measure counts, page by page, the words that poppler and pdfminer.six agree on: how many of them are lost, joined
with others or split, and which words are added. A pair of words is out of order if pdfminer.six and pdfium agree on it
and Ringfence does not have it. Pages without a text layer are left out: nothing is read by OCR. Needs poppler-utils
and: pip install --group bench. It prints single words of the documents; the cache keeps all words of the other readers.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import logging
import os
import subprocess
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from judge import judged
from ringfence.documents import Document, ReadingOptions, Source
from ringfence.documents.reader import read_here

HERE = Path(__file__).parent
DATA = Path(os.environ.get("RINGFENCE_DATA", HERE.parent.parent / "shared" / "data"))
CAUSES = ("joined", "split", "lost", "joined as pdfium", "added")
CHANGED = ("joined", "split", "lost")
LONGEST = 4  # words that one joined word is made of
Pages = list[list[str]]


def poppler(path: Path) -> Pages:
    """Return the words of each page as ``pdftotext -layout`` reads them."""
    command = ["pdftotext", "-layout", str(path), "-"]
    text = subprocess.run(command, capture_output=True, timeout=300, check=False).stdout.decode("utf-8", "replace")
    return [page.split() for page in text.split("\f")[:-1]]


def pdfminer(path: Path) -> Pages:
    """Return the words of each page as pdfminer.six reads them."""
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LTTextContainer

    return [
        [word for item in page if isinstance(item, LTTextContainer) for word in item.get_text().split()]
        for page in extract_pages(str(path))
    ]


def pdfium(path: Path) -> Pages:
    """Return the words of each page in pdfium's own order."""
    import pypdfium2

    pdf = pypdfium2.PdfDocument(path)
    return [page.get_textpage().get_text_range().replace("\ufffe", "-").split() for page in pdf]


PEERS: dict[str, Callable[[Path], Pages]] = {"poppler": poppler, "pdfminer": pdfminer, "pdfium": pdfium}


def ours(path: Path) -> Pages | None:
    """Return the words of each page of the text layer; None if the file is refused."""
    options = ReadingOptions(ocr="never", hidden=True)  # the others read what nobody sees
    for outcome in read_here(Source(path, path.name), options):
        if isinstance(outcome, Document):
            return [outcome.text[page.start : page.end].split() for page in outcome.pages]
        return None
    return None


def cached(name: str, path: Path, folder: Path | None) -> Pages | None:
    """Return the words of a peer, from the cache if they are there; None if it fails."""
    kept = folder and folder / f"{name}-{hashlib.sha256(path.read_bytes()).hexdigest()[:24]}.json"
    if kept and kept.exists():
        pages: Pages | None = json.loads(kept.read_text())
        return pages
    try:
        pages = PEERS[name](path)
    except Exception:  # a peer may fail on any broken file
        pages = None
    if kept:
        kept.write_text(json.dumps(pages))
    return pages


def normal(words: list[str]) -> list[str]:
    """Spell out ligatures and forms, so that only the words themselves are compared."""
    return [unicodedata.normalize("NFKC", word).replace("\xad", "-") for word in words]


@dataclass
class Tally:
    """Counts of one set of files, and examples by cause."""

    files: int = 0
    pages: int = 0
    words: int = 0
    pairs: int = 0
    disordered: int = 0
    seconds: float = 0.0
    causes: Counter[str] = field(default_factory=Counter)
    by_file: Counter[str] = field(default_factory=Counter)
    disorder: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add_page(self, place: str, mine: list[str], pages: dict[str, list[str]]) -> None:
        """Compare one page."""
        have, first, second = Counter(mine), Counter(pages["poppler"]), Counter(pages["pdfminer"])
        agreed, known = first & second, first | second
        missing, extra = agreed - have, have - known
        self.pages += 1
        self.words += agreed.total()
        whole = {joined for name in ("poppler", "pdfminer") for joined in _joins(pages[name])}
        parts = set(_joins(mine))
        joined = [word for word in extra.elements() if word in whole]
        in_joined = Counter(part for word in set(joined) for part in whole_parts(word, missing))
        theirs = set(pages["pdfium"])
        as_pdfium = Counter(part for word in set(joined) & theirs for part in whole_parts(word, missing))
        for word in missing.elements():
            cause = "split" if word in parts else "joined" if in_joined[word] else "lost"
            cause = "joined as pdfium" if cause == "joined" and as_pdfium[word] else cause
            self._note(cause, place, word)
        for word in extra.elements():
            if word not in whole:
                self._note("added", place, word)
        pairs = Counter(itertools.pairwise(pages["pdfminer"])) & Counter(itertools.pairwise(pages["pdfium"]))
        absent = (pairs - Counter(itertools.pairwise(mine))).total()
        self.pairs += pairs.total()
        self.disordered += absent
        self.disorder[place] += absent

    def _note(self, cause: str, place: str, word: str) -> None:
        self.causes[cause] += 1
        self.by_file[place.partition(" p")[0]] += cause in CHANGED
        self.examples[cause].append(f"{place}: {word}")


def _joins(words: list[str]) -> Iterator[str]:
    for size in range(2, LONGEST + 1):
        for start in range(len(words) - size + 1):
            yield "".join(words[start : start + size])


def whole_parts(word: str, missing: Counter[str]) -> Iterator[str]:
    """Yield the missing words that a joined word begins with, ends with or contains."""
    yield from (part for part in missing if part in word)


def compare(paths: list[Path], cache: Path | None) -> Tally:
    """Read every file with all readers and count."""
    tally = Tally()
    for path in paths:
        started = time.perf_counter()
        mine = ours(path)
        tally.seconds += time.perf_counter() - started
        others = {name: cached(name, path, cache) for name in PEERS}
        if mine is None or any(pages is None or len(pages) != len(mine) for pages in others.values()):
            continue
        tally.files += 1
        for number, words in enumerate(mine):
            if words:
                page = {name: normal((pages or [])[number]) for name, pages in others.items()}
                tally.add_page(f"{path.name} p{number + 1}", normal(words), page)
    return tally


def show_verdicts(examples: dict[str, list[str]], folder: Path, sample: int) -> None:
    """Print what OCR sees of a sample of the words that differ."""
    verdicts = judged(examples, folder, sample)
    for cause in CAUSES:
        said = {verdict: count for (of, verdict), count in verdicts.items() if of == cause}
        if said:
            print(
                f"  OCR of {sum(said.values())} {cause}: {', '.join(f'{count} {what}' for what, count in said.items())}"
            )


def show(name: str, tally: Tally, examples: int) -> dict[str, Any]:
    """Print one set and return its counts."""
    bad = sum(tally.causes[cause] for cause in CHANGED)
    share = 100 * bad / max(tally.words, 1)
    print(f"\n{name}: {tally.files} files, {tally.pages:,} pages, {tally.words:,} agreed words, {tally.seconds:.0f} s")
    print(f"  lost or changed {share:.3f} %; pairs out of order {100 * tally.disordered / max(tally.pairs, 1):.2f} %")
    for cause in CAUSES:
        print(f"  {cause:17}{tally.causes[cause]:8,}")
        step = max(1, len(tally.examples[cause]) // max(examples, 1))
        for example in tally.examples[cause][::step][:examples]:
            print(f"            {example[:110]}")
    print("  worst files:", ", ".join(f"{file} {count}" for file, count in tally.by_file.most_common(6) if count))
    print("  worst order:", ", ".join(f"{place} {count}" for place, count in tally.disorder.most_common(6) if count))
    return {"words": tally.words, "pages": tally.pages, "disordered": tally.disordered, **tally.causes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--cache", type=Path, help="folder that keeps the words of the other readers")
    parser.add_argument("--only", action="append", help="a folder below FOLDER; may be repeated")
    parser.add_argument("--every", type=int, default=1, help="take every n-th file only")
    parser.add_argument("--examples", type=int, default=5)
    parser.add_argument("--judge", type=int, default=0, help="words of each cause to look for on the page by OCR")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if arguments.cache:
        arguments.cache.mkdir(parents=True, exist_ok=True)
    folders = sorted(path for path in arguments.folder.iterdir() if path.is_dir())
    totals: Counter[str] = Counter()
    for folder in folders:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".pdf")
        if paths and (not arguments.only or folder.name in arguments.only):
            tally = compare(paths[:: arguments.every], arguments.cache)
            totals.update(show(folder.name, tally, arguments.examples))
            if arguments.judge:
                show_verdicts(tally.examples, folder, arguments.judge)
    bad = sum(totals[cause] for cause in CHANGED)
    print(
        f"\nall: {totals['words']:,} agreed words, {bad:,} lost or changed: {100 * bad / max(totals['words'], 1):.3f} %"
    )


if __name__ == "__main__":
    main()
