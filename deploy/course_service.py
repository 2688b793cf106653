"""The same hub, where one account grades for all: formgrader and page are a service of the hub, and graders open it.

Use this file in the place of jupyterhub_config.py where graders shall reach the course's files by these pages alone.
Who may open the service is the hub's group formgrade-<course>; nbgrader asks the hub for groups too, by its
JupyterHubAuthPlugin.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821  # given by the loader of traitlets

HERE = Path(__file__).resolve().parent
os.environ.setdefault("GRADERS_SERVER", "ta")  # their own servers only lead to the service
os.environ.setdefault("COURSE_GROUPS", "1")  # see roles/*/nbgrader_config.py
load_subconfig(str(HERE / "jupyterhub_config.py"))  # noqa: F821  # given by the loader of traitlets

COURSE_ID = os.environ["COURSE_ID"]
ACCOUNT = os.environ.get("COURSE_ACCOUNT", f"grader-{COURSE_ID}")  # a user in the group of the course directory
PORT = os.environ.get("COURSE_PORT", "9100")  # on loopback, behind the hub's proxy
GRADERS_BIN = os.environ["GRADERS_BIN"]
FOLDER = str(Path(os.environ["COURSE_ROOT"]).parent)

c.JupyterHub.services = [
    {
        "name": COURSE_ID,
        "url": f"http://127.0.0.1:{PORT}",
        "command": [
            f"{GRADERS_BIN}/jupyterhub-singleuser",
            f"--ServerApp.root_dir={FOLDER}",
        ],
        "user": ACCOUNT,
        "cwd": FOLDER,
        "environment": {
            **c.Spawner.environment,
            "PATH": os.pathsep.join([GRADERS_BIN, os.environ.get("PATH", os.defpath)]),
            "JUPYTER_CONFIG_PATH": str(HERE / "roles" / "grader"),
            "JUPYTERHUB_DEFAULT_URL": "/lab",
            "JUPYTERHUB_USER": ACCOUNT,  # nbgrader asks for it wherever it looks at groups
        },
        "oauth_no_confirm": True,
    }
]

# nbgrader asks for the account's own groups as well, so it is a user of the hub; it needs no password.
c.JupyterHub.load_groups[f"formgrade-{COURSE_ID}"]["users"].append(ACCOUNT)

SERVICE = f"service={COURSE_ID}"
c.JupyterHub.load_roles = [
    {
        "name": f"formgrade-{COURSE_ID}",
        "description": "Opens the course's formgrader and grading page",
        "groups": [f"formgrade-{COURSE_ID}"],
        "scopes": [f"access:services!{SERVICE}", f"read:services!{SERVICE}", "list:services"],
    },
    {
        # What a server may ask the hub in its user's name: the groups, and where the course's service is. The first two
        # are what the hub gives to this role when it is not named here.
        "name": "server",
        "scopes": [
            "users:activity!user",
            "access:servers!server",
            "read:users:groups!user",
            f"access:services!{SERVICE}",
            f"read:services!{SERVICE}",
            "list:services",
        ],
    },
    {
        "name": "course",
        "description": "nbgrader puts the students that a grader adds into the course's group",
        "services": [COURSE_ID],
        "scopes": ["read:users:name", "read:users:groups", "list:groups", f"groups!group=nbgrader-{COURSE_ID}"],
    },
]
