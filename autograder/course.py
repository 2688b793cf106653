"""A course directory and its settings, found and read from nbgrader_config.py; between the judge and the records.

Settings are traitlets of `Autograder`, written where nbgrader's users look for them:

    c.Autograder.cell_seconds = 60
"""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets import Bool, Enum, Float, Int, List, TraitError, Unicode
from traitlets.config import Configurable, PyFileConfigLoader

from autograder import secret
from autograder.authoring.colab import Repository
from autograder.errors import UsageError
from autograder.sandbox.limits import Limits
from autograder.sharing import hand_on, is_shared

CONFIG = "nbgrader_config.py"
STUDENTS_FOLDERS = ("submitted", "autograded", "feedback")  # by nbgrader's names, where a course gives no others
NAMED_FOLDER = re.compile(rf"(?:{'|'.join(STUDENTS_FOLDERS)})_directory *= *[\"']([^\"']+)[\"']")
STATE = ".autograder"  # beside the gradebook: the secret and one result per submission

_DEFAULT = Limits()


class Autograder(Configurable):  # type: ignore[misc]  # traitlets ships no types for Configurable
    """What a course may set; flags of the command line override."""

    tier = Int(None, allow_none=True, help="Sandbox tier to insist on (2, 1 or 0); None: the best of 2 and 1.").tag(
        config=True
    )
    jobs = Int(0, help="Submissions graded at once; 0: one for each core.").tag(config=True)
    device = Enum(("auto", "cpu", "cuda"), "auto", help="Where checks run; auto: the GPU if there is one.").tag(
        config=True
    )
    cell_seconds = Float(_DEFAULT.cell_seconds, help="Wall time of one cell.").tag(config=True)
    probe_seconds = Float(_DEFAULT.probe_seconds, help="Wall time of one call of a check.").tag(config=True)
    submission_seconds = Float(_DEFAULT.submission_seconds, help="Wall time of all of a notebook.").tag(config=True)
    cpu_seconds = Int(_DEFAULT.cpu_seconds, help="CPU time of one process of a submission.").tag(config=True)
    memory_mib = Int(_DEFAULT.memory_mib, help="Memory beyond what the imported packages use.").tag(config=True)
    processes = Int(_DEFAULT.processes, help="Processes and threads at once.").tag(config=True)
    file_mib = Int(_DEFAULT.file_mib, help="Size of one file written.").tag(config=True)
    scratch_mib = Int(_DEFAULT.scratch_mib, help="Size of the temporary folder, and of /dev/shm.").tag(config=True)
    output_kib = Int(_DEFAULT.output_kib, help="Size of the outputs of one cell.").tag(config=True)
    anonymous = Bool(False, help="Whoever marks written answers on the page never sees whose they are.").tag(
        config=True
    )
    preload = List(
        Unicode(), ["torch", "numpy"], help="Modules imported once for all; those the notebook imports are added."
    ).tag(config=True)

    repository = Unicode(
        "", help='Where the course lies on GitHub, "owner/name" or "owner/name@branch": notebooks then open in Colab.'
    ).tag(config=True)

    def limits(self) -> Limits:
        return Limits(**{name: getattr(self, name) for name in Limits.__dataclass_fields__})


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
        return self.root / STATE

    def folder(self, kind: str, assignment: str, student: str = ".") -> Path:
        """nbgrader's folder of one kind ("source", "release", "submitted", "autograded", "feedback")."""
        step = getattr(self.nbgrader, f"{kind}_directory")
        return Path(os.path.normpath(self.nbgrader.format_path(step, student, assignment)))

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
