"""A page that shows text layers: blocks, lines and segments as boxes over the page images, and the text beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2

from ..documents import Document, ReadingOptions, Source, page_pictures
from .pictures import SCALE, address_of

__all__ = ["write_text_layer"]

_TEMPLATE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Text layers</title><style>
body{font:15px/1.45 system-ui,sans-serif;margin:20px;background:#f3f5f8;color:#1c2430}h2{font-size:17px;overflow-wrap:anywhere}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:18px;align-items:start;margin-bottom:24px}.page{position:relative;background:#fff;box-shadow:0 1px 5px #0003}
img{width:100%;display:block}.b{position:absolute;outline:2px solid #1f5fbf;background:#1f5fbf14}.s{position:absolute;outline:1px solid #d9730088}
pre{white-space:pre-wrap;background:#fff;padding:16px;margin:0;font:13px/1.5 ui-monospace,monospace}small{color:#5d6878}</style>
<h1>Text layers</h1><p><small>Blue: blocks in reading order. Orange: segments, the smallest pieces that a value is made of.</small></p>
{% for d in documents %}<h2>{{ d.id }} <small>{{ d.read_by }}, {{ d.blocks }} blocks, {{ d.segments }} segments, sha256 {{ d.sha256[:16] }}</small></h2>
{% for p in d.pages %}<div class="pair">{% if p.picture %}<div class="page"><img src="{{ p.picture }}" alt="page {{ p.number }}">
{% for x in p.boxes %}<div class="{{ x[0] }}" style="left:{{ x[1] }}%;top:{{ x[2] }}%;width:{{ x[3] }}%;height:{{ x[4] }}%"></div>{% endfor %}</div>{% else %}<div></div>{% endif %}
<pre>{{ p.text }}</pre></div>{% endfor %}{% endfor %}</html>"""


def write_text_layer(documents: Sequence[Document], target: Path, options: ReadingOptions | None = None) -> None:
    """Write one self-contained page for ``documents``."""
    environment = jinja2.Environment(autoescape=True)
    views = []
    for document in documents:
        source = Source(Path(document.path), document.metadata.get("source", document.id))
        numbers = [page.number for page in document.pages] if document.on_paper else []
        seen = page_pictures(source, document.id, document.sha256, numbers, SCALE, options) if numbers else []
        pictures = {picture.number: address_of(picture) for picture in seen}
        pages = []
        for page in document.pages:
            boxes = []
            for kind, parts in (("b", document.blocks), ("s", document.segments)):
                for part in parts:
                    if page.start <= part.start < page.end and page.width:
                        boxes += [
                            (
                                kind,
                                *(
                                    round(100 * v, 2)
                                    for v in (
                                        b.x0 / page.width,
                                        b.y0 / page.height,
                                        (b.x1 - b.x0) / page.width,
                                        (b.y1 - b.y0) / page.height,
                                    )
                                ),
                            )
                            for b in document.boxes(part.start, part.end)[: None if kind == "s" else 200]
                        ]
            pages.append(
                {
                    "number": page.number,
                    "picture": pictures.get(page.number),
                    "boxes": boxes,
                    "text": document.text[page.start : page.end],
                }
            )
        views.append(
            {
                "id": document.id,
                "read_by": document.read_by,
                "blocks": len(document.blocks),
                "segments": len(document.segments),
                "sha256": document.sha256,
                "pages": pages,
            }
        )
    target.write_text(environment.from_string(_TEMPLATE).render(documents=views), encoding="utf-8")
