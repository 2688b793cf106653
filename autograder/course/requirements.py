"""What a course's notebooks need besides the engine: its requirements.txt, beside its settings."""

from __future__ import annotations

from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from autograder.errors import UsageError

FILE = "requirements.txt"  # in the course's root, if it has one


def read_requirements(course: Path) -> tuple[Requirement, ...]:
    """The packages that the course asks for on this machine; none without such a file.

    UsageError for a line that is no package: the file is read on other machines too, where another file is missing.
    """
    path = course / FILE
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.is_file() else (), 1):
        text = line.partition(" #")[0].strip()
        if not text or text.startswith("#"):
            continue
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            advice = "write one package on each line, and options of pip into pip.conf"
            raise UsageError(f"{path}, line {number}: {text!r} is no package: {advice} ({error})") from error
        if requirement.marker is None or requirement.marker.evaluate():
            found.append(requirement)
    return tuple(found)
