"""A master notebook in the format that `otter assign` documents, in words of our own; for tests of import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

Cell = tuple[str, ...]  # kind ("raw", "markdown", "code"), text, then outputs; one that begins with > is printed

CONFIG: Cell = ("raw", "# ASSIGNMENT CONFIG\nfiles:\n  - falls.csv\nexport_cell: true\nseed:\n  variable: s")


def block(name: str, *cells: Cell) -> list[Cell]:
    return [("raw", f"# BEGIN {name}"), *cells, ("raw", f"# END {name}")]


def question(config: str, *cells: Cell) -> list[Cell]:
    return [("raw", f"# BEGIN QUESTION\n{config}"), *cells, ("raw", "# END QUESTION")]


FALL = question(
    "name: q1\npoints: 4",
    ("markdown", "**1** How long does a stone fall from a height of h metres?"),
    *block(
        "SOLUTION",
        ("code", "def fall_time(h):\n    t = (2 * h / g) ** 0.5  # SOLUTION\n    return t  # SOLUTION\n"),
    ),
    *block(
        "TESTS",
        ("code", "round(fall_time(20), 2)", "2.02"),
        ("code", '""" # BEGIN TEST CONFIG\npoints: 1\nfailure_message: From rest at 0 m it takes no time.\n'
         '""" # END TEST CONFIG\nfall_time(0) == 0', "True"),
        ("code", "# HIDDEN\nfall_time(80) == fall_time(20)", "False"),
        ("code", '""" # BEGIN TEST CONFIG\nhidden: true\nsuccess_message: Ten metres are right too.\n'
         '""" # END TEST CONFIG\nfor h in (5, 10):\n    print(h, round(fall_time(h), 1))', ">5 1.0\n10 1.4\n"),
    ),
)  # fmt: skip
HEAVY = question(
    "name: q 2\nall_or_nothing: true\npoints: 1",
    *block("SOLUTION", ("code", "# BEGIN SOLUTION\nheavy = 10\nlight = 1\n# END SOLUTION\nboth = (heavy, light)")),
    *block(
        "TESTS",
        ("code", "def test_order(heavy, light):\n    assert heavy > light\n\ntest_order(heavy, light)  # IGNORE"),
        ("code", "# HIDDEN\nassert light > 0"),
        ("code", "both[1]", "1"),
    ),
)
WHY = question(
    "name: q3\nmanual: true\npoints: 2.5",
    ("markdown", "**3** Why does the mass not matter?"),
    *block("PROMPT", ("markdown", "Because ...")),
    *block("SOLUTION", ("markdown", "Force and inertia both grow with it.")),
)
PLOT = question(
    "name: q4\nmanual: true\npoints: 2",
    *block("SOLUTION", ("code", 'ts = [fall_time(h) for h in range(3)]  # SOLUTION NO PROMPT\n""" # BEGIN PROMPT\n'
                        'ts = ...\n""" # END PROMPT\nprint(len(ts))')),
)  # fmt: skip

FALLING: list[Cell] = [
    CONFIG,
    ("code", "g = 9.81\n# ten times as strong\nfar = 98.1  # IGNORE"),
    ("code", "## Ignore ##\nprint('for the author')"),
    *FALL,
    *HEAVY,
    *WHY,
    *PLOT,
]


def notebook(cells: list[Cell], language: str = "python") -> Any:
    make = {"raw": v4.new_raw_cell, "markdown": v4.new_markdown_cell, "code": v4.new_code_cell}
    made = []
    for kind, text, *outputs in cells:
        cell = make[kind](text)
        for shown in outputs:
            if shown.startswith(">"):
                cell.outputs.append(v4.new_output("stream", name="stdout", text=shown[1:]))
            else:
                cell.outputs.append(v4.new_output("execute_result", data={"text/plain": shown}, execution_count=1))
        made.append(cell)
    kernel = {"name": "python3", "language": language, "display_name": "kernel"}
    return v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


def write(folder: Path, cells: list[Cell], name: str = "falling.ipynb", language: str = "python") -> Path:
    nbformat.write(notebook(cells, language), folder / name)
    return folder / name
