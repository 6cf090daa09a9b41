"""Read RTF: paragraphs, table rows, text boxes, notes, headers and footers, without hidden and deleted text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..errors import DocumentError
from .flow_text import LayerBuilder
from .model import Document
from .raised import Run, join_runs
from .reader import ReadingOptions, Source, sha256_of
from .rtf_tokens import (
    CHARACTERS,
    READ_ANYWAY,
    READ_STARRED,
    SKIPPED,
    SURROUNDINGS,
    RtfTables,
    Token,
    tokens_of,
)
from .symbol_fonts import symbol
from .unread_counts import UnreadCounts
from .word_fields import drawn

__all__ = ["RtfReader"]

_SIGNS = {b"~": "\u00a0", b"_": "-", b"\n": "\n", b"\r": "\n", b"{": "{", b"}": "}", b"\\": "\\"}
_LOOKS = {
    b"strike", b"striked",
    b"v", b"deleted", b"super", b"sub", b"nosupersub", b"up", b"dn", b"f", b"uc", b"cf", b"cb", b"chcbpat",
    b"highlight",
    b"cbpat", b"pard", b"plain",
}  # fmt: skip
_RAISED = 4  # half points
_LARGE = 100 * 567**2  # 100 square centimetres, in twips
MAX_DEPTH = 1_000


@dataclass
class _Flow:
    """A stream of paragraphs and tables: the body, a header, a note or a text box."""

    name: str
    items: list[str | list[list[str]]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    covered: list[bool] = field(default_factory=list)  # the cells of the row that a merged one covers
    merged: bool = False

    def end_paragraph(self, cents: list[str], in_table: bool) -> None:
        """End a paragraph, or a line of a cell."""
        if in_table or self.cells:
            self.runs.append(Run("\n"))
            return
        self.end_table(cents)
        text, self.runs = join_runs(self.runs, cents), []
        if text.strip():
            self.items.append(text)

    def end_cell(self, cents: list[str]) -> None:
        text, self.runs = join_runs(self.runs, cents), []
        self.cells.append(text)

    def end_row(self, cents: list[str]) -> None:
        if any(run.text.strip() for run in self.runs):
            self.end_cell(cents)
        self.runs = []
        if any(cell.strip() for cell in self.cells):
            self.rows.append(self.cells)
        self.cells = []

    def end_table(self, cents: list[str]) -> None:
        if self.cells:
            self.end_row(cents)
        if self.rows:
            self.items.append(self.rows)
            self.rows = []

    def lines(self) -> list[str]:
        """Return all words, a line for each paragraph and row."""
        return [
            line
            for item in self.items
            for line in ([item] if isinstance(item, str) else ["   ".join(filter(str.strip, row)) for row in item])
        ]


@dataclass(frozen=True)
class _State:
    """What holds for the text of a group."""

    flow: _Flow
    skipped: bool = False
    hidden: bool = False
    struck: bool = False
    deleted: bool = False
    level: int = 0
    colour: int = 0
    ground: int = 0  # its number among the colours
    band: int = 0  # behind the whole paragraph
    in_table: bool = False
    font: int = -1
    fallbacks: int = 1  # characters after \u for programs that know no Unicode


class RtfReader:
    """Reader for rich text files."""

    name = "rtf"
    version = 4
    extensions = ("rtf",)

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document."""
        layer = LayerBuilder()
        _Parser(options.hidden).write(layer, data)
        yield layer.document(source, sha256_of(data), f"{self.name}/{self.version}")


class _Parser:
    """Follows the groups of a file; at the end of each the state before it holds again."""

    def __init__(self, keep_hidden: bool) -> None:
        self._keep_hidden = keep_hidden
        self._width = 0
        self._picture = (0, 0)
        self._body = _Flow("")
        self._flows: list[_Flow] = []  # headers, footers, notes, text boxes and comments
        self._state = _State(self._body)
        self._stack: list[_State] = []
        self._unread = UnreadCounts()
        self._cents: list[str] = []
        self._bytes = b""
        self._skip = 0  # fallback characters still to skip
        self._half = 0  # the first half of a pair of surrogates
        self._starred = False
        self._notes = 0
        self._instruction = ""  # of the last field
        self._fonts = RtfTables()

    def write(self, layer: LayerBuilder, data: bytes) -> None:
        """Read a file and write what its paper shows."""
        self._fonts.read(data)
        for token in tokens_of(data):
            if token.kind not in ("byte", "text"):
                self._flush()
            getattr(self, f"_on_{token.kind}")(token)
        self._flush()
        for flow in (self._body, *self._flows):
            flow.end_paragraph(self._cents, False)
            flow.end_table(self._cents)
        self._write_beside(layer, "header")
        paragraphs = 0
        for item in self._body.items:
            paragraphs += 1
            if isinstance(item, str):
                layer.paragraph(item, f"paragraph {paragraphs}")
                continue
            layer.end_block()
            layer.table(
                [
                    (text, f"table at paragraph {paragraphs}, row {row}, cell {cell}")
                    for cell, text in enumerate(cells, 1)
                ]
                for row, cells in enumerate(item, 1)
            )
            layer.end_block()
        for name in ("text box", "note", "footer"):
            self._write_beside(layer, name)
        for _ in (flow for flow in self._flows if flow.name == "comment"):
            self._unread.add("comments")
        if self._keep_hidden:
            self._write_beside(layer, "comment")
        self._unread.write(layer, self._cents)

    def _write_beside(self, layer: LayerBuilder, name: str) -> None:
        numbered = enumerate((flow.lines() for flow in self._flows if flow.name == name), start=1)
        texts = {"\n".join(lines): number for number, lines in reversed(list(numbered)) if lines}
        for text, number in sorted(texts.items(), key=lambda entry: entry[1]):
            layer.paragraph(text, name if name in ("header", "footer") else f"{name} {number}")

    def _on_group(self, token: Token) -> None:
        self._skip = 0
        if token.content == b"{":
            self._stack.append(self._state)
            if len(self._stack) > MAX_DEPTH:
                raise DocumentError("nested-too-deep", "its structure is nested too deeply")
        elif self._stack:
            ended, self._state = self._state, self._stack.pop()
            if ended.flow is not self._state.flow and ended.flow.name == "instruction":
                self._instruction = "".join(run.text for run in ended.flow.runs)
            elif ended.flow is not self._state.flow:
                ended.flow.end_paragraph(self._cents, False)
                ended.flow.end_table(self._cents)

    def _on_sign(self, token: Token) -> None:
        if token.content == b"*":
            self._starred = True
        elif self._skip:
            self._skip -= 1
        elif token.content in _SIGNS:
            self._add(_SIGNS[token.content])
            if token.content in b"\r\n":
                self._end_paragraph()

    def _on_byte(self, token: Token) -> None:
        if self._skip:
            self._skip -= 1
        else:
            self._bytes += token.content

    def _on_text(self, token: Token) -> None:
        skipped = min(self._skip, len(token.content))
        self._skip -= skipped
        self._bytes += token.content[skipped:]

    def _flush(self) -> None:
        """Decode the bytes that were collected."""
        if self._bytes:
            data, self._bytes = self._bytes, b""
            if not self._state.skipped and (symbols := self._fonts.symbol_font(self._state.font)):
                self._add("".join(symbol(byte, symbols) for byte in data))
            elif not self._state.skipped:
                self._add(data.decode(self._fonts.code_page(self._state.font), "replace"))

    def _add(self, text: str) -> None:
        state = self._state
        if state.skipped or not text:
            return
        ground = state.ground or state.band
        covered = ground and state.colour and self._fonts.are_one(state.colour, ground)
        white = covered or (state.colour in self._fonts.white and not ground and not state.in_table)
        if state.deleted:
            self._unread.add("deleted-text", text)
        elif (state.hidden or white or state.struck) and text.strip():
            self._unread.add("struck-text" if state.struck and not (state.hidden or white) else "hidden-text", text)
            if self._keep_hidden:
                state.flow.runs.append(Run(text, state.level))
        else:
            state.flow.runs.append(Run(text, state.level))

    def _end_paragraph(self) -> None:
        if not self._state.skipped:
            self._state.flow.end_paragraph(self._cents, self._state.in_table)

    def _on_word(self, token: Token) -> None:
        word, number = token.content, token.number
        starred, self._starred = self._starred, False
        if word == b"u" and number is not None:
            self._unicode(number)
            return
        self._skip = 0
        if word in READ_ANYWAY:
            self._open("text box")
        elif word == b"fldinst" and not self._state.skipped:
            flow = _Flow("instruction")  # of no page
            self._state = _State(flow, font=-1, fallbacks=self._state.fallbacks)
        elif word == b"fldrslt":
            self._draw_field()
        elif word in SURROUNDINGS or word in (b"footnote", b"annotation"):
            if not self._state.skipped:
                self._open(SURROUNDINGS.get(word, "note" if word == b"footnote" else "comment"))
        elif word in (b"object", b"formfield", b"picwgoal", b"pichgoal"):
            self._count(word, number or 0)
            self._state = replace(self._state, skipped=self._state.skipped or word == b"formfield")
        elif word in SKIPPED or (starred and word not in READ_STARRED):
            self._state = replace(self._state, skipped=True)
        elif word in CHARACTERS:
            self._add(CHARACTERS[word])
        elif word == b"chftn":
            self._notes += self._state.flow.name != "note"
            if not self._state.skipped:
                self._state.flow.runs.append(Run(str(max(self._notes, 1)), 1, note=True))
        elif word in (b"par", b"sect", b"page", b"column"):
            self._end_paragraph()
        elif word in (b"cell", b"nestcell", b"row", b"nestrow", b"trowd", b"clmrg", b"clvmrg", b"cellx", b"intbl"):
            self._table_word(word)
        else:
            self._format(word, number)

    def _draw_field(self) -> None:
        """Write the symbol that a field shows; the instruction of a field comes before its result."""
        instruction, self._instruction = self._instruction, ""
        sign, lost = drawn(instruction)
        if lost:
            self._unread.add("fields")
        self._add(sign)
        if sign:  # the result holds the same one
            self._state = replace(self._state, skipped=True)

    def _count(self, word: bytes, number: int) -> None:
        """Count an object, the field of a form, or a picture that may hold words; some pictures stand there twice."""
        if word == b"object":
            self._unread.add("embedded-files")
        elif word == b"formfield":
            self._unread.add("form-controls")
        elif word == b"picwgoal":
            self._width = number
        elif self._width * number >= _LARGE and self._picture != (self._width, number):
            self._picture = (self._width, number)
            self._unread.add("pictures")

    def _open(self, name: str) -> None:
        flow = _Flow(name)
        self._flows.append(flow)
        self._state = _State(flow, font=self._state.font, fallbacks=self._state.fallbacks)

    def _unicode(self, number: int) -> None:
        code = number % 0x10000
        self._skip = self._state.fallbacks
        if 0xD800 <= code < 0xDC00:
            self._half = code
            return
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((self._half - 0xD800) << 10) + code - 0xDC00 if self._half else 0xFFFD
        self._half = 0
        if 0xF000 <= code < 0xF100:  # a symbol font, whose first 256 characters are here
            code -= 0xF000
            if symbols := self._fonts.symbol_font(self._state.font):
                self._add(symbol(code, symbols))
                return
        self._add(chr(code))

    def _table_word(self, word: bytes) -> None:
        flow = self._state.flow
        if self._state.skipped:
            return
        if word == b"intbl":
            self._state = replace(self._state, in_table=True)
        elif word == b"trowd":
            flow.covered = []
        elif word in (b"clmrg", b"clvmrg"):
            flow.merged = True
        elif word == b"cellx":
            flow.covered.append(flow.merged)
            flow.merged = False
        elif word == b"cell":
            flow.end_cell(self._cents)
        elif word == b"nestcell":
            flow.runs.append(Run("   "))
        elif word == b"row":
            flow.end_row(self._cents)
        else:
            flow.runs.append(Run("\n"))

    def _format(self, word: bytes, number: int | None) -> None:
        """Follow a word that changes how text looks."""
        if word not in _LOOKS:
            return
        on, height = number != 0, 6 if number is None else number
        changes: dict[bytes, dict[str, object]] = {
            b"v": {"hidden": on},
            b"strike": {"struck": on},
            b"striked": {"struck": on},
            b"deleted": {"deleted": on},
            b"super": {"level": int(on)},
            b"sub": {"level": -int(on)},
            b"nosupersub": {"level": 0},
            b"up": {"level": int(height >= _RAISED)},
            b"dn": {"level": -int(height >= _RAISED)},
            b"f": {"font": number or 0},
            b"uc": {"fallbacks": min(max(number or 0, 0), 100)},
            b"cf": {"colour": number or 0},
            **{key: {"ground": number or 0} for key in (b"cb", b"chcbpat", b"highlight")},
            b"cbpat": {"band": number or 0},
            b"pard": {"in_table": False, "band": 0},
            b"plain": {
                "hidden": False,
                "struck": False,
                "deleted": False,
                "level": 0,
                "colour": 0,
                "ground": 0,
                "font": -1,
            },
        }
        self._state = replace(self._state, **changes[word])  # type: ignore[arg-type]  # the names are the fields'
