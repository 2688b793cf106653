"""Grades many notebooks as `otter run` does, in forks of one process that has imported what is heavy.

    otter_many.py SOURCE JOBS

SOURCE is an autograder's zip file, unpacked; JOBS a folder of notebooks. Prints a line of JSON for each: its name, and
for each test file its score and the test cases that passed. Otter's own Checker runs the test files, in the namespace
that the notebook's cells left in IPython's shell, as in a kernel; cells that Otter ignores are left out.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

SECONDS = 600  # of one notebook: a function that never ends would stop the others


def grade(notebook: Path, tests: list[str]) -> dict[str, Any]:
    """In a fork, in the folder submission/ beside source/."""
    from IPython.core.interactiveshell import InteractiveShell
    from otter.execute import Checker
    from otter.nbmeta_config import NBMetadataConfig

    shell = InteractiveShell.instance()
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] == "code" and "otter_ignore" not in cell["metadata"].get("tags", ()):
            shell.run_cell("".join(cell["source"]), store_history=True)
    found = {}
    for path in tests:
        test = Checker.check(path, NBMetadataConfig(), global_env=shell.user_ns)
        cases = {r.test_case.name: r.passed for r in test.test_case_results if r.test_case.hidden or r.test_case.points}
        found[test.name] = {"score": test.score, "possible": test.possible, "cases": cases}
    return found


def in_a_fork(source: Path, notebook: Path, work: Path) -> dict[str, Any]:
    submission = work / "submission"
    shutil.copytree(source / "files", submission) if (source / "files").is_dir() else submission.mkdir()
    shutil.copytree(source / "tests", submission / "tests")
    (work / "source").symlink_to(source)
    answer = work / "answer.json"
    pid = os.fork()
    if pid == 0:
        signal.alarm(SECONDS)
        os.chdir(submission)
        try:
            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                found = grade(notebook, sorted(f"./tests/{p.name}" for p in Path("tests").glob("*.py")))
        except BaseException:
            found = {"broken": traceback.format_exc()}
        answer.write_text(json.dumps(found))
        os._exit(0)
    os.waitpid(pid, 0)
    return json.loads(answer.read_text()) if answer.is_file() else {"broken": f"nothing within {SECONDS} s"}


def main(source: Path, jobs: Path) -> None:
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    sys.path.insert(0, str(source / "package"))
    import torch

    torch.set_num_threads(1)  # one that is forked must have no threads
    for name in ("torch._dynamo", "transformers", "gensim", "matplotlib.pyplot", "otter", "autograder.otter_checks"):
        importlib.import_module(name)
    for notebook in sorted(jobs.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as work:
            print(json.dumps([notebook.stem, in_a_fork(source, notebook, Path(work))]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
