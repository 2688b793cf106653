"""The files of deploy/ that no hub of the tests starts from: they load, and do what docs/jupyterhub.md says."""

from __future__ import annotations

import grp
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from traitlets.config import Config, PyFileConfigLoader

from tests.places import ROOT

DEPLOY = ROOT / "deploy"
PLACES = {
    "COURSE_ROOT": "/srv/courses/llm-foundations",
    "EXCHANGE_ROOT": "/srv/exchange",
    "COURSE_ID": "llm-foundations",
}
GRADER, STUDENT = SimpleNamespace(name="formgrade-llm-foundations"), SimpleNamespace(name="nbgrader-llm-foundations")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of deploy/ with people in it, and none of its variables set but the course's places."""
    for name in ("GRADERS_SERVER", "COURSE_GROUPS", "NGSHARE_URL", "COURSE_CLAIM", "STUDENTS_BIN", "GRADERS_BIN"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in PLACES.items():
        monkeypatch.setenv(name, value)
    copy = tmp_path / "course-hub"
    shutil.copytree(DEPLOY, copy)
    (copy / "graders.txt").write_text("ann  # the head TA\n\n# gone: ben\n")
    (copy / "students.txt").write_text("cem\ndia\n")
    return copy


def load(path: Path) -> Config:
    return PyFileConfigLoader(path.name, path=str(path.parent)).load_config()


def spawner(config: Config, *groups: SimpleNamespace) -> Any:
    """What the hub gives to the hook before a server starts, after the hook was there."""
    made = SimpleNamespace(
        user=SimpleNamespace(groups=groups), environment=dict(config.Spawner.environment), volumes=[], volume_mounts=[]
    )
    config.Spawner.pre_spawn_hook(made)
    return made


def test_people_are_read_line_by_line(settings: Path) -> None:
    config = load(settings / "jupyterhub_config.py")
    assert config.JupyterHub.load_groups == {
        "formgrade-llm-foundations": {"users": ["ann"]},
        "nbgrader-llm-foundations": {"users": ["cem", "dia"]},
    }
    assert config.Authenticator.allowed_users == {"ann", "cem", "dia"}


def test_a_group_decides_which_server_somebody_gets(settings: Path) -> None:
    config = load(settings / "jupyterhub_config.py")
    grader, student, nobody = spawner(config, GRADER, STUDENT), spawner(config, STUDENT), spawner(config)
    assert grader.environment["JUPYTER_CONFIG_PATH"] == str(settings / "roles" / "grader")
    assert grader.notebook_dir == "/srv/courses"
    assert grader.cmd == ["/opt/grading/bin/jupyterhub-singleuser"]
    for other in (student, nobody):
        assert other.environment["JUPYTER_CONFIG_PATH"] == str(settings / "roles" / "student")
        assert other.cmd == [f"{Path(sys.executable).parent}/jupyterhub-singleuser"]
        assert not hasattr(other, "notebook_dir")


def test_the_littlest_hub_gives_users_their_own_programs(settings: Path, tmp_path: Path) -> None:
    link = tmp_path / "jupyterhub_config.d" / "course.py"
    link.parent.mkdir()
    link.symlink_to(settings / "tljh" / "course.py")
    config = load(link)
    student = spawner(config, STUDENT)
    assert student.cmd == ["/opt/tljh/user/bin/jupyterhub-singleuser"]
    assert student.environment["PATH"].startswith("/opt/tljh/user/bin:")
    assert config.Authenticator.allowed_users == {"ann", "cem", "dia"}


def test_only_graders_pods_have_the_checks_and_the_course(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADERS_IMAGE", "course-grading:1")
    config = load(settings / "kubernetes" / "course.py")
    grader, student = spawner(config, GRADER), spawner(config, STUDENT)
    config.Spawner.pre_spawn_hook(grader)  # a second start of the same server
    assert [volume["persistentVolumeClaim"] for volume in grader.volumes] == [{"claimName": "course"}]
    assert [mount["mountPath"] for mount in grader.volume_mounts] == ["/srv/courses"]
    assert grader.image == "course-grading:1"
    assert not hasattr(student, "image")
    assert student.volumes == student.volume_mounts == []


def test_kubernetes_values_name_what_the_other_files_say() -> None:
    folder = DEPLOY / "kubernetes"
    values, volume, ngshare = (
        yaml.safe_load((folder / name).read_text()) for name in ("values.yaml", "course-volume.yaml", "ngshare.yaml")
    )
    env = values["hub"]["extraEnv"]
    assert env["COURSE_CLAIM"] == volume["metadata"]["name"]
    assert values["hub"]["extraFiles"]["course"]["mountPath"] in values["hub"]["extraConfig"]["course"]
    assert "hub_api_token" in ngshare["ngshare"]
    assert values["hub"]["services"]["ngshare"]["url"].startswith("http://ngshare:")
    # Roles are looked for beside the hub's configuration, in the hub's pod; they lie in the image of the users' pods.
    beside = Path(values["hub"]["extraFiles"]["hub"]["mountPath"]).parent / "roles"
    assert f"COPY deploy/roles {beside}\n" in (folder / "Dockerfile").read_text()


def test_what_students_do_not_see_is_there_for_graders() -> None:
    """Names that JupyterLab and the server know: a typing error would switch nothing off."""
    switched = json.loads((DEPLOY / "roles/student/jupyter_server_config.d/course.json").read_text())
    assert "autograder.server" in switched["ServerApp"]["jpserver_extensions"]
    assert not any(switched["ServerApp"]["jpserver_extensions"].values())
    hidden = json.loads((DEPLOY / "roles/student/labconfig/page_config.json").read_text())["disabledExtensions"]
    shown = json.loads((DEPLOY / "roles/grader/labconfig/page_config.json").read_text())["disabledExtensions"]
    assert {"@jupyter/nbgrader:formgrader", "autograder-page:plugin"} <= set(hidden) - set(shown)


def test_folders_have_the_modes_that_the_page_says(tmp_path: Path) -> None:
    course, exchange = tmp_path / "course", tmp_path / "exchange"
    secret, result = course / ".autograder" / "secret", course / ".autograder" / "results" / "ann.json"
    result.parent.mkdir(parents=True)
    for file in (secret, result):
        file.touch(mode=0o600)
    words = ["llm-foundations", str(course), str(exchange), grp.getgrgid(os.getgid()).gr_name]
    for _ in range(2):  # as often as you like
        subprocess.run([DEPLOY / "folders.sh", *words], check=True)
    places = {
        "the course": course,
        "`gradebook.db`": course / "gradebook.db",
        "`.autograder/secret`": secret,
        "the exchange": exchange,
        "`exchange/<course>`, `outbound`": exchange / "llm-foundations" / "outbound",
        "`inbound`": exchange / "llm-foundations" / "inbound",
        "`feedback`": exchange / "llm-foundations" / "feedback",
    }
    page = (DEPLOY.parent / "docs" / "jupyterhub.md").read_text()
    for name, place in places.items():
        assert f"\n| {name} | {stat.S_IMODE(place.stat().st_mode):o} |" in page, name
    assert stat.S_IMODE(result.stat().st_mode) == 0o660
