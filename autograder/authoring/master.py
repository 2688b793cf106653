"""Reads source notebooks (compiled here or from any nbgrader course) into the Assignment that grading starts from."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
import nbformat.reader
from nbgrader.nbgraderformat import MetadataValidator, SchemaTooNewError, SchemaTooOldError, ValidationError
from nbgrader.utils import is_grade, is_solution, is_task

from autograder.authoring import regions, syntax
from autograder.authoring.identity import cell_ids
from autograder.authoring.regions import HIDDEN, MARK_SCHEME
from autograder.errors import SourceError, UsageError
from autograder.model import Assignment, MasterCell, MasterNotebook, Question

# JSON escapes quotes inside strings, so this pattern matches only a key, never the source of a cell.
POINTS = re.compile(rb'(?<!\\)"points": *[0-9.eE+-]+')


def source_paths(course_source_dir: Path, name: str) -> list[Path]:
    """The notebooks of source/<name>/, sorted. UsageError if there are none."""
    if not name or name in (".", "..") or Path(name).name != name:
        raise UsageError(f"{name!r} does not name an assignment; give the name of a folder in {course_source_dir}")
    folder = course_source_dir / name
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such assignment{_list_others(course_source_dir)}")
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise UsageError(f"{folder}: no notebook there; build it with: autograder compile {name}")
    return paths


def digest_of(paths: Iterable[Path]) -> str:
    """SHA-256 of the notebooks' names and bytes: any change alters it except a change of points."""
    digest = hashlib.sha256()
    for path in paths:
        content = POINTS.sub(rb'"points":', path.read_bytes())
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def read_assignment(course_source_dir: Path, name: str) -> Assignment:
    """Reads all notebooks of source/<name>/, sorted by name. SourceError if one is invalid."""
    paths = source_paths(course_source_dir, name)
    return Assignment(name, tuple(read_master(path) for path in paths), digest_of(paths))


def read_master(path: Path) -> MasterNotebook:
    """Reads one source notebook (nbformat 3 or 4, any nbgrader schema version), hidden tests included."""
    return master_of(read_notebook(path), path)


def master_of(notebook: Any, path: Path) -> MasterNotebook:
    """The MasterNotebook of a notebook that was read from `path`."""
    cells = tuple(_cell(path.stem, number, cell) for number, cell in enumerate(notebook.cells, start=1))
    solutions = {cell.grade_id for cell in cells if cell.is_solution and not cell.is_graded and cell.grade_id}
    questions = tuple(_question(cell, solutions) for cell in cells if cell.is_graded)
    return MasterNotebook(path.stem, cells, questions, _plain_copy(notebook.metadata))


def _list_others(folder: Path) -> str:
    names = sorted(path.name for path in folder.glob("*") if path.is_dir() and any(path.glob("*.ipynb")))
    return f"; there are {', '.join(names)}" if names else ""


def read_notebook(path: Path) -> Any:
    """A notebook of nbformat 4.5, with an id on every cell and nbgrader's metadata in its newest schema."""
    notebook = _parse_file(path)
    wanted = [(cell.cell_type, cell.source, cell.get("id") or _grade_id(cell)) for cell in notebook.cells]
    for cell, identity in zip(notebook.cells, cell_ids(wanted), strict=True):
        cell.id = identity
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)  # 4.5 is the first version with cell ids
    try:
        nbformat.validate(notebook)
        validator = MetadataValidator()
        validator.upgrade_notebook_metadata(notebook)
        validator.validate_nb(notebook)
    except (SchemaTooNewError, SchemaTooOldError) as error:
        raise SourceError(path, 1, f"nbgrader's metadata is of another version: {error}; update nbgrader") from None
    except ValidationError as error:  # nbformat's ValidationError is a subclass
        raise SourceError(path, 1, f"not a valid nbgrader notebook: {error.message}") from None
    return notebook


def _parse_file(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors write a byte order mark
    except FileNotFoundError:
        raise UsageError(f"{path}: no such notebook") from None
    except UnicodeDecodeError:
        raise SourceError(path, 1, "not UTF-8 text, so no notebook") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # older notebooks lack cell ids; we add them later
            return nbformat.convert(nbformat.reader.reads(text), 4)
    except json.JSONDecodeError as error:
        raise SourceError(path, error.lineno, f"not JSON: {error.msg}") from None
    except nbformat.reader.NotJSONError:
        raise SourceError(path, _json_line(text), "not JSON; open it in Jupyter and save it again") from None
    except Exception as error:  # nbformat raises any exception type on malformed input
        raise SourceError(path, 1, f"not a notebook ({type(error).__name__}: {error})") from None


def _json_line(text: str) -> int:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno
    return 1


def _grade_id(cell: Any) -> str | None:
    found = cell.metadata.get("nbgrader", {})
    return found.get("grade_id") if isinstance(found, dict) else None


def _cell(name: str, number: int, cell: Any) -> MasterCell:
    metadata = cell.metadata.get("nbgrader", {})
    relevant = is_grade(cell) or is_solution(cell) or is_task(cell) or metadata.get("locked", False)
    try:
        visible = _visible_source(cell)
    except regions.RegionFault as fault:
        raise SourceError(f"{name}.ipynb", 1, f"cell {number}, line {fault.offset + 1}: {fault}") from None
    return MasterCell(
        kind=cell.cell_type,
        source=cell.source,
        cell_id=cell.id,
        metadata=_plain_copy(cell.metadata),
        grade_id=metadata.get("grade_id") if relevant else None,
        is_solution=is_solution(cell),
        is_graded=is_grade(cell) or is_task(cell),
        visible=visible,
    )


def _visible_source(cell: Any) -> str:
    """The source that may run in the student's process: no solutions and no hidden check() regions.

    Hidden regions with plain asserts stay, because only that process can run them.
    """
    if is_solution(cell):
        return ""
    if cell.cell_type != "code":
        return regions.drop(cell.source, MARK_SCHEME)
    return regions.drop(cell.source, HIDDEN) if _checks(cell.source) else str(cell.source)


def _checks(source: str) -> tuple[str, ...]:
    """Names given to check() in the hidden regions of a cell, each once, in order."""
    names = []
    for text in regions.texts(source, HIDDEN):
        try:
            calls = syntax.check_calls(syntax.parse(text))
        except SyntaxError:
            continue  # not Python, so it holds no check() call
        names += [call.name for call in calls if call.name is not None]
    return tuple(dict.fromkeys(names))


def _question(cell: MasterCell, solutions: set[str]) -> Question:
    assert cell.grade_id is not None  # nbgrader's schema requires one on every graded cell
    metadata = cell.metadata["nbgrader"]
    points = float(metadata.get("points", 0))
    if cell.is_solution or metadata.get("task", False):
        return Question(cell.grade_id, cell.grade_id, points, "hand", cell.grade_id if cell.is_solution else None)
    function = cell.grade_id.removeprefix("test_")
    paired = function != cell.grade_id and function in solutions
    checks = _checks(cell.source)
    return Question(
        id=function if paired else cell.grade_id,
        grade_id=cell.grade_id,
        max_score=points,
        judged_by="checks" if checks else "asserts",
        solution_id=function if paired else None,
        checks=checks,
    )


def _plain_copy(metadata: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(metadata))
    return plain
