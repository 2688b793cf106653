"""The server of somebody who grades: it writes for the group, and its pages may be frames of its own JupyterLab."""

import os

c = get_config()  # noqa: F821  # given by the loader of traitlets

os.umask(0o002)  # the course directory is shared: what one grader writes, another may replace

# A hub forbids to show its pages in frames, and JupyterLab shows the formgrader in one.
c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}

# Not a login shell: those forget PATH, and with it nbgrader and autograder.
c.ServerApp.terminado_settings = {"shell_command": ["bash"]}
