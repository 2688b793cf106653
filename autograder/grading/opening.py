"""Puts a grader together: course, prepared notebooks, sandbox and secret; used by the commands and by nbgrader."""

from __future__ import annotations

import ast
import gc
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course import Course
from autograder.grading.exposure import refuse_exposed
from autograder.sandbox.process import Sandbox
from autograder.sandbox.walls.survey import choose

if TYPE_CHECKING:  # torch and nbgrader come with these: imported once the zygote has been started
    from autograder.grading.scoring import Grader
    from autograder.model import Assignment

# An optimizer's first step imports this, and so does tril of a tensor on the meta device: a second, once or for each.
DYNAMO = "torch._dynamo"


@dataclass(frozen=True)
class Options:
    """What flags of the command line override."""

    device: str | None = None
    tier: int | None = None


@contextmanager
def open_grader(course: Course, name: str, options: Options) -> Iterator[tuple[Grader, dict[str, Any]]]:
    """The grader of one assignment, and its prepared notebooks; the sandbox ends with the block.

    The zygote is started first, so that it imports its packages while this process imports its own.
    """
    tier = options.tier if options.tier is not None else course.settings.tier
    refuse_exposed(course, tier)
    source = course.folder("source", name)
    preload = modules(course.settings.preload, source.glob("*.ipynb"))
    with Sandbox(choose(tier), course.settings.limits(), preload) as sandbox:
        sandbox.start()
        gc.disable()  # imports make a million objects that stay: looking through them again and again costs a tenth
        try:
            from autograder.authoring.prepared import prepare_assignment

            assignment, prepared = prepare_assignment(source.parent, name, course.config)
            grader = make_grader(course, assignment, sandbox, options)
        finally:
            gc.enable()
        gc.freeze()  # what the imports have made stays: no collection need look at it again
        yield grader, prepared


def make_grader(course: Course, assignment: Assignment, sandbox: Sandbox, options: Options) -> Grader:
    import torch

    from autograder.authoring.beside import files_beside
    from autograder.grading.scoring import Grader
    from autograder.judging.banks import Banks

    torch.set_num_threads(1)  # the judge's tensors are small: more threads would only fight over the cores
    device = options.device or course.settings.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    files = files_beside(course.folder("source", assignment.name), course.nbgrader.ignore)
    return Grader(assignment, Banks(course.root), sandbox, course.secret(), device, files)


def modules(wanted: Iterable[str], notebooks: Iterable[Path]) -> list[str]:
    """What the zygote imports: the course's list, and what the instructor's notebooks import; "torch.nn:Linear" for a
    name of a module.

    Read off the notebooks' text with no more than the standard library, since the zygote waits for it.
    """
    import json

    found = dict.fromkeys(wanted)
    for path in notebooks:
        try:
            cells = json.loads(path.read_bytes())["cells"]
            code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # preparing the assignment says what is wrong with it
        for source in code:
            found.update(dict.fromkeys(_imported(source)))
    if any(name.split(":")[0].split(".")[0] == "torch" for name in found):
        found[DYNAMO] = None
    return list(found)


def _imported(source: str) -> list[str]:
    plain = "\n".join(line for line in source.splitlines() if not line.startswith(("%", "!")))  # without magics
    try:
        tree = ast.parse(plain)
    except SyntaxError:
        return []
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # A package such as transformers is loaded piece by piece, when a name of it is first asked for.
            names += [f"{node.module}:{alias.name}" for alias in node.names]
    return [n for n in names if n.split(":")[0].split(".")[0] != "autograder"]


def cores() -> int:
    return len(os.sched_getaffinity(0))
