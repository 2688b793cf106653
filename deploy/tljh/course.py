"""The course on The Littlest JupyterHub: link this file into /opt/tljh/config/jupyterhub_config.d/."""

import os
from pathlib import Path

# TLJH's hub runs in an environment of its own; users' programs, alembic among them, are in another.
os.environ.setdefault("COURSE_PATH", "/opt/tljh/user/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
FOLDER = Path(__file__).resolve().parent.parent
load_subconfig(str(FOLDER / "jupyterhub_config.py"))  # noqa: F821  # given by the loader of traitlets
