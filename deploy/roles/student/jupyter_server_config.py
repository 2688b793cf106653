"""The server of a student. What it does not show is switched off in the two JSON files beside this one."""

c = get_config()  # noqa: F821  # given by the loader of traitlets

# Not a login shell: those forget PATH, and with it the course's Python.
c.ServerApp.terminado_settings = {"shell_command": ["bash"]}
