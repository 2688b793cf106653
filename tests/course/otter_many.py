"""Grades many notebooks as `otter run` does, one after the other in one process that has imported what is heavy.

    otter_many.py SOURCE JOBS

SOURCE is an autograder's zip file, unpacked; JOBS a folder of notebooks. Prints a line of JSON for each: its name, and
for each test file its score and the test cases that passed. Otter's own Checker runs the test files, in the namespace
that the notebook's cells left in IPython's shell, as in a kernel; cells that Otter ignores are left out.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

SECONDS = 1800  # of one notebook: a function that never ends would stop the others


def grade(notebook: Path, tests: list[str]) -> dict[str, Any]:
    """What a kernel would do, in the current folder."""
    from IPython.core.interactiveshell import InteractiveShell
    from otter.execute import Checker
    from otter.nbmeta_config import NBMetadataConfig

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] == "code" and "otter_ignore" not in cell["metadata"].get("tags", ()):
            shell.run_cell("".join(cell["source"]), store_history=True)
    found = {}
    for path in tests:
        test = Checker.check(path, NBMetadataConfig(), global_env=shell.user_ns)
        cases = {r.test_case.name: r.passed for r in test.test_case_results if r.test_case.points}
        found[test.name] = {"score": test.score, "possible": test.possible, "cases": cases}
    return found


def in_a_folder(source: Path, notebook: Path, work: Path) -> dict[str, Any]:
    """In submission/ beside source/, as Otter lays them out."""
    submission = work / "submission"
    submission.mkdir()
    if (source / "files").is_dir():
        shutil.copytree(source / "files", submission, dirs_exist_ok=True)
    shutil.copytree(source / "tests", submission / "tests")
    (work / "source").symlink_to(source)
    os.chdir(submission)
    signal.alarm(SECONDS)
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            return grade(notebook, sorted(f"./tests/{p.name}" for p in Path("tests").glob("*.py")))
    except Exception:
        return {"broken": traceback.format_exc()}
    finally:
        signal.alarm(0)
        os.chdir("/")


def keep_references() -> None:
    """What oracles and known mistakes answer is worked out once for each bank and set of inputs."""
    from autograder.judging import sets

    made, kept = sets.Reference, {}

    def reference(bank: Any, seed_of: Any, device: str) -> Any:
        key = (bank.name, seed_of("any"))  # the seed tells the set
        if key not in kept:
            kept[key] = made(bank, seed_of, device)
        return kept[key]

    sets.Reference = reference  # type: ignore[assignment,misc]  # a function that makes one will do


def main(source: Path, jobs: Path) -> None:
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    sys.path.insert(0, str(source / "package"))
    keep_references()
    for notebook in sorted(jobs.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as work:
            print(json.dumps([notebook.stem, in_a_folder(source, notebook, Path(work))]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
