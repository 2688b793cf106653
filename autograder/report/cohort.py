"""The class report: one self-contained HTML file, for `autograder report` and a tab of the grading page.

The same gradebook, notebooks and results always give the same text.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from autograder.course import Course
from autograder.errors import UsageError
from autograder.rendering.code import code_html
from autograder.rendering.page import page
from autograder.report import cohort_plots as plots
from autograder.report.cohort_data import Cohort, read_cohort
from autograder.report.cohort_figures import ItemFigures, MistakeCount, Summary, item_figures, mistakes, summary

BINS = 10  # of a histogram
MISTAKES = 60  # shown at most: nobody reads more, and the page stays small
STATUSES = {  # a submission's status in its result -> text
    "graded": "ran to its end",
    "timed_out": "did not end in time",
    "crashed": "ended its process",
    "limit_exceeded": "ran into a limit",
    "invalid": "could not be read",
    "grader_error": "the grader failed",
}


@dataclass(frozen=True)
class Bin:
    least: float
    most: float
    count: int


@dataclass(frozen=True)
class Plot:
    """A picture, and its numbers for readers who cannot see it."""

    svg: Markup
    bins: tuple[Bin, ...] = ()


@dataclass(frozen=True)
class Report:
    cohort: Cohort
    scores: Summary
    seconds: Summary | None
    late: Summary | None
    penalties: float
    statuses: Counter[str]
    items: list[ItemFigures]
    mistakes: list[MistakeCount]

    @property
    def waiting_items(self) -> list[ItemFigures]:
        return [figures for figures in self.items if figures.waiting]

    @property
    def one_sided_items(self) -> list[ItemFigures]:
        return [figures for figures in self.items if figures.nobody or figures.everybody]


def cohort_page(course: Course, assignment: str) -> str:
    """The whole HTML document. UsageError if nobody is graded, or the assignment is unknown."""
    report = _report(read_cohort(course, assignment))
    shown = [replace(m, example=code_html(m.example)) for m in report.mistakes[:MISTAKES]]
    return page(
        "cohort",
        plots=True,
        report=report,
        shown=shown,
        scores=_scores(report),
        times=_times(report),
        outcomes=plots.outcomes(
            report.items, "How each question went for how many students; the table has the numbers."
        ),
        difficulty=plots.difficulty(report.items, "Mean share and item-rest correlation, as in the table."),
        statuses=STATUSES,
        states=plots.STATES,
        used=[key for key in plots.STATES if any(figures.states[key] for figures in report.items)],
    )


def write_report(course: Course, assignment: str, output: Path | None = None) -> Path:
    """Writes the page to `output`, by default `reports/ASSIGNMENT.html` in the course, and returns the path."""
    text = cohort_page(course, assignment)
    path = output or course.root / "reports" / f"{assignment}.html"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _report(cohort: Cohort) -> Report:
    entries = cohort.entries
    scores = summary(entry.total for entry in entries)
    assert scores is not None  # read_cohort refuses an empty class
    return Report(
        cohort,
        scores,
        summary(entry.seconds for entry in entries if entry.seconds is not None),
        summary(entry.late_seconds for entry in entries if entry.late_seconds),
        sum(entry.penalty for entry in entries),
        Counter(entry.status for entry in entries),
        item_figures(cohort),
        mistakes(cohort),
    )


def _scores(report: Report) -> Plot:
    values = [entry.total for entry in report.cohort.entries]
    most = max(report.cohort.max_score, *values, 1e-9)  # extra credit can exceed the maximum
    edges = [most * n / BINS for n in range(BINS + 1)]
    return _histogram(values, edges, "points", "scores")


def _times(report: Report) -> Plot | None:
    values = [entry.seconds for entry in report.cohort.entries if entry.seconds is not None]
    if not values:
        return None
    step = _round_step(max(values) / BINS)
    edges = [step * n for n in range(math.floor(max(values) / step) + 2)]
    return _histogram(values, edges, "seconds", "times")


def _round_step(least: float) -> float:
    """The smallest of ..., 0.1, 0.2, 0.5, 1, 2, 5, 10, ... that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-3)))
    return next(power * n for n in (1, 2, 5, 10) if power * n >= min(least, power * 10))


def _histogram(values: Sequence[float], edges: Sequence[float], unit: str, name: str) -> Plot:
    last = len(edges) - 2
    bins = []
    for n in range(last + 1):
        inside = [v for v in values if edges[n] <= v < edges[n + 1] or (n == last and v == edges[-1])]
        bins.append(Bin(edges[n], edges[n + 1], len(inside)))
    description = f"Histogram of {name}: how many students have how many {unit}; the table has the numbers."
    return Plot(plots.histogram(values, edges, unit, name, description), tuple(bins))
