"""What graders' and students' nbgrader have in common: the course, and the way that files go between them."""

import os

c = get_config()  # noqa: F821  # given by the loader of traitlets

c.CourseDirectory.course_id = os.environ["COURSE_ID"]

if os.environ.get("NGSHARE_URL"):  # no folder that all servers see, as on Kubernetes
    from ngshare_exchange import configureExchange

    configureExchange(c, os.environ["NGSHARE_URL"])
else:
    c.Exchange.root = os.environ["EXCHANGE_ROOT"]

if os.environ.get("COURSE_GROUPS"):  # the hub says who is in the course
    c.Authenticator.plugin_class = "nbgrader.auth.JupyterHubAuthPlugin"
