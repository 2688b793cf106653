"""The one face of all targets of `compile`: Plan -> files; between the plan and the build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.authoring import notebooks
from autograder.authoring.plan import Plan


@dataclass(frozen=True)
class Target:
    """Something that `compile` builds for, and what it needs there."""

    name: str
    files: Callable[[Plan], Mapping[Path, bytes]]  # by path relative to the course; called only where it is chosen
    students: tuple[str, ...] = ()  # folders of the course that students get
    solutions: tuple[str, ...] = ()  # folders that the instructor keeps
    committed: bool = True  # whether the files belong in the repository, so that a difference is drift

    @property
    def folders(self) -> tuple[str, ...]:
        """Where nothing of an assignment stands but what this target builds."""
        return self.students + self.solutions


def copies(plan: Plan, *folders: str) -> dict[Path, bytes]:
    """The files that ship beside the notebook, in each of these folders of the course."""
    return {Path(folder, plan.name, path): data for folder in folders for path, data in plan.beside.items()}


def notebook_bytes(notebook: Any) -> bytes:
    return notebooks.text(notebook).encode("utf-8")
