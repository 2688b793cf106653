"""The targets of `compile`. The command line adds Gradescope's, which depends on the judge and so cannot be here."""

from __future__ import annotations

from autograder.authoring.targets.face import Target
from autograder.authoring.targets.nbgrader import NBGRADER
from autograder.authoring.targets.otter import OTTER

TARGETS = (NBGRADER, OTTER)
STUDENTS = tuple(folder for target in TARGETS for folder in target.students)

__all__ = ["NBGRADER", "OTTER", "STUDENTS", "TARGETS", "Target"]
