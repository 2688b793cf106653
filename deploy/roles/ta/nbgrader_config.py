"""nbgrader in the own server of somebody who grades through the course's service: only the list of courses is used."""

c = get_config()  # noqa: F821  # given by the loader of traitlets

c.Authenticator.plugin_class = "nbgrader.auth.JupyterHubAuthPlugin"
