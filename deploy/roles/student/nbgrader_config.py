"""nbgrader for students: the course whose assignments they see, and where it is exchanged."""

import os

c = get_config()  # noqa: F821  # given by the loader of traitlets

c.CourseDirectory.course_id = os.environ["COURSE_ID"]
c.Exchange.root = os.environ["EXCHANGE_ROOT"]
c.Exchange.path_includes_course = True  # fetched into <course>/<assignment>
