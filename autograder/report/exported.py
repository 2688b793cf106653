"""The summary of an export for the terminal: students without a mark, with a mark that may change, or without a row."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.exports.export import Export


def summary(done: Export) -> Iterator[str]:
    """One line for each kind of problem, with all names, then a line of counts."""
    if done.new_column:
        yield (
            f"the roster has no column {done.new_column!r}: Canvas takes it for a new assignment; if it has one under "
            "another name, give that with --column"
        )
    troubles = {
        "no mark, since nothing was handed in": done.without_mark,
        "no mark, since what was handed in is not graded (autograder grade)": done.not_graded,
        "the grader failed; not a mark, so the cell is empty (autograder grade, or give marks by hand)": done.failed,
        "handed in again since it was graded, the mark is of what was there before": done.changed,
        "written answers are not marked yet, the mark may change": done.provisional,
        "left out, not on the roster": done.not_on_roster,
        "left out, since it is not clear who is who": done.ambiguous,
    }
    for trouble, names in troubles.items():
        if names:
            yield f"{trouble}: {', '.join(names)}"
    marked = done.lines - done.empty
    left_out = len(done.not_on_roster) + len(done.ambiguous)
    changing = f" ({len(done.provisional)} may change)" if done.provisional else ""
    yield f"{done.lines} students: {marked} marks{changing}, {done.empty} without; {left_out} left out"
