"""Makes Otter's autograder.zip of the warm-up by `otter assign`, for `elsewhere.py`: the same functions and asserts.

Students' files stay as the course has them: `otter run` executes such a notebook, then the tests no cell asked for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_raw_cell

CONFIG = "# ASSIGNMENT CONFIG\ninit_cell: false\ncheck_all_cell: false\nexport_cell: false\n"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
HIDDEN = '""" # BEGIN TEST CONFIG\nhidden: true\n""" # END TEST CONFIG\n'


def make(folder: Path, solutions: Mapping[str, str], tests: Mapping[str, str], points: Mapping[str, float]) -> bytes:
    """The zip's bytes; `folder` is an empty place to work in. Nothing of a student runs here."""
    cells = [
        new_raw_cell(CONFIG),
        new_code_cell("import torch\nimport torch.nn.functional as F\nfrom torch import Tensor"),
    ]
    for name, solution in solutions.items():
        cells += [
            new_raw_cell(f"# BEGIN QUESTION\nname: {name}\npoints: {points[name]:g}"),
            new_raw_cell("# BEGIN SOLUTION"),
            new_code_cell(solution),
            new_raw_cell("# END SOLUTION"),
            new_raw_cell("# BEGIN TESTS"),
            new_code_cell(HIDDEN + tests[name].strip()),
            new_raw_cell("# END TESTS"),
            new_raw_cell("# END QUESTION"),
        ]
    folder.mkdir()
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), folder / "warmup.ipynb")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(["otter", "assign", "--no-run-tests", "warmup.ipynb", "made"], cwd=folder, check=True,
                   env={**os.environ, "PATH": path}, capture_output=True, timeout=600)  # fmt: skip
    (made,) = (folder / "made" / "autograder").glob("*.zip")
    return made.read_bytes()
