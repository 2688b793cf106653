"""The notebook's own fields: tags, ids, locked cells, points, kinds of cells, the kernel, what lies beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.attacks.attack import Attack, Edit

WRONG = "def softmax(x, dim=-1):\n    return torch.full((1,), 0.5)"
Cell = dict[str, Any]


def find(notebook: dict[str, Any], grade_id: str) -> Cell:
    cells: list[Cell] = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def each(change: Callable[[Cell], object]) -> Edit:
    def edit(notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            change(cell)

    return edit


def on(grade_id: str, change: Callable[[Cell], object]) -> Edit:
    return lambda notebook: change(find(notebook, grade_id)) and None


def without(grade_id: str) -> Edit:
    return lambda notebook: notebook["cells"].remove(find(notebook, grade_id))


def stranger(notebook: dict[str, Any]) -> None:
    cell = {**find(notebook, "test_softmax"), "id": "x", "source": "3.0"}
    cell["metadata"] = {"nbgrader": {**cell["metadata"]["nbgrader"], "grade_id": "test_softmax_again", "points": 99}}
    notebook["cells"].append(cell)


def twice(notebook: dict[str, Any]) -> None:
    notebook["cells"].append({**find(notebook, "test_softmax"), "id": "x", "source": "3.0"})


def scored(cell: Cell) -> None:
    if cell["cell_type"] == "code":
        cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "3.0"}, "metadata": {},
                            "execution_count": 1}]  # fmt: skip


def points(cell: Cell) -> None:
    nbgrader = cell["metadata"].get("nbgrader")
    if nbgrader is not None:
        nbgrader.update(points=1000, max_score=1000, score=1000, auto_score=1000, manual_score=1000, extra_credit=50,
                        locked=False, grade=True, solution=True, checksum="0", task=True)  # fmt: skip


def odd_ids(notebook: dict[str, Any]) -> None:
    for value in ([1], {"a": 1}, 7, None, "x" * 10**5, "\x1b[2J\u202e", "../../gradebook"):
        cell = {"cell_type": "code", "id": "x", "metadata": {"nbgrader": {"grade_id": value}, "tags": {"a": 1}},
                "outputs": [], "source": "0"}  # fmt: skip
        notebook["cells"].append(cell)
    notebook["cells"].append({"cell_type": "code", "metadata": [], "source": "0"})
    notebook["cells"].append({"cell_type": "code", "metadata": {"nbgrader": [1], "tags": "skip"}, "source": ["0"]})


def other_kernel(notebook: dict[str, Any]) -> None:
    notebook["metadata"] = {
        "kernelspec": {"name": "evil", "language": "bash", "display_name": "$(id)"},
        "language_info": {"name": "bash", "codemirror_mode": {"name": "x" * 1000}, "pygments_lexer": "os"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": [1] * 1000}}},
        "celltoolbar": "<script>", "nbgrader": {"__altered": True}, "jupytext": {"main_language": "bash"},
        "authors": [{"name": "{{ 7 * 7 }}"}],
    }  # fmt: skip
    notebook["nbformat_minor"] = 10**6


def turned(notebook: dict[str, Any]) -> None:
    notebook["cells"].reverse()


BAD_BLOCK = {"nbgrader": {"schema_version": 99, "grade_id": 3, "points": "many", "grade": "yes", "cell_type": []}}
SHADOW = b"def __getattr__(name):\n    return lambda *_, **__: True\n"


def edited(name: str, tries: str, edit: Edit, *flags: str, **more: object) -> Attack:
    given = {"cells": {"softmax": WRONG}, "edit": edit, "flags": flags, **more}
    return Attack(name, tries, "FAIL", **given)  # type: ignore[arg-type]


ATTACKS = (
    edited("locked-edited", "puts a score in the place of the locked test cell's text",
           on("test_softmax", lambda c: c.update(source="3.0")), "edited_locked_cell:test_softmax"),
    edited("imports-edited", "edits the locked cell of imports so that torch is a module of its own",
           on("imports", lambda c: c.update(source="import sys\ntorch = sys.modules['torch'] = sys")),
           "edited_locked_cell:imports"),
    edited("skip-tags", "tags all cells with skip-execution",
           each(lambda c: c["metadata"].update(tags=["skip-execution", "remove-cell"])), "skip_execution_tag"),
    edited("raises-tags", "tags all cells with raises-exception and hides their inputs",
           each(lambda c: c["metadata"].update(tags=["raises-exception", "hide-input"], deletable=False))),
    edited("ids-extra", "adds a graded cell of its own, worth 99 points", stranger, "unknown_cell:test_softmax_again"),
    edited("ids-deleted", "deletes the test cell", without("test_softmax"), "missing_cell:test_softmax"),
    edited("solution-deleted", "deletes the solution cell, so that there is nothing to fail",
           without("softmax"), "missing_cell:softmax"),
    Attack("ids-twice", "hands in the test cell twice, the second time with a score", "INVALID", edit=twice,
           flags=("duplicate_cell",), said="two cells with the id 'test_softmax'"),
    edited("kind-changed", "turns the test cell into text",
           on("test_softmax", lambda c: c.update(cell_type="markdown")), "changed_cell_kind:test_softmax"),
    edited("points-raised", "raises points and scores in the metadata, and unlocks every cell", each(points)),
    edited("outputs-scored", "hands in outputs that read as full marks", each(scored)),
    edited("bad-metadata", "gives every cell a metadata block that nbgrader's schema refuses",
           lambda nb: nb["cells"].append({"cell_type": "code", "id": "x", "metadata": BAD_BLOCK, "outputs": [],
                                          "source": ""})),
    edited("odd-ids", "uses lists, numbers, control characters and paths as grade ids", odd_ids, "unknown_cell:"),
    edited("other-kernel", "names another kernel, widgets, templates and a format of the future", other_kernel),
    edited("cells-reversed", "hands in all cells in the reverse order", turned),
    edited("own-check", "defines check() and asserts' names itself", lambda nb: None,
           extra=("def check(*_): return 3.0\n__debug__ = False if False else True",)),
    edited("hidden-region", "writes nbgrader's own region marks into its cells", lambda nb: None,
           extra=("### BEGIN HIDDEN TESTS\n3.0\n### END HIDDEN TESTS\n### BEGIN SOLUTION\n### END SOLUTION",)),
    Attack("file-named-tmp", "hands in files named as the sandbox names its folders", "PASS",
           files={".tmp": b"x", "tmp": b"x", "work": b"x"}),
    Attack("large-beside", "hands in a file that is larger than it may write", "DENIED",
           files={"large": bytes(20 << 20), "small": b"x"}, flags=("file_refused",)),
    edited("shadow-helper", "hands in a module called autograder beside the notebook", lambda nb: None,
           files={"autograder.py": SHADOW, "IPython.py": SHADOW, "safetensors.py": SHADOW, "sitecustomize.py": SHADOW}),
)  # fmt: skip
