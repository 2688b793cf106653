"""Runs notebooks as a new environment would that has torch, transformers, gensim, matplotlib and a kernel, and no more.

python plain_environment.py NOTEBOOK...   prints one JSON object: notebook -> {"errors": [...], "first": what the first
code cell printed}. Every other package of this machine is hidden from the imports.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Any

GIVEN = ("torch", "transformers", "gensim", "matplotlib", "ipykernel")


def brought_along() -> set[str]:
    """Names of the given packages and of all that they need themselves."""
    found: set[str] = set()
    waiting = list(GIVEN)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        found.add(name)
        try:
            needed = requires(name) or ()
        except PackageNotFoundError:
            continue  # for another system, or an extra
        waiting += [re.split(r"[^A-Za-z0-9_.-]", one)[0] for one in needed if "extra ==" not in one]
    return found


def hidden() -> set[str]:
    """The modules of all other packages that are installed here."""
    there = brought_along()
    names = {
        module
        for module, packages in packages_distributions().items()
        if not {re.sub(r"[-_.]+", "-", package).lower() for package in packages} & there
    }
    return names | {"autograder"}


class Finder:
    """Finds what lies on the path, but nothing that is hidden: as if it were not installed."""

    def __init__(self) -> None:
        self._hidden = hidden()

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        if name.split(".")[0] in self._hidden:
            return None
        return PathFinder.find_spec(name, path, target)

    find_distributions = staticmethod(PathFinder.find_distributions)  # packages ask for the versions of others


def run(path: Path) -> dict[str, Any]:
    """All code cells from top to bottom, as a kernel runs them: an error ends its cell only."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    os.chdir(path.parent)
    errors: list[str] = []
    first = None
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        printed = io.StringIO()
        with redirect_stdout(printed):
            result = shell.run_cell("".join(cell["source"]))
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            errors.append(f"{type(error).__name__}: {error}")
        first = printed.getvalue() if first is None else first
    return {"errors": errors, "first": first}


if __name__ == "__main__":
    others = [BuiltinImporter, FrozenImporter]
    sys.meta_path[:] = [*others, Finder()]  # type: ignore[list-item]  # a finder needs find_spec alone
    print(json.dumps({Path(name).stem: run(Path(name)) for name in sys.argv[1:]}))
