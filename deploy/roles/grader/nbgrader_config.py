"""nbgrader for graders: where the course lies, and that several people write there."""

import os
from pathlib import Path

c = get_config()  # noqa: F821  # given by the loader of traitlets
load_subconfig("exchange.py", path=str(Path(__file__).resolve().parent.parent))  # noqa: F821  # given by the loader

c.CourseDirectory.root = os.environ["COURSE_ROOT"]
c.CourseDirectory.groupshared = True
