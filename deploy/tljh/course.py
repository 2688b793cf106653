"""The course on The Littlest JupyterHub: link this file into /opt/tljh/config/jupyterhub_config.d/."""

import os
from pathlib import Path

c = get_config()  # noqa: F821  # given by the loader of traitlets

FOLDER = Path(__file__).resolve().parent.parent
os.environ.setdefault("STUDENTS_BIN", "/opt/tljh/user/bin")  # TLJH's hub runs in an environment of its own
load_subconfig(str(FOLDER / "jupyterhub_config.py"))  # noqa: F821  # given by the loader of traitlets

c.SystemdSpawner.extra_paths = []  # TLJH would put students' programs before graders' ones
