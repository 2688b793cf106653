"""Packs an assignment's autograder for Gradescope and `otter run`: source notebook, checks and package -> one zip file.

    setup.sh run_autograder requirements.txt constraints.txt     what Gradescope runs
    package/autograder/                                          this package
    course/nbgrader_config.py course/source/<assignment>/        what is graded by, and a part of the settings
    course/checks/                                               the course's banks
    otter_config.json tests/ files/                              what `otter run` looks for

It holds the hidden tests, so it is the instructor's. The bytes depend on these files alone: no times, no owners, no
order of a disk.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import jinja2

import autograder
from autograder.authoring import syntax
from autograder.course import state
from autograder.gradescope import packed
from autograder.gradescope.pins import pins
from autograder.judging.banks import Banks
from autograder.model import MasterNotebook, Question

TEMPLATES = Path(__file__).parent / "templates"
SECRET = f"course/{state.STATE}/{state.SECRET}"  # where a course keeps it
PIP = "pip.conf"  # of the course, if it has one
SCRIPTS = ("setup.sh", "run_autograder")
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints")

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip file knows


def bundle(
    course: Path, master: MasterNotebook, source: bytes, beside: Mapping[str, bytes], secret: bytes | None = None
) -> bytes:
    """The zip file's bytes. `source` is the notebook with its hidden tests, `beside` what ships beside it. The course's
    banks go along as they stand.

    With the course's `secret` in it, hidden inputs and so messages are those that the course's own grader draws;
    without, they are drawn from a secret that setup.sh makes.
    """
    requirements, constraints = pins(course)
    files = {
        **{script: _rendered(script, assignment=master.name) for script in SCRIPTS},
        "requirements.txt": requirements.encode(),
        "constraints.txt": constraints.encode(),
        "otter_config.json": json.dumps({"show_hidden": True}).encode(),
        **{f"course/{path}": data for path, data in packed.settings(course).items()},
        f"course/source/{master.name}/{master.name}.ipynb": source,
        **{f"course/source/{master.name}/{path}": data for path, data in beside.items()},
        **{f"course/{path}": data for path, data in Banks(course).files().items()},
        **{f"files/{path}": data for path, data in beside.items()},
        **{f"tests/{q.id}.py": _test(master, q).encode() for q in master.questions if q.judged_by != "hand"},
        **{f"package/{path}": data for path, data in _package().items()},
    }
    if (pip := _read(course / PIP)) is not None:
        files[PIP] = pip
    if secret is not None:
        files[SECRET] = f"{secret.hex()}\n".encode()
    return _zipped(files)


def _rendered(template: str, **words: object) -> bytes:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True, trim_blocks=True
    )
    environment.filters["repr"] = repr
    return environment.get_template(template).render(**words).encode()


def _test(master: MasterNotebook, question: Question) -> str:
    words = {"assignment": master.name, "name": question.id, "points": question.max_score}
    cell = next(cell for cell in master.cells if cell.grade_id == question.grade_id)
    if question.judged_by == "checks":
        public = syntax.python(cell.visible) if cell.visible.strip() else ""
        return _rendered("otter_checks.txt", checks=question.checks, public=public, **words).decode()
    return _rendered("otter_asserts.txt", source=syntax.python(cell.source), **words).decode()


def _package() -> dict[str, bytes]:
    """The files of this package, by their path from the folder that it stands in."""
    root = Path(autograder.__file__).parent
    found = (path for path in root.rglob("*") if path.is_file() and not set(path.parts) & set(LEFT_OUT))
    return {path.relative_to(root.parent).as_posix(): path.read_bytes() for path in found if path.suffix != ".pyc"}


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = 3  # Unix, also where this is built elsewhere: the modes below are Unix's
            entry.external_attr = (0o100000 | _mode(path)) << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


def _mode(path: str) -> int:
    if path == SECRET:
        return 0o600
    return 0o755 if path in SCRIPTS else 0o644
