"""Finds the course that a server shows, and refuses users who may not grade; between the course and the handlers."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_core.paths import jupyter_config_path
from traitlets.config import PyFileConfigLoader

from autograder.course import CONFIG, Course, find_course, read_course
from autograder.errors import UsageError
from autograder.gradebook.address import gradebook_file

DISABLED = "The grading page is switched off on this server. It is for those who teach the course."


class CourseRefusal(Exception):
    """This server has no course that its user may grade; the message is shown to the user."""


class Place:
    """The course of one server, cached until its configuration file changes."""

    def __init__(self, shown: Path, named: str, enabled: bool) -> None:
        """`shown` is the server's root directory; `named` is the course directory from its configuration, or empty."""
        self._shown = shown
        self._named = named
        self._enabled = enabled
        self._known: tuple[int, Course] | None = None

    def course(self) -> Course:
        """The course. CourseRefusal if the page is switched off, or there is no course that this user may grade."""
        if not self._enabled:
            raise CourseRefusal(DISABLED)
        if self._known is not None:
            changed, course = self._known
            if _config_time(course.root) == changed:
                return course
        course = self._find_course()
        _take_up(course)
        _check_writable(course)
        self._known = (_config_time(course.root), course)
        return course

    def _find_course(self) -> Course:
        try:
            if self._named:
                return read_course(Path(self._named).expanduser())
            try:
                return find_course(self._shown)
            except UsageError:
                named = _configured_root()
                if named is None:
                    raise
                return read_course(named)
        except UsageError as error:
            raise CourseRefusal(f"No course was found: {error}.") from error


def _config_time(root: Path) -> int:
    try:
        return (root / CONFIG).stat().st_mtime_ns
    except OSError:
        return 0


def _configured_root() -> Path | None:
    """c.CourseDirectory.root from an nbgrader_config.py in Jupyter's configuration folders, where hubs put it."""
    for folder in jupyter_config_path():
        if (Path(folder) / CONFIG).is_file():
            config = PyFileConfigLoader(CONFIG, path=folder).load_config()
            if "root" in config.CourseDirectory:
                return Path(config.CourseDirectory.root)
    return None


def _take_up(course: Course) -> None:
    """Adds the exchange's root and the course id from Jupyter's configuration folders, unless the course sets them.

    nbgrader, which releases feedback, reads the files in this order too; deploy/roles sets the exchange there.
    """
    for folder in jupyter_config_path():
        if (Path(folder) / CONFIG).is_file():
            try:
                config = PyFileConfigLoader(CONFIG, path=folder).load_config()
            except Exception:  # the file is Python and can raise anything; nbgrader logs it
                continue
            for section, name in (("Exchange", "root"), ("CourseDirectory", "course_id")):
                if name in config[section] and name not in course.config[section]:
                    course.config[section][name] = config[section][name]


def _check_writable(course: Course) -> None:
    """CourseRefusal if the user cannot write the gradebook: students may read the course; only graders can write."""
    path = gradebook_file(course)
    if path is None:
        return  # a database server checks who writes
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise CourseRefusal(f"You may not write {path}, so this course is not yours to grade.")
