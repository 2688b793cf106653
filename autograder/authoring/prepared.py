"""Makes the prepared notebook: the source notebook with solutions cleared and hidden tests kept, as in the gradebook.

Grading puts the student's answers into this notebook, so the grader never holds a reference solution.
"""

from __future__ import annotations

import copy
import importlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, SaveCells

from autograder.authoring.master import digest_of, master_of, read_notebook, source_paths
from autograder.model import Assignment, MasterNotebook

AFTER_SAVING = (SaveCells, ClearHiddenTests, ClearMarkScheme)


def prepare_assignment(sources: Path, name: str, config: Any) -> tuple[Assignment, dict[str, Any]]:
    """Reads sources/<name>/*.ipynb. Returns the Assignment for grading and the prepared notebooks by name."""
    paths = source_paths(sources, name)
    prepared = {path: prepare(read_notebook(path), config, path.parent) for path in paths}
    masters = tuple(_add_released(master_of(notebook, path), notebook, config) for path, notebook in prepared.items())
    return Assignment(name, masters, digest_of(paths)), {path.stem: nb for path, nb in prepared.items()}


def prepare(notebook: Any, config: Any, folder: Path) -> Any:
    """Runs the course's GenerateAssignment preprocessors on `notebook`, up to the step where nbgrader saves the cells.

    `folder` is the notebook's folder; nbgrader looks there for templates of generated tests.
    """
    return _preprocess(notebook, _before_saving(_kinds(config)), config, folder)


def release(prepared: Any, config: Any) -> Any:
    """Makes the students' notebook: runs the course's remaining preprocessors (after SaveCells) on the prepared one."""
    kinds = _kinds(config)
    rest = kinds[len(list(_before_saving(kinds))) :]
    return _preprocess(copy.deepcopy(prepared), (kind for kind in rest if not issubclass(kind, SaveCells)), config)


def _add_released(master: MasterNotebook, prepared: Any, config: Any) -> MasterNotebook:
    """A copy of `master` in which each cell also has its released text, which students received."""
    texts = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in release(prepared, config).cells}
    return replace(master, cells=tuple(replace(cell, released=texts.get(cell.grade_id)) for cell in master.cells))


def _preprocess(notebook: Any, kinds: Iterable[type], config: Any, folder: Path | None = None) -> Any:
    resources: dict[str, Any] = {"nbgrader": {}, "unique_key": "", "metadata": {"path": str(folder or "")}}
    for kind in kinds:
        notebook, resources = kind(config=config).preprocess(notebook, resources)
    return notebook


def _before_saving(kinds: Iterable[type]) -> Iterator[type]:
    return itertools.takewhile(lambda kind: kind not in AFTER_SAVING and not issubclass(kind, SaveCells), kinds)


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
