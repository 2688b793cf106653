"""Reads from a course everything needed to judge an assignment (an `Opening`), and makes a grader from it.

course -> Opening -> Grader. Single commands and nbgrader's preprocessor use the grader in their own process; the pool
sends the opening to its workers as bytes.
"""

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
from autograder.grading.exposure import exchange_folders, refuse_exposure
from autograder.grading.travel import Confinement, Opening
from autograder.judging.banks import Banks
from autograder.sandbox.process import Sandbox
from autograder.sandbox.walls.survey import choose

if TYPE_CHECKING:  # it imports torch, which must wait until the zygote has been started
    from autograder.grading.scoring import Grader
    from autograder.sandbox.session import Sessions

# An optimizer's first step and tril on the meta device import this: 1 s, paid once if the zygote preloads it.
DYNAMO = "torch._dynamo"
GPUS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")  # one of these exists if torch can find a GPU


@dataclass(frozen=True)
class Options:
    """Settings that command-line flags override."""

    device: str | None = None
    tier: int | None = None


@contextmanager
def open_grader(course: Course, name: str, options: Options) -> Iterator[tuple[Grader, dict[str, Any]]]:
    """The grader of one assignment, and its prepared notebooks by name; the sandbox is closed at the end of the block.

    The zygote is started first, so that both processes import their packages at the same time.
    """
    confinement = read_confinement(course, name, options)
    with Sandbox(confinement.walls, confinement.limits, confinement.preload, hidden=confinement.hidden) as sandbox:
        sandbox.start()
        gc.disable()  # imports create a million lasting objects; collecting during them takes 10% longer
        try:
            import torch

            torch.set_num_threads(1)  # the judge's tensors are small: more threads would only compete for the cores
            opening, prepared = read_opening(course, name, confinement, options)
            grader = grader_of(opening, sandbox)
        finally:
            gc.enable()
        gc.freeze()  # the imported objects stay: later collections can skip them
        yield grader, prepared


def read_confinement(course: Course, name: str, options: Options) -> Confinement:
    """The sandbox's settings. Imports nothing large, so that the zygote can be started early."""
    tier = options.tier if options.tier is not None else course.settings.tier
    refuse_exposure(course, tier)
    preload = modules(course.settings.preload, course.folder("source", name).glob("*.ipynb"))
    hidden = tuple(str(path.absolute()) for path in exchange_folders(course))
    return Confinement(choose(tier), course.settings.limits(), tuple(preload), hidden)


def read_opening(
    course: Course, name: str, confinement: Confinement, options: Options
) -> tuple[Opening, dict[str, Any]]:
    """The assignment's opening, and its prepared notebooks by name, for the gradebook."""
    from autograder.authoring.beside import files_beside
    from autograder.authoring.prepared import prepare_assignment  # it imports nbgrader, which is slow

    source = course.folder("source", name)
    assignment, prepared = prepare_assignment(source.parent, name, course.config)
    device = choose_device(options.device or course.settings.device)
    banks, files = Banks(course.root), files_beside(source, course.nbgrader.ignore)
    banks.refuse_outdated(check for master in assignment.notebooks for q in master.questions for check in q.checks)
    secret, sets = course.secret(), course.settings.input_sets
    return Opening(assignment, course.root, banks, secret, device, files, confinement, sets), prepared


def grader_of(opening: Opening, sandbox: Sessions) -> Grader:
    from autograder.grading.scoring import Grader

    secret, sets = opening.secret, opening.sets
    return Grader(opening.assignment, opening.banks, sandbox, secret, opening.device, opening.files, sets)


def choose_device(wanted: str) -> str:
    """Returns "cpu" or "cuda"; resolves "auto". Does not import torch on a machine without a GPU."""
    if wanted != "auto":
        return wanted
    if not any(Path(node).exists() for node in GPUS):
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def modules(wanted: Iterable[str], notebooks: Iterable[Path]) -> list[str]:
    """The modules that the zygote imports: the course's list, and the imports of the instructor's notebooks.

    "torch.nn:Linear" stands for a name in a module. Uses only the standard library, because the zygote cannot start
    before this returns.
    """
    import json

    found = dict.fromkeys(wanted)
    for path in notebooks:
        try:
            cells = json.loads(path.read_bytes())["cells"]
            code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # preparing the assignment reports the error
        for source in code:
            found.update(dict.fromkeys(_imports(source)))
    if any(name.split(":")[0].split(".")[0] == "torch" for name in found):
        found[DYNAMO] = None
    return list(found)


def _imports(source: str) -> list[str]:
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
            # Packages such as transformers import a submodule only on first access to one of its names.
            names += [f"{node.module}:{alias.name}" for alias in node.names]
    return [n for n in names if n.split(":")[0].split(".")[0] != "autograder"]


def cores() -> int:
    return len(os.sched_getaffinity(0))
