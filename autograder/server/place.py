"""Which course a server serves, and to whom it refuses it; between the course and the page's handlers."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_core.paths import jupyter_config_path
from traitlets.config import PyFileConfigLoader

from autograder.course import CONFIG, Course, find_course, read_course
from autograder.errors import UsageError
from autograder.gradebook.address import gradebook_file

DISABLED = "The grading page is switched off on this server. It is for those who teach the course."


class Refused(Exception):
    """This server has no course to show to its user; the text is what they read."""


class Place:
    """Finds the course of one server, and reads its settings again when their file has changed."""

    def __init__(self, shown: Path, named: str, enabled: bool) -> None:
        """`shown` is the folder that the server shows; `named` the course that its configuration names, or empty."""
        self._shown = shown
        self._named = named
        self._enabled = enabled
        self._known: tuple[int, Course] | None = None

    def course(self) -> Course:
        """The course. Refused if the page is switched off, or there is no course that this user may grade."""
        if not self._enabled:
            raise Refused(DISABLED)
        if self._known is not None:
            changed, course = self._known
            if _changed(course.root) == changed:
                return course
        course = self._found()
        _take_up(course)
        _check_writable(course)
        self._known = (_changed(course.root), course)
        return course

    def _found(self) -> Course:
        try:
            if self._named:
                return read_course(Path(self._named).expanduser())
            try:
                return find_course(self._shown)
            except UsageError:
                named = _named_to_nbgrader()
                if named is None:
                    raise
                return read_course(named)
        except UsageError as error:
            raise Refused(f"No course was found: {error}.") from error


def _changed(root: Path) -> int:
    try:
        return (root / CONFIG).stat().st_mtime_ns
    except OSError:
        return 0


def _named_to_nbgrader() -> Path | None:
    """c.CourseDirectory.root of an nbgrader_config.py in Jupyter's own folders, where hubs put it."""
    for folder in jupyter_config_path():
        if (Path(folder) / CONFIG).is_file():
            config = PyFileConfigLoader(CONFIG, path=folder).load_config()
            if "root" in config.CourseDirectory:
                return Path(config.CourseDirectory.root)
    return None


def _take_up(course: Course) -> None:
    """Where the exchange lies may stand in the same folders, as in deploy/roles; nbgrader, which releases feedback,
    reads these first and the course's own file over them."""
    for folder in jupyter_config_path():
        if (Path(folder) / CONFIG).is_file():
            try:
                config = PyFileConfigLoader(CONFIG, path=folder).load_config()
            except Exception:  # the file is Python: anything can come out of it, and nbgrader's log says what
                continue
            for section, name in (("Exchange", "root"), ("CourseDirectory", "course_id")):
                if name in config[section] and name not in course.config[section]:
                    course.config[section][name] = config[section][name]


def _check_writable(course: Course) -> None:
    """A student may be able to read a course directory; who grades it can write its gradebook."""
    path = gradebook_file(course)
    if path is None:
        return  # a database server checks who writes
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Refused(f"You may not write {path}, so this course is not yours to grade.")
