"""nbgrader for students: what they fetch lies in <course>/<assignment> in their home folder."""

from pathlib import Path

c = get_config()  # noqa: F821  # given by the loader of traitlets
load_subconfig("exchange.py", path=str(Path(__file__).resolve().parent.parent))  # noqa: F821  # given by the loader

c.Exchange.path_includes_course = True
