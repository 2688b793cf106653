"""nbgrader for graders: where the course lies, that several people write there, and where it is exchanged."""

import os

c = get_config()  # noqa: F821  # given by the loader of traitlets

c.CourseDirectory.course_id = os.environ["COURSE_ID"]
c.CourseDirectory.root = os.environ["COURSE_ROOT"]
c.CourseDirectory.groupshared = True
c.Exchange.root = os.environ["EXCHANGE_ROOT"]
