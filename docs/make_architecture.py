"""Write architecture.svg: the layers of the package, top to bottom. Imports go downwards only."""

from __future__ import annotations

from pathlib import Path

Layer = tuple[str, list[tuple[str, str]], str]
LAYERS: list[Layer] = [
    ("what people use", [("cli", "verbs: options, printing"), ("api", "the Python front door")], "#00695c"),
    ("views and operations", [("reports", "pages"), ("operating", "releases, tripwires")], "#00796b"),
    (
        "decide",
        [
            ("pilot", "bar, contenders, verdict"),
            ("planning", "sizes, estimates"),
            ("evaluation", "figures, calibrators"),
        ],
        "#00897b",
    ),
    (
        "keep and check",
        [("replay", "the same again?"), ("checker", "shares no decoder code"), ("gold", "confirmed answers")],
        "#26867a",
    ),
    ("a folder", [("runs", "journal, resume, export, purge"), ("corpus", "index, search, access")], "#3d8b85"),
    ("one document", [("inference", "model + task + document → result with trace")], "#4a7c8c"),
    ("the question", [("tasks", "task + document → prompt, constraint, parsed values")], "#476f8f"),
    (
        "independent parts",
        [
            ("documents", "files → text layer"),
            ("engines", "request → completion"),
            ("weights", "names → verified files"),
        ],
        "#456990",
    ),
    (
        "ground floor",
        [
            ("contracts", "every file, typed"),
            ("locks, audit", "digests, log"),
            ("seal, signatures", "no way out"),
            ("files, clock, errors", "one place each"),
        ],
        "#5c677d",
    ),
]
WIDTH, ROW, GAP, LABEL, TOP = 980, 62, 12, 190, 16


def box(x: float, y: float, width: float, name: str, what: str, colour: str) -> str:
    """One package."""
    middle = x + width / 2
    return (
        f'<rect x="{x:.0f}" y="{y}" width="{width:.0f}" height="{ROW - 12}" rx="6" fill="{colour}"/>'
        f'<text x="{middle:.0f}" y="{y + 21}" class="name">{name}</text>'
        f'<text x="{middle:.0f}" y="{y + 38}" class="what">{what}</text>'
    )


def picture() -> str:
    """The whole picture."""
    parts = []
    for number, (label, packages, colour) in enumerate(LAYERS):
        y = TOP + number * ROW
        width = (WIDTH - LABEL - 40 - GAP * (len(packages) - 1)) / len(packages)
        parts.append(f'<text x="{LABEL - 14}" y="{y + 30}" class="label">{label}</text>')
        parts += [
            box(LABEL + place * (width + GAP), y, width, name, what, colour)
            for place, (name, what) in enumerate(packages)
        ]
    height = TOP + len(LAYERS) * ROW + 4
    arrow = WIDTH - 20
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">
<style>
text {{ font-family: system-ui, "DejaVu Sans", sans-serif; }}
.name {{ font-size: 15px; font-weight: 600; fill: #fff; text-anchor: middle; }}
.what {{ font-size: 11.5px; fill: #fff; text-anchor: middle; }}
.label {{ font-size: 12px; fill: #444; text-anchor: end; }}
.arrow {{ font-size: 12px; fill: #444; text-anchor: middle; }}
</style>
<rect width="{WIDTH}" height="{height}" fill="#fff" rx="8"/>
{chr(10).join(parts)}
<line x1="{arrow}" y1="{TOP + 6}" x2="{arrow}" y2="{height - 28}" stroke="#777" stroke-width="2"/>
<path d="M {arrow - 6} {height - 30} L {arrow + 6} {height - 30} L {arrow} {height - 18} Z" fill="#777"/>
<text transform="translate({arrow - 8} {height / 2:.0f}) rotate(-90)" class="arrow">imports</text>
</svg>
"""


if __name__ == "__main__":
    (Path(__file__).parent / "architecture.svg").write_text(picture(), encoding="utf-8")
