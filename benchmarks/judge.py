"""OCR of the page as the judge of words on which readers of PDFs disagree."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from ringfence.documents import ocr
from ringfence.documents.page_words import words_of

__all__ = ["judged"]

SIDE = 2400  # pixels of the longer side of a page


def judged(examples: Mapping[str, Sequence[str]], folder: Path, sample: int) -> Counter[tuple[str, str]]:
    """Count verdicts on a random sample of each cause by (cause, verdict).

    An example is "FILE pNUMBER: WORD". Of a word that only the other readers have ("lost", "joined", "split"), OCR
    says whether it stands on the page as a word; so it does of a word that only Ringfence has ("added").
    """
    verdicts: Counter[tuple[str, str]] = Counter()
    paths = {path.name: path for path in folder.rglob("*") if path.suffix.lower() == ".pdf"}
    draw = random.Random(0)
    for cause, places in examples.items():
        by_page: dict[tuple[str, int], list[str]] = defaultdict(list)
        for place in draw.sample(list(places), min(sample, len(places))):
            page, _, word = place.partition(": ")
            name, _, number = page.rpartition(" p")
            by_page[name, int(number)].append(word)
        for (name, number), words in by_page.items():
            seen, whole = _read(paths[name], number)
            for word in words:
                bare = _bare(word)
                said = "no letters" if not bare else "a word" if bare in seen else "a part" if bare in whole else "not"
                verdicts[cause, said] += 1
    return verdicts


def _bare(word: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", word)).lower()


@cache
def _read(path: Path, number: int) -> tuple[frozenset[str], str]:
    """The words that OCR reads on a page, and all its letters in a row."""
    import pypdfium2

    page = pypdfium2.PdfDocument(path)[number - 1]
    width, height = page.get_size()
    picture = page.render(scale=SIDE / max(width, height)).to_pil()
    words = [_bare(word.text) for word in words_of(ocr.read_picture(picture, width, height))]
    return frozenset(words), "".join(words)
