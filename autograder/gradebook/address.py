"""Finds a course's gradebook, for the reader and the writer; it does not import nbgrader, which takes a second."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url

from autograder.course import Course


def database(course: Course) -> URL:
    """The URL of the course's gradebook; a relative path is resolved against the course's root."""
    url = make_url(str(course.nbgrader.db_url))
    file = _file(url)
    return url if file is None else url.set(database=str(course.root / file))


def gradebook_file(course: Course) -> Path | None:
    """The gradebook's SQLite file; None if the gradebook is another kind of database."""
    return _file(database(course))


def is_begun(url: URL) -> bool:
    """Whether there is a gradebook. An empty file does not count: connecting to a missing SQLite file creates one."""
    file = _file(url)
    return file is None or (file.is_file() and file.stat().st_size > 0)


def _file(url: URL) -> Path | None:
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)
