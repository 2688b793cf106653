"""The class report's plots, as inline SVG in the page's colours; from the figures, for the page.

The same numbers give the same text: the SVG has no date, and its ids use a fixed salt.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograder.report.cohort_figures import ItemFigures

WIDTH = 7.2  # inches: the width of the page's column
# Placeholder colours for matplotlib, each replaced by a colour of the page.
INK, BAR = "#010101", "#010102"
COLOURS = {INK: "currentColor", BAR: "var(--wait)"}
STATES = {  # key of a state -> its label, its colour in the page
    "passed": ("right", "--good"),
    "partial": ("partly right", "--some"),
    "failed": ("not right", "--bad"),
    "error": ("error", "--word"),
    "timed_out": ("too slow", "--name"),
    "missing": ("not done", "--line"),
    "waiting": ("waits for a person", "--wait"),
    "not_graded": ("not graded", "--soft"),
}
DRAWN = {key: f"#0102{number:02x}" for number, key in enumerate(STATES)}
SETTINGS: dict[Any, Any] = {  # matplotlib's types list every key
    "svg.fonttype": "none",
    "svg.hashsalt": "cohort",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def histogram(values: Sequence[float], edges: Sequence[float], label: str, name: str, description: str) -> Markup:
    with mpl.rc_context(SETTINGS):
        figure, axes = _figure(2.5)
        axes.hist(values, bins=list(edges), color=BAR, rwidth=0.92)
        axes.set_xlabel(label)
        axes.set_ylabel("students")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        return _svg(figure, name, description)


def outcomes(items: Sequence[ItemFigures], description: str) -> Markup:
    """One stacked bar for each question: the number of students in each state."""
    with mpl.rc_context(SETTINGS):
        figure, axes = _figure(0.9 + 0.27 * len(items))
        rows = [f"Q{figures.item.number}" for figures in items]
        left = [0] * len(items)
        for key, (name, _) in STATES.items():
            counts = [figures.states[key] for figures in items]
            if any(counts):
                axes.barh(rows, counts, left=left, color=DRAWN[key], height=0.72, label=name)
                left = [a + b for a, b in zip(left, counts, strict=True)]
        axes.invert_yaxis()
        axes.set_xlabel("students")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, handlelength=1, borderaxespad=0.2)
        return _svg(figure, "outcomes", description)


def difficulty(items: Sequence[ItemFigures], description: str) -> Markup:
    """Two bars for each question: its mean share in percent, and its discrimination."""
    rows = [f"Q{figures.item.number}" for figures in items]
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, 0.7 + 0.24 * len(items)), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        left.barh(rows, [100 * (f.share or 0) for f in items], color=BAR, height=0.66)
        left.set_xlim(0, 100)
        left.set_xlabel("mean share of the points, %")
        right.barh(rows, [f.discrimination or 0 for f in items], color=BAR, height=0.66)
        right.axvline(0, color=INK, linewidth=0.6)
        right.set_xlim(min([0, *(f.discrimination or 0 for f in items)]), 1)
        right.set_xlabel("item-rest correlation")
        left.invert_yaxis()
        return _svg(figure, "difficulty", description)


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Figure, name: str, description: str) -> Markup:
    """The figure as an svg element with `description` as its label; ids begin with `name`, unique in the page."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    inside = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text[text.index("<svg") :], flags=re.DOTALL)
    colours = {**COLOURS, **{DRAWN[key]: f"var({variable})" for key, (_, variable) in STATES.items()}}
    for drawn, colour in colours.items():
        inside = inside.replace(drawn, colour)
    inside = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{name}-", inside)
    box = re.search(r'viewBox="[^"]*"', inside)
    body = inside[inside.index(">") + 1 :]
    opening = Markup('<svg {} class="plot" role="img" aria-label="{}" xmlns:xlink="http://www.w3.org/1999/xlink">')
    return opening.format(Markup(box[0] if box else ""), description) + Markup(body)
