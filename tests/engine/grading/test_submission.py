"""What is handed in is read with suspicion and rebuilt on the instructor's notebook; nothing runs here."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.depth import json_deeper_than
from autograder.errors import SubmissionError
from autograder.grading.submission import (
    MAX_CELLS,
    MAX_DEPTH,
    RebuiltNotebook,
    SubmittedCell,
    parse,
    rebuild,
)
from autograder.model import MasterCell, MasterNotebook, Question

STUB = "def double(x):\n    raise NotImplementedError('double')"
TEST = "assert double(2) == 4"


def locked(grade_id: str, source: str, kind: Any = "code", **more: Any) -> MasterCell:
    metadata = {"nbgrader": {"grade_id": grade_id}}
    return MasterCell(kind, source, grade_id, metadata, grade_id, visible=source, **more)


MASTER = MasterNotebook(
    "work",
    (
        MasterCell("markdown", "# Doubling", "title"),
        locked("setup", "import math"),
        MasterCell("code", STUB, "double", {}, "double", is_solution=True),
        MasterCell("code", TEST + "\nassert double(3) == 6  # hidden", "test", {}, "test_double", is_graded=True,
                   visible=TEST),
        MasterCell("markdown", "Why?", "why", {}, "why", is_solution=True, is_graded=True),
    ),
    (Question("double", "test_double", 2, "asserts", "double"), Question("why", "why", 1, "hand", "why")),
)  # fmt: skip


def cell(source: Any, grade_id: str | None = None, kind: str = "code", **metadata: Any) -> dict[str, Any]:
    marks = {} if grade_id is None else {"nbgrader": {"grade_id": grade_id}}
    return {"cell_type": kind, "source": source, "metadata": {**marks, **metadata}, "outputs": []}


def released() -> list[dict[str, Any]]:
    return [
        cell("# Doubling", kind="markdown"),
        cell("import math", "setup"),
        cell("def double(x):\n    return x + x", "double"),
        cell(TEST, "test_double"),
        cell("Because.", "why", "markdown"),
    ]


def notebook(cells: Any, **more: Any) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **more}).encode()


def rebuilt(cells: list[dict[str, Any]]) -> RebuiltNotebook:
    return rebuild(MASTER, parse(notebook(cells), "work.ipynb"))


def order(found: RebuiltNotebook) -> list[str]:
    return [c.source if c.master is None else str(c.master.grade_id) for c in found.cells]


def reason(data: bytes) -> str:
    with pytest.raises(SubmissionError) as refused:
        parse(data, "work.ipynb")
    return str(refused.value)


# ---- parsing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"hello", b"{'nbformat': 4}", b"\xff\xfe\xfa", notebook(released())[:-40]])
def test_what_is_not_json_is_called_so(data: bytes) -> None:
    assert "work.ipynb is not JSON" in reason(data)
    assert len(reason(data)) < 300


@pytest.mark.parametrize("deep", [b"[" * 200_000, b"[" * 200_000 + b"]" * 200_000, b'{"a":' * 200_000 + b"1"])
def test_deep_json_is_refused_before_it_is_parsed(deep: bytes) -> None:
    assert reason(deep) == f"work.ipynb is nested deeper than {MAX_DEPTH}; no notebook is"


def test_depth_is_counted_without_what_stands_in_strings() -> None:
    text = b'{"a": ["[[[[\\"[[[[", [1, 2]]}'
    assert json_deeper_than(text, 2)
    assert not json_deeper_than(text, 3)


def test_a_string_without_its_end_is_looked_at_once() -> None:
    # From each of its quotes anew would take an hour, and no other thread of the grader would run meanwhile.
    assert "not JSON" in reason(b'"' + b'\\"' * 1_000_000)


@pytest.mark.parametrize("data", [b"[]", b"4", b'"text"', b"null", b"{}", b'{"cells": []}', b'{"nbformat": 4}',
                                  b'{"nbformat": "4", "cells": []}', b'{"nbformat": 4, "cells": {}}'])  # fmt: skip
def test_json_that_is_no_notebook_is_called_so(data: bytes) -> None:
    assert reason(data) == "work.ipynb is JSON but not a notebook"


@pytest.mark.parametrize("version", [3, 5])
def test_another_format_is_named_with_what_to_do(version: int) -> None:
    data = json.dumps({"nbformat": version, "worksheets": [{"cells": []}]}).encode()
    assert reason(data) == f"work.ipynb has notebook format {version}; open it in JupyterLab and save it (4)"


def test_huge_numbers_do_no_harm() -> None:
    assert len(reason(b'{"nbformat": ' + b"9" * 4000 + b"}")) < 300
    assert "not JSON" in reason(b'{"nbformat": ' + b"9" * 100_000 + b"}")  # Python converts no more than 4,300 digits
    odd = notebook([]).replace(b'"nbformat_minor": 5', b'"nbformat_minor": ' + b"9" * 4000)
    assert parse(odd, "work.ipynb") == ()


@pytest.mark.parametrize("broken", [
    {"cell_type": "code", "metadata": {}},
    {"cell_type": "heading", "source": ""},
    {"source": "x = 1"},
    "x = 1",
    None,
    [],
])  # fmt: skip
def test_what_is_no_cell_is_named_by_its_number(broken: Any) -> None:
    assert reason(notebook([cell("x"), broken])) == "cell 2 of work.ipynb is not a cell"


@pytest.mark.parametrize("source", [None, 3, {"a": 1}, ["x", 3], [["x"]]])
def test_a_source_that_is_not_text_is_named_by_its_cell(source: Any) -> None:
    assert reason(notebook([cell(source)])) == "cell 1 of work.ipynb has a source that is not text"


def test_a_source_of_lines_is_their_text() -> None:
    assert parse(notebook([cell(["a\n", "b"])]), "work.ipynb")[0].source == "a\nb"


def test_lone_surrogates_become_text_that_can_be_written() -> None:
    source = parse(notebook([cell("x = '\ud800'")]), "work.ipynb")[0].source
    assert source.encode() == b"x = '?'"


def test_too_many_cells_are_a_flood() -> None:
    cells = [cell("")] * (MAX_CELLS + 1)
    assert reason(notebook(cells)) == f"work.ipynb has {MAX_CELLS + 1} cells; the limit is {MAX_CELLS}"


@pytest.mark.parametrize("metadata", [None, [], "x", {"nbgrader": []}, {"nbgrader": {"grade_id": 3}}, {"tags": "a"}])
def test_odd_metadata_is_no_metadata(metadata: Any) -> None:
    found = parse(notebook([{"cell_type": "code", "source": "x", "metadata": metadata}]), "work.ipynb")
    assert found == (SubmittedCell("code", "x", None, ()),)


# ---- rebuilding -------------------------------------------------------------------------------------------


def test_an_honest_notebook_is_taken_as_it_is() -> None:
    found = rebuilt(released())
    assert found.flags == ()
    assert order(found) == ["# Doubling", "setup", "double", "test_double", "why"]
    assert [c.run for c in found.cells if c.kind == "code"] == ["import math", "def double(x):\n    return x + x", TEST]


def test_an_edited_locked_cell_is_restored_and_flagged() -> None:
    cells = released()
    cells[1]["source"] = "import math\nmath.isclose = lambda *_: True"
    cells[3]["source"] = "pass"
    found = rebuilt(cells)
    assert found.flags == ("edited_locked_cell:setup", "edited_locked_cell:test_double")
    by_id = {c.master.grade_id: c for c in found.cells if c.master is not None}
    assert by_id["setup"].source == by_id["setup"].run == "import math"
    assert by_id["test_double"].run == TEST, "hidden parts do not run beside student code"
    assert by_id["test_double"].source == MASTER.cells[3].source


def test_space_at_the_ends_of_a_locked_cell_is_no_edit() -> None:
    cells = released()
    cells[3]["source"] = TEST + "\n\n"
    assert rebuilt(cells).flags == ()


def test_missing_cells_are_put_back_and_flagged() -> None:
    cells = released()
    del cells[2:4]
    found = rebuilt(cells)
    assert found.flags == ("missing_cell:double", "missing_cell:test_double")
    assert order(found) == ["# Doubling", "setup", "double", "test_double", "why"]
    solution = found.solution("double")
    assert solution is not None
    assert (solution.missing, solution.run) == (True, "")


def test_extra_cells_stay_behind_the_cell_that_they_stood_behind() -> None:
    cells = released()
    cells.insert(3, cell("triple = 3"))
    cells.insert(2, cell("two = 2"))
    cells.append(cell("the end", kind="raw"))
    found = rebuilt(cells)
    assert order(found) == ["# Doubling", "setup", "two = 2", "double", "triple = 3", "test_double", "why", "the end"]
    assert found.flags == ()


def test_reordered_cells_stand_in_the_instructors_order_again() -> None:
    found = rebuilt(released()[::-1])
    assert [name for name in order(found) if name != "# Doubling"] == ["setup", "double", "test_double", "why"]
    assert found.flags == ()


def test_a_cell_with_an_unknown_id_becomes_the_students_own_and_is_flagged() -> None:
    found = rebuilt([*released(), cell("x = 1", "bonus\x1b[2J")])
    assert found.flags == ("unknown_cell:bonus?[2J",)
    assert found.cells[-1].master is None
    assert found.cells[-1].run == "x = 1"


def test_two_cells_with_one_id_are_refused_with_what_to_do() -> None:
    with pytest.raises(SubmissionError, match="two cells with the id 'double': delete the copy"):
        rebuilt([*released(), cell("def double(x): ...", "double")])


@pytest.mark.parametrize(("cells", "what"), [
    ([cell("x", "softmax"), cell("y", "test_softmax")], "of another assignment"),
    ([cell("x"), cell("y")], "without any cell of this assignment"),
    ([], "without any cell of this assignment"),
])  # fmt: skip
def test_a_notebook_that_is_not_of_this_assignment_is_refused(cells: list[dict[str, Any]], what: str) -> None:
    with pytest.raises(SubmissionError, match=f"work is a notebook {what}"):
        rebuilt(cells)


def test_a_tag_that_skips_a_cell_is_flagged_and_dropped() -> None:
    cells = released()
    cells[3]["metadata"]["tags"] = ["skip-execution"]
    found = rebuilt(cells)
    assert found.flags == ("skip_execution_tag",)
    assert "skip-execution" not in json.dumps([dict(c.master.metadata) for c in found.cells if c.master is not None])


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_a_solution_cell_of_another_kind_is_made_code_again_and_flagged(kind: str) -> None:
    cells = released()
    cells[2]["cell_type"] = kind
    found = rebuilt(cells)
    solution = found.solution("double")
    assert solution is not None
    assert (solution.kind, solution.run) == ("code", "def double(x):\n    return x + x")
    assert found.flags == ("changed_cell_kind:double",)


def test_a_written_answer_made_code_does_not_run() -> None:
    cells = released()
    cells[4] = cell("import os; os._exit(0)", "why")
    answer = rebuilt(cells).solution("why")
    assert answer is not None
    assert answer.kind == "markdown"


def test_nothing_but_the_source_is_kept() -> None:
    cells = released()
    cells[2] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "<script>"}], "attachments": {"a": {}}}
    cells[2]["metadata"]["evil"] = "<script>"
    assert "<script>" not in repr(rebuilt(cells))


def test_a_released_stub_counts_as_untouched() -> None:
    cells = released()
    cells[2]["source"] = STUB
    solution = rebuilt(cells).solution("double")
    assert solution is not None
    assert solution.untouched


IDS = st.sampled_from(["setup", "double", "test_double", "why", "softmax", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | IDS, inner, max_size=3),
    max_leaves=8,
)
CELLS = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(["code", "markdown", "raw"]) | JSON,
        "source": st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=3) | JSON,
    },
    optional={
        "metadata": st.fixed_dictionaries(
            {}, optional={"nbgrader": st.fixed_dictionaries({}, optional={"grade_id": IDS | JSON}) | JSON, "tags": JSON}
        )
        | JSON,
        "outputs": JSON,
    },
)
HONEST = st.builds(cell, st.text(max_size=20), IDS, st.sampled_from(["code", "markdown", "raw"]))
NOTEBOOKS = JSON | st.fixed_dictionaries(
    {"nbformat": st.just(4) | JSON, "cells": st.lists(HONEST, max_size=8) | st.lists(CELLS | HONEST, max_size=6) | JSON}
)


@given(NOTEBOOKS)
def test_whatever_comes_is_rebuilt_or_refused(found: Any) -> None:
    try:
        made = rebuild(MASTER, parse(json.dumps(found).encode(), "work.ipynb"))
    except SubmissionError:
        return
    known = [c for c in made.cells if c.master is not None]
    assert [c.master for c in known] == [c for c in MASTER.cells if c.grade_id is not None]
    for one in known:
        assert one.master is not None
        assert one.kind == one.master.kind
        if not one.master.is_solution:
            assert (one.source, one.run) == (one.master.source, one.master.visible)


@given(st.binary(max_size=200))
def test_whatever_bytes_come_are_parsed_or_refused(data: bytes) -> None:
    with contextlib.suppress(SubmissionError):
        parse(data, "work.ipynb")
