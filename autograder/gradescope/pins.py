"""Pins the packages that a grader on another machine installs: requirements of this package and of the course.

Part of the build: the pins are files of the bundle.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.course.requirements import FILE, read_requirements
from autograder.errors import UsageError

PACKAGE = "autograder"
CONSTRAINTS = "constraints.txt"  # in the course's root; optional

_PIN = re.compile(r"^\s*([A-Za-z0-9._-]+)==([^\s;#]+)", re.MULTILINE)


def pins(course: Path) -> tuple[str, str]:
    """The texts of requirements.txt (requirements of this package and of the course) and of constraints.txt (versions).

    The versions are those of the course's constraints.txt; for packages not in it, those installed here.
    UsageError for a package that has a version in neither place.
    """
    path = course / CONSTRAINTS
    own = {str(canonicalize_name(requirement.name)): requirement for requirement in read_requirements(course)}
    names = [*_requirements(PACKAGE), *own]
    constraints = path.read_text(encoding="utf-8") if path.is_file() else _pin_installed(names)
    pinned = {str(canonicalize_name(name)): version for name, version in _PIN.findall(constraints)}
    lines = []
    for name in sorted(set(names)):
        if name in own and own[name].url:
            lines.append(str(own[name]))
            continue
        extras = f"[{','.join(sorted(own[name].extras))}]" if name in own and own[name].extras else ""
        lines.append(f"{name}{extras}=={pinned.get(name) or _version(name)}")
    return "".join(f"{line}\n" for line in lines), constraints


def _pin_installed(names: Iterable[str]) -> str:
    """A pin for each of these packages and their dependencies, with the versions installed here."""
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _version(name)
            waiting += _requirements(name)
    return "".join(f"{name}=={version}\n" for name, version in sorted(found.items()))


def _version(name: str) -> str:
    try:
        return _public_version(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        raise UsageError(
            f"the package {name}, which this package or the course's {FILE} asks for, is not installed here, so its "
            f"version is not known: install it, or write {name}==VERSION into the course's {CONSTRAINTS}"
        ) from None


def _requirements(package: str) -> Iterator[str]:
    """Names of the packages that an installed package requires on this machine, without extras."""
    try:
        lines = importlib.metadata.requires(package) or []
    except importlib.metadata.PackageNotFoundError:
        raise UsageError(f"the package {package} is not installed here, so its versions are not known") from None
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield str(canonicalize_name(requirement.name))


def _public_version(version: str) -> str:
    """The version without its local part: builds for CPU and for GPU count as the same version."""
    return version.split("+")[0]
