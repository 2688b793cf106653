"""Selects the course's settings for Gradescope: those that grading needs, and the modules that they name; for bundle.

A course's nbgrader_config.py is written for its own machine: it may contain a database password, require a sandbox
that a container does not have, or name files that are not packed. So it is not copied: the settings below are read
and written to a new file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from traitlets.config import Config, LazyConfigValue, PyFileConfigLoader

from autograder.errors import UsageError

CONFIG = "nbgrader_config.py"
LIMITS = (
    *("cell_seconds", "probe_seconds", "submission_seconds", "cpu_seconds", "memory_mib", "processes"),
    *("file_mib", "scratch_mib", "output_kib", "preload"),
)
NAMED = {
    "Autograder": (*LIMITS, "input_sets"),
    "CourseDirectory": ("ignore",),
    "GenerateAssignment": ("preprocessors",),
    "AssignLatePenalties": ("plugin_class",),
}
# Classes that prepare a notebook or deduct points: all their settings are packed. So are those of classes in NAMED.
WHOLE = ("ClearSolutions", "LockCells", "ClearHiddenTests", "ClearMarkScheme", "LateSubmissionPlugin")
LEFT_OUT = "IncludeHeaderFooter"  # its files are not packed; the release already has those cells


def settings(course: Path) -> dict[str, bytes]:
    """The files with the settings of the packed course, by path in that course.

    UsageError if nbgrader_config.py cannot be read, or a value cannot be written as Python.
    """
    config = _load(course)
    classes = _all_classes(config)
    whole = {*WHOLE, *(name.rpartition(".")[2] for name in classes)} - {LEFT_OUT, *NAMED}
    lines = ["c = get_config()"]
    for section in sorted(whole | NAMED.keys()):
        found = config.get(section, {})
        for name in sorted(found.keys() & set(NAMED.get(section, found.keys()))):
            lines += _lines(course / CONFIG, f"{section}.{name}", found[name])
    return {CONFIG: "".join(f"{line}\n" for line in lines).encode(), **_modules(course, classes)}


def modules(course: Path) -> dict[str, bytes]:
    """The course's own modules that its settings name; files in the folder of nbgrader_config.py."""
    return _modules(course, _all_classes(_load(course)))


def _load(course: Path) -> Any:
    if not (course / CONFIG).is_file():
        return Config()
    try:
        return PyFileConfigLoader(CONFIG, path=str(course)).load_config()
    except Exception as error:  # the file is Python code and can raise anything
        raise UsageError(f"{course / CONFIG} cannot be read: {type(error).__name__}: {error}") from error


def _all_classes(config: Any) -> list[str]:
    return [name for key in ("preprocessors", "plugin_class") for name in _classes(config, key)]


def _classes(config: Any, key: str) -> list[str]:
    """Full names of the classes in the setting `key` of NAMED, in any section."""
    found = next((config.get(section, {}).get(key) for section, keys in NAMED.items() if key in keys), None)
    return [
        _class_to_name(one) for one in (found if isinstance(found, list) else [found]) if isinstance(one, str | type)
    ]


def _lines(path: Path, name: str, value: Any) -> Iterator[str]:
    if isinstance(value, LazyConfigValue):  # c.CourseDirectory.ignore.append("*.tmp")
        steps = [(f"c.{name}.{how}(", what, ")") for how, what in value.to_dict().items()]
    else:
        steps = [(f"c.{name} = ", value, "")]
    for before, what, after in steps:
        text = repr(_class_to_name(what))
        try:
            ast.literal_eval(text)
        except (ValueError, SyntaxError):
            raise UsageError(
                f"{path}: c.{name} = {text} cannot be packed for Gradescope: write a number, text, a list of these, or "
                'the name of a class ("late.Penalty", in late.py beside this file)'
            ) from None
        yield f"{before}{text}{after}"


def _class_to_name(value: Any) -> Any:
    """Replaces a class by its name, also in a list; other values are unchanged."""
    if isinstance(value, list):
        return [_class_to_name(one) for one in value]
    return f"{value.__module__}.{value.__qualname__}" if isinstance(value, type) else value


def _modules(course: Path, classes: list[str]) -> dict[str, bytes]:
    """The modules of these classes that are files in the folder of the course's settings."""
    paths = {f"{name.partition('.')[0]}.py" for name in classes}
    return {path: (course / path).read_bytes() for path in sorted(paths) if (course / path).is_file()}
