"""What can go wrong, and whose fault it is. Stands before every other module.

AutograderError
├── UsageError          bad command line, setting or path                    exit 2
├── SourceError         an authored file says something wrong (file, line)   exit 2
├── SubmissionError     a submission cannot be taken in: status "invalid"
├── SandboxError        walls, zygote or wire broke: our fault               exit 3
│   └── WallsError      the walls asked for cannot be raised on this machine exit 2
└── RecordsError        the gradebook or a results file cannot be written    exit 3

What a student's code does wrong is never an exception here: it is an `Observation`.
"""

from __future__ import annotations

from pathlib import Path


class AutograderError(Exception):
    """Base of every error that this package raises on purpose."""

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
    """A submission is refused; the text is the reason a TA reads, `flags` are what programs read."""

    def __init__(self, reason: str, *, flags: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.flags = flags


class SandboxError(AutograderError):
    """The machinery around student code broke."""


class WallsError(SandboxError):
    """The sandbox tier asked for is not to be had here."""

    exit_code = 2


class RecordsError(AutograderError):
    """Marks could not be written."""
