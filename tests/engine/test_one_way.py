"""Imports go one way: a module imports only what stands before it on the path of the data."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import autograder
from tests.places import TESTS

PACKAGE = Path(autograder.__file__).parent

# The path, first to last. A folder counts as one stage: inside it anything may import anything.
STAGES = (
    "starting",
    "errors",
    "limits",
    "depth",
    "model",
    "course",
    "rendering",
    "authoring",
    "sandbox",
    "judging",
    "checks",
    "gradebook",
    "grading",
    "feedback",
    "written",
    "exports",
    "report",
    "gradescope",
    "samples",
    "server",
    "cli",
    "__main__",
)
ROUND_ABOUT = ("errors", "limits", "depth", "model", "sandbox")  # all that the sandbox knows of the package
# All that is imported beside student code; of the sandbox that is what both sides of the wire speak.
BESIDE_STUDENTS = ("errors.", "limits.", "depth.", "model.", "sandbox.frames.", "sandbox.wire.", "sandbox.inside.")


def stage_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> list[tuple[str, int]]:
    """Names of this package that a file imports, and the lines; also those inside functions."""
    package = ["autograder", *path.relative_to(PACKAGE).parts[:-1]]
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found.append((module, node.lineno))
            found += [(f"{module}.{alias.name}", node.lineno) for alias in node.names]
    return [(name, line) for name, line in found if name.split(".")[0] == "autograder"]


def stages_imported(path: Path) -> list[tuple[str, int]]:
    stages = []
    for name, line in imported(path):
        parts = name.split(".")
        if len(parts) > 1 and parts[1] in STAGES:
            stages.append((parts[1], line))
    return stages


def modules() -> list[Path]:
    return [p for p in sorted(PACKAGE.rglob("*.py")) if p != PACKAGE / "__init__.py"]


def test_every_module_has_its_place_on_the_path() -> None:
    unknown = {stage_of(p) for p in modules()} - set(STAGES)
    assert not unknown, f"say in STAGES where these stand: {sorted(unknown)}"


def test_no_module_imports_what_stands_behind_it() -> None:
    place = {stage: number for number, stage in enumerate(STAGES)}
    backwards = [
        f"{path.relative_to(PACKAGE)}:{line} imports {stage}"
        for path in modules()
        for stage, line in stages_imported(path)
        if place[stage] > place[stage_of(path)]
    ]
    assert not backwards, "\n".join(backwards)


def test_the_sandbox_imports_nothing_of_the_judge_nor_of_the_course() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} imports {stage}"
        for path in modules()
        if stage_of(path) == "sandbox"
        for stage, line in stages_imported(path)
        if stage not in ROUND_ABOUT
    ]
    assert not wrong, "\n".join(wrong)


def test_what_runs_beside_student_code_imports_nothing_of_the_graders_side() -> None:
    beside = [path for path in modules() if path.is_relative_to(PACKAGE / "sandbox" / "inside")]
    beside += [PACKAGE / "sandbox" / name for name in ("frames.py", "wire.py")]
    assert len(beside) > 5
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path in beside
        for name, line in imported(path)
        if name not in ("autograder", "autograder.sandbox")  # of `from autograder.sandbox import wire`: wire comes too
        and not f"{name}.".removeprefix("autograder.").startswith(BESIDE_STUDENTS)
    ]
    assert not wrong, "\n".join(wrong)


# ---- tests: of the engine, on courses of its own ------------------------------------------------------------


def names_imported(path: Path) -> set[str]:
    """Dotted names of all that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_tests_of_the_engine_know_nothing_of_the_course_in_this_repository() -> None:
    files = [p for folder in ("engine", "attacks", "e2e", "fuzz") for p in sorted((TESTS / folder).rglob("*.py"))]
    of_the_course = [p for p in files if any(name.startswith("tests.course") for name in names_imported(p))]
    assert of_the_course == []
    built = re.compile(r"ROOT / f?\"(release|release-otter|solutions|source|checks)\b")
    graded = [p for p in files if p.parts[len(TESTS.parts)] in ("engine", "attacks") and built.search(p.read_text())]
    assert graded == []
