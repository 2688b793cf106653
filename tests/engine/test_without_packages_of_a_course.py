"""The engine needs nothing of what one course's notebooks import: all of it is imported, and grades, without."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from autograder.course.requirements import read_requirements
from benchmarks.load import WARMUP
from tests.places import ROOT

OF_THE_COURSE = ("gensim", "transformers", "tokenizers", "safetensors", "scipy")

# Where the course's packages are installed, as here, the finder refuses them; the student's process is asked.
SCRIPT = """
import importlib, json, pkgutil, sys
from pathlib import Path

refused = sys.argv[2].split()

class Refusal:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ImportError(f"{name} is none of the engine's packages")

sys.meta_path.insert(0, Refusal())

import autograder
from autograder.starting import without_address_grammar
without_address_grammar()
for module in pkgutil.walk_packages(autograder.__path__, "autograder."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

from autograder.course import read_course
from autograder.grading.opening import Options, open_grader
from autograder.grading.travel import SubmittedWork

name = sys.argv[1]
course = read_course(Path.cwd())
notebook = json.loads((course.folder("source", name) / f"{name}.ipynb").read_text())
asks = f"import sys; print('imported:', [name for name in {refused} if name in sys.modules])"
cell = {"cell_type": "code", "id": "asks", "metadata": {}, "source": asks, "outputs": [], "execution_count": None}
notebook["cells"].append(cell)
with open_grader(course, name, Options()) as (grader, _):
    graded = grader.grade(SubmittedWork("ada", {name: json.dumps(notebook).encode()}))
short = [q.id for q in graded.result.questions if q.judged_by != "hand" and q.score < q.max_score]
judged = sum(q.judged_by != "hand" for q in graded.result.questions)
print(graded.result.status, judged > 0, short, graded.result.reason)
print("imported: []" in graded.notebooks[name])
"""


def test_all_modules_are_imported_and_a_submission_is_graded(warmup: Path, tmp_path: Path) -> None:
    course = shutil.copytree(warmup, tmp_path / "course")
    command = [sys.executable, "-c", SCRIPT, WARMUP, " ".join(OF_THE_COURSE)]
    ended = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=240)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-2:] == ["graded True [] ", "True"], ended.stdout


def test_they_are_no_requirement_of_the_package_but_of_the_course() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    engine = {Requirement(line).name for line in project["dependencies"]}
    assert engine.isdisjoint(OF_THE_COURSE)
    assert {r.name for r in read_requirements(ROOT)} >= {"gensim", "transformers", "tokenizers", "safetensors"}
