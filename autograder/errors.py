"""The exceptions of this package and their exit codes; every other module may import it.

AutograderError
├── UsageError          bad command line, setting or path                    exit 2
├── SourceError         an authored file has a mistake (file, line)          exit 2
├── SubmissionError     a submission is not accepted: status "invalid"
├── SandboxError        walls, zygote or wire failed: the grader's fault     exit 3
│   └── WallsError      this machine cannot raise the requested walls        exit 2
└── RecordsError        the gradebook or a results file cannot be written    exit 3

An error in a student's code is never one of these exceptions: it is an `Observation`.
"""

from __future__ import annotations

from pathlib import Path


class AutograderError(Exception):
    """Base class of all errors that this package raises on purpose; `exit_code` is the command's exit code."""

    exit_code = 3


class UsageError(AutograderError):
    """The command line, a setting or a path is wrong."""

    exit_code = 2


class SourceError(AutograderError):
    """An authored assignment is wrong at `path`, line `line` (1-based)."""

    exit_code = 2

    def __init__(self, path: Path | str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = str(path)
        self.line = line


class SubmissionError(AutograderError):
    """A submission is not accepted. The text gives a TA the reason; `flags` give it to programs."""

    def __init__(self, reason: str, *, flags: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.flags = flags


class SandboxError(AutograderError):
    """The sandbox itself failed, not the student's code."""


class WallsError(SandboxError):
    """This machine cannot provide the requested sandbox tier."""

    exit_code = 2


class RecordsError(AutograderError):
    """Marks could not be written."""
