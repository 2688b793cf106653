"""Finds a course directory by its nbgrader_config.py and reads the settings; every command starts here."""

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
STUDENTS_FOLDERS = ("submitted", "autograded", "feedback")  # nbgrader's default names
EXCHANGE = "/usr/local/share/nbgrader/exchange"  # nbgrader's default
NAMED_FOLDER = re.compile(rf"(?:{'|'.join(STUDENTS_FOLDERS)})_directory *= *[\"']([^\"']+)[\"']")


@dataclass(frozen=True)
class Course:
    """A course: its root, its whole configuration, and the autograder's part of the configuration."""

    root: Path
    config: Any  # traitlets' Config
    settings: Autograder

    @functools.cached_property
    def nbgrader(self) -> Any:
        """nbgrader's CourseDirectory, which knows the folders and the gradebook. UsageError for a wrong setting."""
        from nbgrader.coursedir import CourseDirectory  # the import takes a second, and not every command needs it

        try:
            return CourseDirectory(config=self.config)
        except TraitError as error:
            raise UsageError(f"{self.root / CONFIG}: {error}") from error

    @property
    def repository(self) -> Repository | None:
        """The course's GitHub repository, or None if the settings have none. UsageError for a wrong setting."""
        if not self.settings.repository:
            return None
        try:
            return Repository.parse(self.settings.repository)
        except ValueError as error:
            raise UsageError(f"{self.root / CONFIG}: c.Autograder.repository: {error}") from None

    @property
    def state(self) -> Path:
        """The course's state folder; `autograder.course.state` documents its layout."""
        return state.folder(self.root)

    def folder(self, kind: str, assignment: str, student: str = ".") -> Path:
        """nbgrader's folder of one `kind`: "source", "release", "submitted", "autograded" or "feedback"."""
        step = getattr(self.nbgrader, f"{kind}_directory")
        return Path(os.path.normpath(self.nbgrader.format_path(step, student, assignment)))

    @property
    def exchange(self) -> Path:
        """The folder through which nbgrader sends files to students and collects them."""
        return Path(str(self.config.Exchange.get("root", EXCHANGE)))

    @property
    def is_shared(self) -> bool:
        """Whether a group of graders shares the course directory, so that its members may write there."""
        return is_shared(self.root)

    def parts_below(self, path: Path) -> tuple[str, ...]:
        """The parts of `path` relative to the course's root. read_bytes, which takes them, follows no link in any part.

        UsageError if the path is outside the course.
        """
        try:
            return path.relative_to(self.root).parts
        except ValueError:
            text = f"{path} does not lie in the course {self.root}; see CourseDirectory in {CONFIG}"
            raise UsageError(text) from None

    def secret(self) -> bytes:
        """The course's secret of 32 bytes, from which the checks draw their inputs; made at the first call."""
        found = secret.read_or_make(self.state, shared=self.is_shared)
        hand_on(self.state)
        return found


def find_course(start: Path) -> Course:
    """The course that contains `start`: the nearest folder upwards with an nbgrader_config.py. UsageError if none.

    Skips a file that a student has handed in. Reading an nbgrader_config.py runs it, so only its path decides this.
    """
    folders = [folder for folder in (start.resolve(), *start.resolve().parents) if (folder / CONFIG).is_file()]
    for number, folder in enumerate(folders):
        if not any(_is_handed_in(folder, course) for course in folders[number + 1 :]):
            return read_course(folder)
    raise UsageError(f"no {CONFIG} in {start} or above it; run this in a course directory of nbgrader")


def _is_handed_in(folder: Path, course: Path) -> bool:
    """Whether `folder` is in one of `course`'s folders for submissions.

    Searches the text of the settings for the folders' names: the settings may be run only once the course is found.
    """
    named = NAMED_FOLDER.findall((course / CONFIG).read_text(encoding="utf-8", errors="replace"))
    return any(folder.is_relative_to(course / name) for name in (*STUDENTS_FOLDERS, *named))


def read_course(root: Path) -> Course:
    try:
        config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    except Exception as error:  # the file is Python and may raise anything
        raise UsageError(f"{root / CONFIG} cannot be read: {type(error).__name__}: {error}") from error
    if "root" not in config.CourseDirectory:
        config.CourseDirectory.root = str(root)  # nbgrader would take the current folder
    try:
        return Course(Path(config.CourseDirectory.root).resolve(), config, Autograder(config=config))
    except TraitError as error:
        raise UsageError(f"{root / CONFIG}: {error}") from error
