"""Finds the files that ship with an assignment's notebooks; used by the compiler and by the grader.

Both use the same rule, so a submission runs with the same files that the student received.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nbgrader.utils import find_all_files


def files_beside(folder: Path, ignore: Sequence[str]) -> dict[str, bytes]:
    """The files that nbgrader copies with the notebooks of `folder`: content by relative path, sorted.

    `ignore` is the course's c.CourseDirectory.ignore: globs of file names that are not copied.
    """
    found = (Path(path) for path in find_all_files(str(folder), [*ignore, "*.ipynb"]))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(found)}
