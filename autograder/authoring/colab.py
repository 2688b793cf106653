"""Adds two cells to an authored assignment, so that its notebook opens in Colab and runs without other setup.

AuthoredAssignment -> AuthoredAssignment, between the text and the notebooks. One cell is a badge at the top; the other
stands before the first code cell, installs missing packages and downloads missing files. Both need the address of the
course's repository.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace

from autograder.authoring import regions, rules, syntax
from autograder.authoring.percent import AuthoredAssignment, AuthoredCell
from autograder.authoring.regions import HIDDEN, SOLUTION
from autograder.course.repository import Repository

GRADE_ID = "get_ready"

# Modules whose package has a different name on PyPI.
_PACKAGES = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
_OF_EVERY_KERNEL = {"IPython"}

_BADGE = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address})"

_CELL = '''\
# Gets what is missing, in Colab or in a new environment. Where packages and files are there it does nothing.
def get_ready(packages, files, folder, course):
    """Installs packages (module: name for pip) and fetches files (name: SHA-256) from a folder of the course."""
    import hashlib
    import importlib.util
    import os
    import subprocess
    import sys
    from pathlib import Path
    from urllib.parse import quote
    from urllib.request import urlopen

    missing = [name for module, name in packages.items() if importlib.util.find_spec(module) is None]
    if missing:
        print("Installing", ", ".join(missing), "...")
        if subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *missing]).returncode:
            print("That did not work. Install them by hand, then run this cell again.")
        importlib.invalidate_caches()
    address = f"{os.environ.get('COURSE_FILES', course).rstrip('/')}/{folder}"
    for name, digest in files.items():
        if Path(name).exists():
            if hashlib.sha256(Path(name).read_bytes()).hexdigest() != digest:
                print(f"{name} here is of another version than this notebook: delete it and run this cell again.")
            continue
        try:
            with urlopen(f"{address}/{quote(name)}", timeout=60) as answer:
                content = answer.read()
        except Exception as error:
            print(f"{name} is missing, and {address} does not give it ({type(error).__name__}: {error}).")
            print("Find it where you found this notebook, and put it beside the notebook.")
            continue
        if hashlib.sha256(content).hexdigest() != digest:
            print(f"{name} at {address} is of another version. Get this notebook anew from where you found it.")
            continue
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)
        print("Fetched", name)


get_ready(
    packages=PACKAGES,
    files=FILES,
    folder=FOLDER,
    course=COURSE,
)'''


def make_standalone(
    authored: AuthoredAssignment, beside: Mapping[str, bytes], repository: Repository
) -> AuthoredAssignment:
    """The assignment with the two cells added; `beside` are the files that ship with the notebook, by path.

    SourceError if a cell already has the grade_id of the setup cell.
    """
    for cell in authored.cells:
        if cell.grade_id == GRADE_ID:
            raise cell.error(f"grade_id {GRADE_ID!r} is the cell's that gets packages and files; take another")
    badge = _BADGE.format(address=repository.in_colab(authored.name))
    filled = {
        "PACKAGES": _literal(packages(authored, beside)),
        "FILES": _literal({name: hashlib.sha256(content).hexdigest() for name, content in sorted(beside.items())}),
        "FOLDER": json.dumps(f"release/{authored.name}"),
        "COURSE": json.dumps(repository.files),
    }
    code = re.sub(r"(?<==)[A-Z]+(?=,)", lambda word: filled[word[0]], _CELL)
    first = next((n for n, cell in enumerate(authored.cells) if cell.kind == "code" and cell.role != "author"), 0)
    cells = (
        AuthoredCell(authored.path, 1, "markdown", badge, 1),
        *authored.cells[:first],
        AuthoredCell(authored.path, 1, "code", code, 1, role="locked", grade_id=GRADE_ID),
        *authored.cells[first:],
    )
    return replace(authored, cells=cells)


def is_badge(source: str) -> bool:
    """Whether a cell contains only the badge."""
    return source.startswith(_BADGE.split("(")[0]) and "\n" not in source


def packages(authored: AuthoredAssignment, beside: Mapping[str, bytes]) -> dict[str, str]:
    """The modules that the students' notebook must install, sorted -> the package name for pip. These are its imports
    that are not in the standard library, the kernel's packages or the files beside the notebook."""
    imported: set[str] = set()
    for cell in authored.cells:
        if cell.kind != "code" or cell.role == "author":
            continue
        if cell.role in ("manual", "answer") and not regions.find(cell.source, SOLUTION):
            continue  # the whole cell is a solution, and its imports would reveal it
        imported |= syntax.imports(syntax.parse(regions.drop(rules.stub(cell.source), HIDDEN)))
    brought = {name.split("/")[0].removesuffix(".py") for name in beside}
    wanted = imported - sys.stdlib_module_names - _OF_EVERY_KERNEL - brought
    return {module: _PACKAGES.get(module, module) for module in sorted(wanted, key=str.lower)}


def _literal(values: Mapping[str, str]) -> str:
    """A dict as Python text, one entry on each line."""
    if not values:
        return "{}"
    lines = [f"        {json.dumps(key)}: {json.dumps(value)},\n" for key, value in values.items()]
    return f"{{\n{''.join(lines)}    }}"
