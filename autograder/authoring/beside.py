"""The files that ship beside an assignment's notebooks; read by the compiler, and by the grader for submissions.

One rule for both, so that a submission runs beside what its student got.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nbgrader.utils import find_all_files


def files_beside(folder: Path, ignore: Sequence[str]) -> dict[str, bytes]:
    """What nbgrader copies along with the notebooks of `folder`, by relative path, sorted.

    `ignore` is the course's own c.CourseDirectory.ignore: globs of names that stay where they are.
    """
    found = (Path(path) for path in find_all_files(str(folder), [*ignore, "*.ipynb"]))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(found)}
