"""Make the example documents: supplier invoices, credit notes and letters as real PDFs, with their gold answers.

    python examples/invoices/make_documents.py OUTPUT_FOLDER [COUNT]

Writes OUTPUT_FOLDER/documents/*.pdf and OUTPUT_FOLDER/gold.jsonl. The same seed gives the same bytes. Every company,
person and account is invented. The traps are those of real paper: a subtotal, a tax and a total that all look like
the amount; two dates and sometimes three; the addresses of both sides; credit notes; letters that mention amounts in
running text; and fields that are simply not there.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from drawing import LAYOUTS, Pen, letter
from paper import CENT, CUSTOMERS, ITEMS, SUPPLIERS, Paper, iban

SEED = 20261124


def compose(index: int, source: random.Random) -> tuple[Paper, Callable[[Pen, Paper], None]]:
    layout = LAYOUTS[index % len(LAYOUTS)]
    language = "en" if index % 2 == 0 else "de"
    kind = "letter" if layout is letter else "credit_note" if index % 5 == 3 else "invoice"
    issued = date(2024, 1, 8) + timedelta(days=source.randrange(600))
    lines = [
        (source.randint(1, 12), item, Decimal(source.randint(350, 48000)) / 100)
        for item in source.sample(ITEMS[language], source.randint(2, 5))
    ]
    subtotal = sum((quantity * price for quantity, _, price in lines), Decimal(0))
    prefix = {
        "invoice": "INV" if language == "en" else "RE",
        "credit_note": "CN" if language == "en" else "GS",
        "letter": "INV" if language == "en" else "RE",
    }[kind]
    paper = Paper(
        language=language,
        kind=kind,
        supplier=SUPPLIERS[language][(index // 2) % len(SUPPLIERS[language])],
        customer=source.choice(CUSTOMERS[language]),
        number=None if source.random() < 0.15 else f"{prefix}-{issued.year}-{source.randint(100, 9999):04d}",
        issued=issued,
        other_date=issued - timedelta(days=source.randint(2, 30)),
        due=None
        if kind == "credit_note" or source.random() < 0.3
        else issued + timedelta(days=source.choice([14, 21, 30])),
        lines=lines,
        discount=(subtotal / 20).quantize(CENT) if source.random() < 0.4 else Decimal(0),
        rate=19 if language == "de" else 20,
        show_net=source.random() < 0.8,
        iban=iban(language, source) if source.random() < 0.65 else None,
        show_mail=source.random() < 0.65,
        date_style=source.choice(["numeric", "words", "iso"] if language == "en" else ["numeric", "numeric", "words"]),
        currency_style=source.choice(["code", "symbol"]),
    )
    return paper, layout


def make(folder: Path, count: int = 28, seed: int = SEED) -> Path:
    """Write ``count`` documents and their gold into ``folder``; returns the folder of the PDFs."""
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    source = random.Random(seed)
    gold = []
    for index in range(count):
        paper, layout = compose(index, source)
        name = f"{index + 1:02d}-{layout.__name__.replace('_', '-')}-{paper.language}.pdf"
        pen = Pen(documents / name)
        layout(pen, paper)
        pen.canvas.save()
        gold.append(
            {
                "schema": 1,
                "document": name,
                "values": paper.gold(),
                "by": "make_documents.py",
                "at": "2026-11-24T00:00:00Z",
                "note": f"layout {layout.__name__}, language {paper.language}",
            }
        )
    (folder / "gold.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in gold), encoding="utf-8"
    )
    return documents


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: make_documents.py OUTPUT_FOLDER [COUNT]")
    print(make(Path(sys.argv[1]), *map(int, sys.argv[2:])))
