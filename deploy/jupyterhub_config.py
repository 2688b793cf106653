"""A hub for one course: who grades, who learns, and what each group's servers show.

Copy the folder that holds this file to a place that everybody may read (docs/jupyterhub.md uses /etc/course-hub), write
the names into graders.txt and students.txt beside it, and what is special to your machine into local.py: the
authenticator, the address, TLS.

Graders' servers run in an environment of their own, that students cannot read: the autograder is installed there, and
with it the checks that students' answers are judged by.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  # given by the loader of traitlets

HERE = Path(__file__).resolve().parent
COURSE_ID = os.environ.setdefault("COURSE_ID", "llm-foundations")
COURSE_ROOT = os.environ.setdefault("COURSE_ROOT", f"/srv/courses/{COURSE_ID}")
EXCHANGE_ROOT = os.environ.setdefault("EXCHANGE_ROOT", "/srv/nbgrader/exchange")
GRADERS_SERVER = os.environ.setdefault("GRADERS_SERVER", "grader")  # the folder of roles/ for graders' own servers
STUDENTS_BIN = os.environ.setdefault("STUDENTS_BIN", str(Path(sys.executable).parent))
GRADERS_BIN = os.environ.setdefault("GRADERS_BIN", "/opt/grading/bin")
GRADER_GROUP = f"formgrade-{COURSE_ID}"  # nbgrader's names: its JupyterHubAuthPlugin looks for them
STUDENT_GROUP = f"nbgrader-{COURSE_ID}"


def names(file: str) -> list[str]:
    """One hub user a line; what follows # is for people."""
    path = HERE / file
    lines = path.read_text().splitlines() if path.is_file() else []
    return [name for line in lines if (name := line.partition("#")[0].strip())]


graders, students = names("graders.txt"), names("students.txt")
c.JupyterHub.load_groups = {GRADER_GROUP: {"users": graders}, STUDENT_GROUP: {"users": students}}
c.Authenticator.allowed_users = {*graders, *students}


def choose_role(spawner) -> None:
    """Graders get the formgrader and the autograder's page; everybody else is a student.

    A folder in JUPYTER_CONFIG_PATH is stronger than what a user writes into ~/.jupyter. What keeps students out are the
    permissions of the course directory all the same: this decides what they see.
    """
    grades = any(group.name == GRADER_GROUP for group in spawner.user.groups)
    role = GRADERS_SERVER if grades else "student"
    programs = GRADERS_BIN if role == "grader" else STUDENTS_BIN
    spawner.cmd = [f"{programs}/jupyterhub-singleuser"]
    spawner.environment = {
        **spawner.environment,
        "JUPYTER_CONFIG_PATH": str(HERE / "roles" / role),
        # nbgrader starts alembic by its name when it opens a gradebook
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", os.defpath)]),
    }
    if role == "grader":  # the formgrader opens notebooks only below the folder that its server shows
        spawner.notebook_dir = str(Path(COURSE_ROOT).parent)
        spawner.default_url = f"/lab/tree/{Path(COURSE_ROOT).name}"


c.Spawner.pre_spawn_hook = choose_role
c.Spawner.default_url = "/lab"
# What roles/*/nbgrader_config.py reads.
c.Spawner.environment = {
    name: os.environ[name]
    for name in ("COURSE_ID", "COURSE_ROOT", "EXCHANGE_ROOT", "COURSE_GROUPS", "NGSHARE_URL")
    if name in os.environ
}

if (HERE / "local.py").is_file():
    load_subconfig(str(HERE / "local.py"))  # noqa: F821  # given by the loader of traitlets
