"""Where a course's gradebook is, and whether there is one; before reader and writer, and importing no nbgrader, which
takes a second."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url

from autograder.course import Course


def database(course: Course) -> URL:
    """The gradebook's address; a file that is named by a relative path lies in the course, whoever asks from where."""
    url = make_url(str(course.nbgrader.db_url))
    file = _file(url)
    return url if file is None else url.set(database=str(course.root / file))


def gradebook_file(course: Course) -> Path | None:
    """The file that the gradebook is; None where it is another sort of database."""
    return _file(database(course))


def is_begun(url: URL) -> bool:
    """An empty file is not: whoever connects to what is not there makes one, which nbgrader takes for a gradebook."""
    file = _file(url)
    return file is None or (file.is_file() and file.stat().st_size > 0)


def _file(url: URL) -> Path | None:
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)
