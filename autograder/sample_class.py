"""A class of sample submissions, made of the release notebook and the banks; for the demo, tests and benchmark."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from autograder.checks import ASSIGNMENTS, find_bank
from autograder.checks.texts import student_text

WRITTEN = (
    "Head 0 follows the pronoun: in the last row nearly all weight of *it* stands on *ball*. With the mask the "
    "upper triangle is empty, so *falls* cannot see *gravity* yet."
)
DUE = datetime(2026, 1, 12, 12, tzinfo=UTC)  # any fixed time: a sample class is the same every time it is made

EXIT = "\n\nimport os\n\nos._exit(0)"
LOOP = "\n\nwhile True:\n    pass"
FLOOD = "\n\nhoard = torch.ones(10**10)"
NOISY = (
    'import sys\nimport warnings\n\nwarnings.warn("a library is about to change", FutureWarning)\n'
    'print("loading ...", file=sys.stderr)'
)
# A function that never comes back, but only from a check: the cells of the lessons have no float64.
STUCK = """

_finished = {name}


def {name}(*args, **kwargs):
    while any(getattr(value, "dtype", None) == torch.float64 for value in args):
        pass
    return _finished(*args, **kwargs)"""
ENDLESS = {  # which function of an assignment is that one
    "embeddings": "cosine_similarity",
    "attention": "scaled_dot_product_attention",
    "gpt2": "gelu",
    "sampling": "apply_temperature",
}


@dataclass(frozen=True)
class Sample:
    """One student: the text of each solution cell (the model solution where none is given; None: untouched)."""

    student: str
    cells: Mapping[str, str | None] = field(default_factory=dict)
    appended: Mapping[str, str] = field(default_factory=dict)  # to solution cells
    extra: tuple[str, ...] = ()  # code cells of the student's own, at the end
    untouched: bool = False


def variant(function: str, number: int) -> str:
    """The text of a right implementation; numbers beyond the bank's start again."""
    variants = find_bank(function).variants
    return student_text(function, variants[number % len(variants)].implementation)


def misconception(function: str, name: str) -> str:
    """The text of a known wrong implementation."""
    for wrong in find_bank(function).misconceptions:
        if wrong.name == name:
            return student_text(function, wrong.implementation)
    raise KeyError(f"{function} has no misconception {name}")


def mistakes(assignment: str, count: int) -> list[tuple[str, str]]:
    """`count` known mistakes as (function, misconception): the first of each function, then the second, and so on."""
    banks = [find_bank(function) for function in ASSIGNMENTS[assignment]]
    most = max(len(bank.misconceptions) for bank in banks)
    found = [
        (bank.name, bank.misconceptions[place].name)
        for place in range(most)
        for bank in banks
        if place < len(bank.misconceptions)
    ]
    return found[:count]


def demo_class(assignment: str) -> list[Sample]:
    """24 students: right in several ways, each a different mistake, unfinished, crashing, endless."""
    functions = ASSIGNMENTS[assignment]
    first, second, last, stuck = functions[0], functions[1], functions[-1], ENDLESS[assignment]
    right = [Sample(f"right-{n}", {f: variant(f, n) for f in functions}) for n in range(1, 6)]
    wrong = [
        Sample(f"wrong-{n:02}", {function: misconception(function, name)})
        for n, (function, name) in enumerate(mistakes(assignment, 10), start=1)
    ]
    rest = [
        Sample("model-solution"),
        Sample("noisy", extra=(NOISY, "hidden_size = 64  # a cell of my own")),
        Sample("untouched", untouched=True),
        Sample("half-done", dict.fromkeys(functions[len(functions) // 2 :])),
        Sample("syntax-error", {first: f"def {first}(x)\n    return x"}),
        Sample("crashing", appended={last: EXIT}),
        Sample("endless-cell", appended={second: LOOP}),
        Sample("endless-call", appended={stuck: STUCK.format(name=stuck)}),
        Sample("memory-hog", appended={first: FLOOD}),
    ]
    return [*right, *wrong, *rest]


def notebook(release: Any, solved: Any, sample: Sample) -> Any:
    """The notebook that the student hands in: the release with their cells in it."""
    made = copy.deepcopy(release)
    answers = {_grade_id(cell): cell["source"] for cell in solved["cells"]}
    for cell in made["cells"]:
        name = _grade_id(cell)
        if sample.untouched or not cell["metadata"].get("nbgrader", {}).get("solution"):
            continue
        text = sample.cells.get(name, WRITTEN if cell["cell_type"] == "markdown" else answers[name])
        if text is not None:
            cell["source"] = ("".join(text) + sample.appended.get(name, "")).splitlines(keepends=True)
    for number, source in enumerate(sample.extra):
        made["cells"].append(
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"own-{number}",
                "metadata": {},
                "outputs": [],
                "source": source.splitlines(keepends=True),
            }
        )
    return made


def hand_in(course: Path, assignment: str, samples: list[Sample], *, built: Path) -> None:
    """Writes submitted/<student>/<assignment>/ in `course` for each; `built` is the course with the builds."""
    release = _read(built / "release" / assignment / f"{assignment}.ipynb")
    solved = _read(built / "solutions" / assignment / f"{assignment}.ipynb")
    for number, sample in enumerate(samples):
        folder = course / "submitted" / sample.student / assignment
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(notebook(release, solved, sample), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (folder / f"{assignment}.ipynb").write_text(text, encoding="utf-8")
        when = DUE - timedelta(minutes=7 * number)
        (folder / "timestamp.txt").write_text(when.strftime("%Y-%m-%d %H:%M:%S.%f %Z"), encoding="utf-8")


def _grade_id(cell: Any) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
