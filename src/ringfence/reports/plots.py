"""Plots for reports, as inline SVG: drawn by matplotlib, readable without colour (markers and line styles differ)."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["coverage_plot", "curve_plot", "epochs_plot", "label_curve", "reliability_plot"]

STYLES = (
    ("o", "-", "#1f5fbf"),
    ("s", "--", "#b3261e"),
    ("^", ":", "#1d7f4e"),
    ("D", "-.", "#7a4fb5"),
    ("v", (0, (5, 1, 1, 1)), "#8a5a00"),
    ("P", (0, (1, 3)), "#4a5563"),
)
Bins = Sequence[tuple[float, float, int]]

ABOVE: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1)}  # a legend outside, where no line can be


def _drawn(draw: Callable[[Any], None], title: str, width: float = 5.6, height: float = 3.8) -> str:
    """Draw one figure as an SVG element, with a title for screen readers."""
    import matplotlib

    # Without pyplot, a figure needs no display and has no global state.
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "ringfence",
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    ):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        draw(axes)
        axes.grid(color="#e3e7ec", linewidth=0.8)
        axes.set_axisbelow(True)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    start = text.index("<svg")
    return text[start:].replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def reliability_plot(before: Bins, after: Bins) -> str:
    """Plot the mean confidence against the share right, in bins of equal size, before and after calibration.

    A bin is (mean confidence, share right, number of items).
    """

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color="#1c2430", linewidth=1, linestyle=(0, (4, 4)), label="confidence = share right")
        for bins, name, (marker, line, colour) in ((before, "before", STYLES[1]), (after, "after", STYLES[0])):
            axes.plot(
                [b[0] for b in bins], [b[1] for b in bins], marker=marker, linestyle=line, color=colour, label=name
            )
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="mean confidence of a bin", ylabel="share right")
        axes.legend(loc="upper left", frameon=False)

    return _drawn(draw, "Reliability before and after calibration")


def coverage_plot(
    curves: Mapping[str, Sequence[tuple[float, float]]], target: float, marks: Mapping[str, tuple[float, float]]
) -> str:
    """Plot the error among accepted items against the accepted share, by contender or unit; rings mark thresholds."""

    def draw(axes: Any) -> None:
        top = target
        for (name, points), (marker, line, colour) in zip(curves.items(), STYLES * 3, strict=False):
            every = max(1, len(points) // 8)
            axes.plot(
                [x for x, _ in points],
                [y for _, y in points],
                linestyle=line,
                color=colour,
                marker=marker,
                markevery=every,
                markersize=5,
                label=name,
            )
            top = max([top, *(y for _, y in points)])
            if name in marks:
                axes.plot(*marks[name], marker="o", markersize=14, fillstyle="none", color=colour, markeredgewidth=2)
        axes.axhline(target, color="#1c2430", linewidth=1, linestyle=(0, (4, 4)))
        axes.annotate(f"target {target:.0%}", (0.01, target), textcoords="offset points", xytext=(0, 4), fontsize=9)
        axes.set(
            xlim=(0, 1.02),
            ylim=(0, min(1.0, top * 1.15 + 0.01)),
            xlabel="share accepted without a person",
            ylabel="share wrong among them",
        )
        axes.legend(frameon=False)

    return _drawn(draw, "Error among accepted against the share accepted")


def label_curve(points: Sequence[tuple[int, float, float, float]], bar: float, unit: str) -> str:
    """Plot the share right over the first n labels, with exact bounds, and the bar.

    A point is (n, share, lower bound, upper bound).
    """

    def draw(axes: Any) -> None:
        sizes = [n for n, _, _, _ in points]
        axes.fill_between(
            sizes,
            [low for _, _, low, _ in points],
            [high for _, _, _, high in points],
            color="#cfdcf2",
            label="exact bounds, one-sided 95 % each",
        )
        axes.plot(
            sizes, [share for _, share, _, _ in points], color="#1f5fbf", marker="o", markersize=4, label="share right"
        )
        axes.axhline(bar, color="#1c2430", linewidth=1, linestyle=(0, (4, 4)))
        axes.annotate(f"bar {bar:.0%}", (sizes[0], bar), textcoords="offset points", xytext=(2, 4), fontsize=9)
        axes.set(
            xlabel=f"number of labels ({unit}s)",
            ylabel="share right",
            ylim=(max(0.0, min(low for _, _, low, _ in points) - 0.05), 1.02),
        )
        axes.legend(frameon=False, loc="lower right")

    return _drawn(draw, "Share right over the number of labels")


def epochs_plot(points: Sequence[tuple[int, float, float]], before: float) -> str:
    """Plot the share right on the dev part and the loss over the epochs: (epoch, share right, loss)."""

    def draw(axes: Any) -> None:
        numbers = [0, *(number for number, _, _ in points)]
        axes.plot(
            numbers, [before, *(dev for _, dev, _ in points)], marker="o", color="#1f5fbf", label="share right (dev)"
        )
        axes.set(xlabel="epoch", ylabel="share right", ylim=(0, 1.02), xticks=numbers)
        loss = axes.twinx()
        loss.plot(
            numbers[1:], [each for _, _, each in points], marker="s", linestyle="--", color="#b3261e", label="loss"
        )
        loss.set(ylabel="loss of a learned token", ylim=(0, None))
        axes.legend([*axes.lines, *loss.lines], ["share right (dev)", "loss"], frameon=False, ncols=2, **ABOVE)

    return _drawn(draw, "Share right and loss over the epochs")


def curve_plot(points: Sequence[tuple[int, Sequence[float]]], before: float) -> str:
    """Plot the share right over the number of labels, every seed and the mean; ``before`` is that of the base."""

    def draw(axes: Any) -> None:
        sizes = [size for size, _ in points]
        for size, shares in points:
            axes.plot([size] * len(shares), shares, linestyle="", marker="o", markersize=5, color="#4a5563")
        axes.plot(
            sizes, [sum(shares) / len(shares) for _, shares in points], color="#1f5fbf", label="mean of the seeds"
        )
        axes.axhline(before, color="#1c2430", linewidth=1, linestyle=(0, (4, 4)), label="before")
        axes.set(xlabel="labelled documents", ylabel="share right (dev)", ylim=(0, 1.02))
        axes.legend(frameon=False, ncols=2, **ABOVE)

    return _drawn(draw, "Share right over the number of labels")
