"""The instructor's notebook as nbgrader's gradebook knows it: solutions cleared, hidden tests still in.

What is graded is rebuilt on this, so that no reference solution is near the grader.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, SaveCells

from autograder.authoring.master import digest_of, master_of, read_notebook, source_paths
from autograder.model import Assignment

AFTER_SAVING = (SaveCells, ClearHiddenTests, ClearMarkScheme)


def prepare_assignment(sources: Path, name: str, config: Any) -> tuple[Assignment, dict[str, Any]]:
    """sources/<name>/*.ipynb -> the Assignment to grade by, and the prepared notebooks by name."""
    paths = source_paths(sources, name)
    prepared = {path: prepare(read_notebook(path), config) for path in paths}
    masters = tuple(master_of(notebook, path) for path, notebook in prepared.items())
    return Assignment(name, masters, digest_of(paths)), {path.stem: nb for path, nb in prepared.items()}


def prepare(notebook: Any, config: Any) -> Any:
    """Runs the course's own GenerateAssignment preprocessors on it, up to where nbgrader saves the cells."""
    resources: dict[str, Any] = {"nbgrader": {}, "unique_key": "", "metadata": {"path": ""}}
    for kind in _kinds(config):
        if kind in AFTER_SAVING or issubclass(kind, SaveCells):
            break
        notebook, resources = kind(config=config).preprocess(notebook, resources)
    return notebook


def _kinds(config: Any) -> list[type]:
    named = config.GenerateAssignment.get("preprocessors", None)
    if named is None:
        return list(GenerateAssignment.preprocessors.default_args[0])
    return [_class(kind) for kind in named]


def _class(kind: type | str) -> type:
    if isinstance(kind, type):
        return kind
    module, _, name = kind.rpartition(".")
    found: type = getattr(importlib.import_module(module), name)
    return found
