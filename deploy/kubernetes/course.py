"""The course on Kubernetes: loaded by hub.extraConfig in values.yaml, and not run anywhere else.

It adds to jupyterhub_config.py what pods need: graders' pods have another image than students', and mount the volume
that the course lies on.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821  # given by the loader of traitlets
FOLDER = Path(__file__).resolve().parent.parent
load_subconfig(str(FOLDER / "jupyterhub_config.py"))  # noqa: F821  # given by the loader of traitlets

choose_role = c.Spawner.pre_spawn_hook
CLAIM = os.environ.get("COURSE_CLAIM", "course")
GRADERS_IMAGE = os.environ["GRADERS_IMAGE"]


def choose_role_and_pod(spawner) -> None:
    choose_role(spawner)
    if spawner.environment["JUPYTER_CONFIG_PATH"].endswith("/grader"):
        spawner.image = GRADERS_IMAGE
        volume = {"name": "course", "persistentVolumeClaim": {"claimName": CLAIM}}
        mount = {"name": "course", "mountPath": os.path.dirname(os.environ["COURSE_ROOT"])}
        spawner.volumes = [*_as_list(spawner.volumes), volume]
        spawner.volume_mounts = [*_as_list(spawner.volume_mounts), mount]


def _as_list(found) -> list[dict[str, object]]:
    """KubeSpawner takes lists, and dicts whose values count; without the course's own entry of an earlier start."""
    entries = found.values() if isinstance(found, dict) else found
    return [entry for entry in entries if entry["name"] != "course"]


c.Spawner.pre_spawn_hook = choose_role_and_pod
