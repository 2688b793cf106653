"""CPU of a class's cells and of the checks' calls in one warm process: what grading them cannot cost less than.

    python -m benchmarks.cells_alone COURSE

Prints {"cpu_per_submission": seconds}. The cells run through the same IPython shell, the probes through the same
code, one submission after another in one process: no fork, no walls, no wire, no judge, no records.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import matplotlib.pyplot
import torch
import torch._dynamo  # imported in the zygote too

from autograder.authoring.prepared import prepare_assignment
from autograder.course import read_course
from autograder.grading.submission import parse, rebuild
from autograder.judging.banks import Banks
from autograder.judging.expected import Reference
from autograder.sandbox.inside.cells import Shell
from autograder.sandbox.inside.probing import observe
from benchmarks.grading import ASSIGNMENT


def main() -> None:
    course = read_course(Path(sys.argv[1]))
    torch.set_num_threads(1)
    assignment, _ = prepare_assignment(course.folder("source", ASSIGNMENT).parent, ASSIGNMENT, course.config)
    (master,) = assignment.notebooks
    names = [name for question in master.questions for name in question.checks]
    banks = Banks(course.root)
    references = [Reference(banks[name], lambda check: 1) for name in names]
    probes = [p for r in references for check in r.bank.checks for p in r.probes(check)]
    paths = sorted(course.root.glob(f"submitted/*/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"))
    codes = [rebuild(master, parse(path.read_bytes(), path.name)).code for path in paths]
    out = os.fdopen(os.dup(1), "w")  # the shell takes the standard streams over
    shell = Shell()
    shell.begin(1 << 24)
    spent = 0.0
    for number, code in enumerate([codes[0], *codes]):  # the first warms up, and is not counted
        began = time.process_time()
        for index, source in enumerate(code):
            shell.run_cell(source, index)
        for probe in probes:
            observe(probe, shell.namespace)
        if number:
            spent += time.process_time() - began
        matplotlib.pyplot.close("all")
        for name in names:
            shell.namespace.pop(name, None)
    with out:
        json.dump({"cpu_per_submission": spent / len(codes)}, out)


if __name__ == "__main__":
    main()
