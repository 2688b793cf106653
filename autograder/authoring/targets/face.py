"""The interface of all targets of `compile`: Plan -> files; between the plan and the build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.authoring import notebooks
from autograder.authoring.plan import Plan


@dataclass(frozen=True)
class Target:
    """One target of `compile`: how its files are made, and its folders in the course."""

    name: str
    files: Callable[[Plan], Mapping[Path, bytes]]  # by path relative to the course; called only for chosen targets
    students: tuple[str, ...] = ()  # folders of the course that students receive
    solutions: tuple[str, ...] = ()  # folders that the instructor keeps
    committed: bool = True  # whether the files belong in the repository; only then is a difference reported as drift

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders in which this target builds every file of an assignment."""
        return self.students + self.solutions


def copies(plan: Plan, *folders: str) -> dict[Path, bytes]:
    """Copies of the files that ship with the notebook, for each of these folders of the course."""
    return {Path(folder, plan.name, path): data for folder in folders for path, data in plan.beside.items()}


def notebook_bytes(notebook: Any) -> bytes:
    return notebooks.text(notebook).encode("utf-8")
