"""Reads the course's requirements.txt, the packages that its notebooks need besides the engine."""

from __future__ import annotations

from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from autograder.errors import UsageError

FILE = "requirements.txt"  # in the course's root, if it has one


def read_requirements(course: Path) -> tuple[Requirement, ...]:
    """The packages that the course needs on this machine; empty if there is no requirements.txt.

    UsageError for a line that is not a package, such as an option of pip or the name of another file: other machines
    read this file alone.
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
