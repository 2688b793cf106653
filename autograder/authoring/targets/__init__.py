"""What `compile` builds for, a list of one face; Gradescope's stands behind the judge, and the command line adds it."""

from __future__ import annotations

from autograder.authoring.targets.face import Target
from autograder.authoring.targets.nbgrader import NBGRADER
from autograder.authoring.targets.otter import OTTER

TARGETS = (NBGRADER, OTTER)
STUDENTS = tuple(folder for target in TARGETS for folder in target.students)

__all__ = ["NBGRADER", "OTTER", "STUDENTS", "TARGETS", "Target"]
