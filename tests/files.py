"""Small files of many formats, made on the spot."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import office_oxide
import xlsxwriter
from gguf import GGUFWriter
from PIL import Image, ImageDraw, ImageFont

OFFER = "# Offer\n\nDear Ann,\n\n- first\n- second\n\n| Item | Price |\n|---|---|\n| Bolt | 7.50 |\n"
_ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
)


def office(path: Path, markdown: str = OFFER) -> Path:
    """A Word or PowerPoint file, by the path's ending."""
    office_oxide.create_from_markdown(markdown, path.suffix[1:], str(path))
    return path


def gguf(path: Path, note: str) -> None:
    """A GGUF file of a llama without tensors; ``note`` makes its bytes."""
    writer = GGUFWriter(str(path), "llama")
    writer.add_description(note)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def workbook(path: Path) -> Path:
    """Two sheets; the first has its cells from C3 on, with an empty row and a shown currency."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Prices")
        money = book.add_format({"num_format": '#,##0.00 "EUR"'})
        sheet.write("C3", "Item")
        sheet.write("D3", "Price")
        sheet.write("C5", "Bolt")
        sheet.write_number("D5", 1249.5, money)
        book.add_worksheet("Notes").write_string("A1", "=not a formula")
    return path


def odt(path: Path, body: str) -> Path:
    """An OpenDocument text with ``body`` as its XML."""
    kind = {".odt": "text", ".odp": "presentation"}[path.suffix]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {_ODF}><office:body><office:{kind}>{body}</office:{kind}></office:body>"
            "</office:document-content>",
        )
    return path


def epub(path: Path, *chapters: str) -> Path:
    """A book of chapters of HTML."""
    names = [f"c{number}.xhtml" for number in range(len(chapters))]
    items = "".join(f'<item id="{name}" href="{name}"/>' for name in names)
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="b/p.opf"/></rootfiles></container>'
        )
        archive.writestr("b/p.opf", f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>")
        for name, chapter in zip(names, chapters, strict=True):
            archive.writestr(f"b/{name}", f"<html><body>{chapter}</body></html>")
    return path


def mail(subject: str, body: str, *attachments: tuple[str, bytes], html: str = "") -> EmailMessage:
    """A mail from Ann to Bob."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Ann <ann@example.org>", "bob@example.org", subject
    message["Date"] = "Tue, 12 Mar 2024 10:00:00 +0100"
    if body or not html:
        message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html") if body else message.set_content(html, subtype="html")
    for name, content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A ZIP archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def picture(*rows: str, size: int = 34, width: int = 1000, height: int = 700) -> Image.Image:
    """A white page with rows of text; three spaces set the next cell 380 pixels further right."""
    image = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row.split("   ")):
            pen.text((60 + 380 * column, 60 + number * size * 1.7), cell, fill="black", font=font)
    return image
