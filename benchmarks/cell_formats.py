"""Do cells read as a spreadsheet program shows them: random numbers in many formats, ours against LibreOffice.

    python benchmarks/cell_formats.py --cells 2000 --seed 7

Needs LibreOffice (Debian: ``apt-get install libreoffice-calc-nogui``). Dates are left out, since ours are written as in
ISO 8601. Every difference is printed twice at most for each format: not each is ours to mend, because LibreOffice drops
the minus of a number that no condition of a format holds, and gives up on fractions of large numbers.
"""

from __future__ import annotations

import argparse
import html
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import xlsxwriter

from ringfence.documents.cell_format import shown

NUMBERS = (
    "0", "0.00", "#,##0", "#,##0.00", "0%", "0.00%", "0.00E+00", "##0.0E+0", "# ?/?", "# ??/??", "#,##0;(#,##0)",
    "#,##0.00;[Red]-#,##0.00", "#,##0.00_);(#,##0.00)", '_-* #,##0.00 "€"_-;-* #,##0.00 "€"_-;_-* "-"?? "€"_-;_-@_-',
    "$#,##0.00", '"EUR" #,##0.00', "#,##0.00 [$€-407]", "[$$-409]#,##0.00;-[$$-409]#,##0.00", "0.0,", '0.00,,"M"',
    '[<0]"minus "0.00;0.00', '0;-0;"zero";@', "0.###", ".00", "00000", "000-00-0000", '0.0"%"', "0\\%", '0" Stk."',
    "+0.00;-0.00;0", '"<"0">"', "#,##0.0#", "# #/8", "0.0??", "General", '0.00 "m²"', "[Blue]0.0;[Red](0.0)",
    '#,##0.00" DR";#,##0.00" CR"', "0.00_-", "0-00-00", "0E+0", "#,###.00", "0000,0",
)  # fmt: skip
TIMES = ("h:mm", "hh:mm:ss", "h:mm AM/PM", "h:mm:ss.00", "[h]:mm", "[h]:mm:ss", "[mm]:ss", "mm:ss.0")


def random_cell(dice: random.Random) -> tuple[str, float]:
    if dice.random() < 0.2:
        return dice.choice(TIMES), round(dice.uniform(0, 3), 6)
    scale = 10 ** dice.randint(-4, 9)
    number = dice.choice((dice.uniform(-scale, scale), float(dice.randint(-100, 100)), dice.randint(0, 10**6) / 8, 0.0))
    return dice.choice(NUMBERS), round(number, dice.randint(0, 6))


def shown_by_libreoffice(cells: list[tuple[str, float]], folder: Path, program: str) -> list[str]:
    with xlsxwriter.Workbook(str(folder / "cells.xlsx")) as book:
        sheet = book.add_worksheet("S")
        sheet.set_column("A:A", 60)
        formats = {code: book.add_format({"num_format": code}) for code, _ in cells}
        for row, (code, number) in enumerate(cells):
            sheet.write_number(row, 0, number, formats[code])
    command = [program, "--headless", "--convert-to", "html:HTML (StarCalc)", "--outdir", str(folder)]
    subprocess.run([*command, str(folder / "cells.xlsx")], check=True, capture_output=True)
    page = (folder / "cells.html").read_text(encoding="utf-8", errors="replace")
    found = re.findall(r"<tr>\s*<td[^>]*>(.*?)</td>", page, re.S)
    return [html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cells", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    program = shutil.which("soffice")
    if program is None:
        sys.exit("LibreOffice is not here. Install it: apt-get install libreoffice-calc-nogui")
    dice = random.Random(arguments.seed)
    cells = [random_cell(dice) for _ in range(arguments.cells)]
    with tempfile.TemporaryDirectory() as folder:
        theirs = shown_by_libreoffice(cells, Path(folder), program)
    differences: Counter[str] = Counter()
    for (code, number), text in zip(cells, theirs, strict=True):
        ours = shown(number, code)
        if re.sub(r"\s", "", ours) != re.sub(r"\s", "", text):
            differences[code] += 1
            if differences[code] <= 2:
                print(f"{code:45} {number!r:22} ours {ours!r}, LibreOffice {text.strip()!r}")
    print(f"The same: {len(cells) - differences.total():,} of {len(cells):,}.")


if __name__ == "__main__":
    main()
