"""The versions that a grader elsewhere installs: what this package requires, pinned as it was certified here.

Stands in authoring, beside the notebooks: the pins are part of what is built.
"""

from __future__ import annotations

import functools
import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.errors import UsageError

PACKAGE = "autograder"
CONSTRAINTS = "constraints.txt"  # in the course's root, if it keeps one

_PIN = re.compile(r"^\s*([A-Za-z0-9._-]+)==([^\s;#]+)", re.MULTILINE)


def pins(course: Path) -> tuple[str, str]:
    """The texts of requirements.txt, what this package requires itself, and of constraints.txt, all versions.

    The versions are those of the course's constraints.txt; where it has none, or leaves one out, those installed here.
    """
    path = course / CONSTRAINTS
    constraints = path.read_text(encoding="utf-8") if path.is_file() else _installed()
    pinned = {str(canonicalize_name(name)): version for name, version in _PIN.findall(constraints)}
    required = {n: pinned.get(n) or _public(importlib.metadata.version(n)) for n in _required(PACKAGE)}
    return "".join(f"{name}=={version}\n" for name, version in sorted(required.items())), constraints


@functools.cache
def _installed() -> str:
    """A pin for each package that this one needs, itself or through others, as installed here."""
    found: dict[str, str] = {}
    waiting = list(_required(PACKAGE))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = importlib.metadata.version(name)
            waiting += _required(name)
    return "".join(f"{name}=={_public(version)}\n" for name, version in sorted(found.items()))


def _required(package: str) -> Iterator[str]:
    """Names of what an installed package requires on this machine, extras left out."""
    try:
        lines = importlib.metadata.requires(package) or []
    except importlib.metadata.PackageNotFoundError:
        raise UsageError(f"the package {package} is not installed here, so its versions are not known") from None
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)


def _public(version: str) -> str:
    """Without the local part: a build for CPU and one for a GPU are the same version."""
    return version.split("+")[0]
