"""Imports go one way: a module imports only what stands before it on the path of the data."""

from __future__ import annotations

import ast
from pathlib import Path

import autograder

PACKAGE = Path(autograder.__file__).parent

# The path, first to last. A folder counts as one stage: inside it anything may import anything.
STAGES = (
    "starting",
    "errors",
    "sharing",
    "model",
    "depth",
    "rendering",
    "authoring",
    "submission",
    "sandbox",
    "judging",
    "checks",
    "certify",
    "inprocess",
    "otter_checks",
    "secret",
    "course",
    "executed",
    "scoring",
    "pool",
    "records",
    "report",
    "sample_class",
    "demo",
    "server",
    "cli",
)
INSIDE = ("errors", "model", "depth", "sandbox")  # all that a student's process may see of the package


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


def test_what_runs_beside_student_code_imports_nothing_of_the_judge() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} imports {stage}"
        for path in modules()
        if stage_of(path) == "sandbox"
        for stage, line in stages_imported(path)
        if stage not in INSIDE
    ]
    assert not wrong, "\n".join(wrong)
