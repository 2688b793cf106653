"""Makes a class of sample submissions from the release notebook and the banks; for the demo, tests and benchmark."""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from autograder.authoring.master import read_assignment
from autograder.course import Course
from autograder.judging.banks import Banks
from autograder.judging.check import Bank, Misconception, Variant
from autograder.samples.texts import NoText, student_text

WRITTEN = (
    "I read the picture from left to right: it rises quickly, then slowly, and where the input is large it hardly "
    "changes any more. I had expected a straight line, so I looked at the numbers again, and they say the same."
)
DUE = datetime(2026, 1, 12, 12, tzinfo=UTC)  # any fixed time: a sample class is the same every time it is made

MISTAKES = 10  # at most so many in a class, one student each

EXIT = "\n\nimport os\n\nos._exit(0)"
LOOP = "\n\nwhile True:\n    pass"
FLOOD = "\n\nhoard = bytearray(10**11)"
NOISY = (
    'import sys\nimport warnings\n\nwarnings.warn("a library is about to change", FutureWarning)\n'
    'print("loading ...", file=sys.stderr)'
)
# A function that loops forever only when a check calls it; calls from the notebook's own cells return.
STUCK = """

_finished = {name}


def {name}(*args, **kwargs):
    import sys

    while sys._getframe(1).f_globals.get("__name__") != "__main__":
        pass
    return _finished(*args, **kwargs)"""


@dataclass(frozen=True)
class Sample:
    """One student: the text of each solution cell (the model solution where none is given; None: untouched)."""

    student: str
    cells: Mapping[str, str | None] = field(default_factory=dict)
    appended: Mapping[str, str] = field(default_factory=dict)  # to solution cells
    extra: tuple[str, ...] = ()  # code cells of the student's own, at the end
    untouched: bool = False


def variant(bank: Bank, number: int) -> str:
    """The text of correct implementation `number`, modulo the bank's number of them. NoText if it has none."""
    return student_text(bank.name, bank.variants[number % len(bank.variants)].implementation)


def misconception(bank: Bank, name: str) -> str:
    """The text of the known wrong implementation `name`. NoText if it has none."""
    for wrong in bank.misconceptions:
        if wrong.name == name:
            return student_text(bank.name, wrong.implementation)
    raise KeyError(f"{bank.name} has no misconception {name}")


def _texts(bank: Bank, known: Sequence[Variant | Misconception]) -> list[str]:
    """The texts of the bank's implementations, without those that have none."""
    found = []
    for one in known:
        with contextlib.suppress(NoText):
            found.append(student_text(bank.name, one.implementation))
    return found


def _take_turns(texts: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """The first text of each function, then the second, and so on."""
    for row in itertools.zip_longest(*texts.values()):
        yield from ((name, text) for name, text in zip(texts, row, strict=True) if text is not None)


def assignment_banks(course: Course, assignment: str, banks: Banks) -> list[Bank]:
    """The banks that judge an assignment's functions, in the order of its notebook."""
    questions = [q for notebook in read_assignment(course.folder("source", assignment).parent, assignment).notebooks
                 for q in notebook.questions]  # fmt: skip  # two loops, two lines
    return [banks.find(q.id) for q in questions if q.judged_by == "checks" and q.id in q.checks]


def demo_class(banks: Sequence[Bank]) -> list[Sample]:
    """Up to 24 students: several correct ones, one for each mistake, and unfinished, crashing and endless ones.

    `banks` (at least one) judge the functions of one assignment, in its order. A bank without variants adds no
    correct students, and one without known mistakes adds no wrong ones.
    """
    functions = [bank.name for bank in banks]
    first, second, last = functions[0], functions[1 % len(functions)], functions[-1]
    stuck = functions[len(functions) // 2]
    written = {bank.name: texts for bank in banks if (texts := _texts(bank, bank.variants))}
    right = [
        Sample(f"right-{n}", {name: texts[n % len(texts)] for name, texts in written.items()}) for n in range(1, 6)
    ]
    wrong = [
        Sample(f"wrong-{n:02}", {name: text})
        for n, (name, text) in enumerate(
            _take_turns({bank.name: _texts(bank, bank.misconceptions) for bank in banks}), 1
        )
    ][:MISTAKES]
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
    """The notebook that the student hands in: the release with the student's cells."""
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
    """Writes submitted/<student>/<assignment>/ in `course` for each sample; `built` is a compiled course."""
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
