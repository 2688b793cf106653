"""Packs an assignment's autograder for Gradescope and `otter run`: source notebook, checks and package -> one zip file.

    setup.sh run_autograder requirements.txt constraints.txt     what Gradescope runs
    package/autograder/                                          this package
    course/nbgrader_config.py course/source/<assignment>/        a part of the settings, and the source notebook
    course/checks/                                               the course's banks
    otter_config.json tests/ files/                              what `otter run` looks for

It contains the hidden tests, so only the instructor may have it. The bytes depend on these files alone, not on times,
owners or the order of files on disk.
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
SECRET = f"course/{state.STATE}/{state.SECRET}"  # the path where a course stores its secret
PIP = "pip.conf"  # in the course; optional
SCRIPTS = ("setup.sh", "run_autograder")
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints")

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can store


def bundle(
    course: Path, master: MasterNotebook, source: bytes, beside: Mapping[str, bytes], secret: bytes | None = None
) -> bytes:
    """The zip file's bytes. `source` is the notebook with its hidden tests, `beside` the files that ship with it. The
    course's banks are copied unchanged.

    With the course's `secret`, hidden inputs, and so messages, equal those of the course's own grader; without it,
    setup.sh makes another secret.
    """
    requirements, constraints = pins(course)
    files = {
        **{script: _render(script, assignment=master.name) for script in SCRIPTS},
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
    return _zip(files)


def _render(template: str, **words: object) -> bytes:
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
        return _render("otter_checks.txt", checks=question.checks, public=public, **words).decode()
    return _render("otter_asserts.txt", source=syntax.python(cell.source), **words).decode()


def _package() -> dict[str, bytes]:
    """The files of this package, by path relative to the package's parent folder."""
    root = Path(autograder.__file__).parent
    found = (path for path in root.rglob("*") if path.is_file() and not set(path.parts) & set(LEFT_OUT))
    return {path.relative_to(root.parent).as_posix(): path.read_bytes() for path in found if path.suffix != ".pyc"}


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _zip(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = 3  # Unix on every platform, since the modes below are Unix modes
            entry.external_attr = (0o100000 | _mode(path)) << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


def _mode(path: str) -> int:
    if path == SECRET:
        return 0o600
    return 0o755 if path in SCRIPTS else 0o644
