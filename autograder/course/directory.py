"""A course directory, found by its nbgrader_config.py and read from it."""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets import TraitError
from traitlets.config import PyFileConfigLoader

from autograder.course import secret, state
from autograder.course.repository import Repository
from autograder.course.settings import Autograder
from autograder.course.sharing import hand_on, is_shared
from autograder.errors import UsageError

CONFIG = "nbgrader_config.py"
STUDENTS_FOLDERS = ("submitted", "autograded", "feedback")  # by nbgrader's names, where a course gives no others
EXCHANGE = "/usr/local/share/nbgrader/exchange"  # nbgrader's default
NAMED_FOLDER = re.compile(rf"(?:{'|'.join(STUDENTS_FOLDERS)})_directory *= *[\"']([^\"']+)[\"']")


@dataclass(frozen=True)
class Course:
    """A course's root, its whole configuration, and our part of it."""

    root: Path
    config: Any  # traitlets' Config
    settings: Autograder

    @functools.cached_property
    def nbgrader(self) -> Any:
        """Where nbgrader looks for folders and the gradebook: its own CourseDirectory."""
        from nbgrader.coursedir import CourseDirectory  # importing nbgrader takes a second: not for every command

        try:
            return CourseDirectory(config=self.config)
        except TraitError as error:
            raise UsageError(f"{self.root / CONFIG}: {error}") from error

    @property
    def repository(self) -> Repository | None:
        """Where the course lies on GitHub, if its settings say so."""
        if not self.settings.repository:
            return None
        try:
            return Repository.parse(self.settings.repository)
        except ValueError as error:
            raise UsageError(f"{self.root / CONFIG}: c.Autograder.repository: {error}") from None

    @property
    def state(self) -> Path:
        """The folder; `autograder.course.state` says what lies where in it."""
        return state.folder(self.root)

    def folder(self, kind: str, assignment: str, student: str = ".") -> Path:
        """nbgrader's folder of one kind ("source", "release", "submitted", "autograded", "feedback")."""
        step = getattr(self.nbgrader, f"{kind}_directory")
        return Path(os.path.normpath(self.nbgrader.format_path(step, student, assignment)))

    @property
    def exchange(self) -> Path:
        """The folder by which nbgrader takes files to students and back."""
        return Path(str(self.config.Exchange.get("root", EXCHANGE)))

    @property
    def shared(self) -> bool:
        """Whether a group grades here: its members may write the course directory, and what is made in it is theirs."""
        return is_shared(self.root)

    def below(self, path: Path) -> tuple[str, ...]:
        """The steps from the course's root down to a path in it, none of which may then be a link; see read_bytes."""
        try:
            return path.relative_to(self.root).parts
        except ValueError:
            text = f"{path} does not lie in the course {self.root}; see CourseDirectory in {CONFIG}"
            raise UsageError(text) from None

    def secret(self) -> bytes:
        """The course's own 32 bytes, from which all inputs of checks are drawn; made at the first call."""
        found = secret.read_or_make(self.state, shared=self.shared)
        hand_on(self.state)
        return found


def find_course(start: Path) -> Course:
    """The course that `start` lies in: the nearest folder upwards with an nbgrader_config.py, except one that a student
    has handed in. Such a file is Python and would be run, so it is told by its place, without reading it."""
    folders = [folder for folder in (start.resolve(), *start.resolve().parents) if (folder / CONFIG).is_file()]
    for number, folder in enumerate(folders):
        if not any(_is_handed_in(folder, course) for course in folders[number + 1 :]):
            return read_course(folder)
    raise UsageError(f"no {CONFIG} in {start} or above it; run this in a course directory of nbgrader")


def _is_handed_in(folder: Path, course: Path) -> bool:
    """Whether `folder` is one where `course` keeps what comes from students. Where these are is read off the text of
    the course's settings: to run them, the course must have been found."""
    named = NAMED_FOLDER.findall((course / CONFIG).read_text(encoding="utf-8", errors="replace"))
    return any(folder.is_relative_to(course / name) for name in (*STUDENTS_FOLDERS, *named))


def read_course(root: Path) -> Course:
    try:
        config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    except Exception as error:  # the file is Python: anything can come out of it
        raise UsageError(f"{root / CONFIG} cannot be read: {type(error).__name__}: {error}") from error
    if "root" not in config.CourseDirectory:
        config.CourseDirectory.root = str(root)  # nbgrader's default is the current folder
    try:
        return Course(Path(config.CourseDirectory.root).resolve(), config, Autograder(config=config))
    except TraitError as error:
        raise UsageError(f"{root / CONFIG}: {error}") from error
