"""A JupyterHub from the files in deploy/, with Unix accounts, on free loopback ports; it ends with the test."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.classroom.readable import ROOT, readable_environment

COURSE_ID = "llm-foundations"
PASSWORD = "only on loopback, for the length of a test"
START_SECONDS = 60.0
STOP_SECONDS = 60.0  # a hub waits half a minute for the service that it has started

# What deploy/jupyterhub_config.py leaves to the machine.
LOCAL = """
c.JupyterHub.bind_url = "http://127.0.0.1:{public}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy}"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.Authenticator.allowed_users.update({allowed!r})
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 300
"""


@dataclass
class Hub:
    """A running hub; `settings` is the copy of deploy/ that it was started from."""

    folder: Path
    url: str
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def log(self) -> str:
        return (self.folder / "hub.log").read_text()

    def stop(self) -> None:
        """Stops the hub, and with it its proxy and all servers, and waits for them."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise


@dataclass(frozen=True)
class Place:
    """Where the parts of a test's hub lie."""

    top: Path
    group: str

    @property
    def hub_environment(self) -> Path:
        """The hub's and students': without the autograder."""
        return self.top / "environment"

    @property
    def grading_environment(self) -> Path:
        return self.top / "grading"

    @property
    def course(self) -> Path:
        return self.top / "courses" / COURSE_ID

    @property
    def exchange(self) -> Path:
        return self.top / "exchange"

    @property
    def settings(self) -> Path:
        return self.top / "course-hub"


def set_up(place: Place, source: Path, graders: list[str], students: list[str]) -> None:
    """Course, exchange and settings, as docs/jupyterhub.md has it."""
    shutil.copytree(ROOT / "deploy", place.settings)
    (place.settings / "graders.txt").write_text("\n".join(graders))
    (place.settings / "students.txt").write_text("\n".join(students))
    place.course.mkdir(parents=True)
    shutil.copytree(source, place.course / "source")
    shutil.copytree(ROOT / "checks" / "attention", place.course / "checks" / "attention")  # softmax is asked for
    shutil.copy(ROOT / "nbgrader_config.py", place.course)
    words = [COURSE_ID, place.course, place.exchange, place.group]
    subprocess.run([place.settings / "folders.sh", *words], check=True)
    readable_environment(place.hub_environment, project=False)
    readable_environment(place.grading_environment, project=True)
    shutil.chown(place.grading_environment, group=place.group)
    place.grading_environment.chmod(0o750)


def start(place: Place, service_account: str, allowed: list[str]) -> Hub:
    """The hub of deploy/jupyterhub_config.py or, with an account for the course's service, of course_service.py.

    Who is `allowed` may log in, in the course or not.
    """
    public, hub, proxy, service = free_ports(4)
    local = LOCAL.format(public=public, hub=hub, proxy=proxy, password=PASSWORD, allowed=allowed)
    (place.settings / "local.py").write_text(local)
    folder = place.top / "hub"
    folder.mkdir(mode=0o700)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "VIRTUAL_ENV"))} | {
        "COURSE_ROOT": str(place.course),
        "EXCHANGE_ROOT": str(place.exchange),
        "COURSE_ACCOUNT": service_account,
        "COURSE_PORT": str(service),
        "GRADERS_BIN": str(place.grading_environment / "bin"),
    }
    config = "course_service.py" if service_account else "jupyterhub_config.py"
    command = [place.hub_environment / "bin" / "jupyterhub", "--config", place.settings / config]
    with (folder / "hub.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)
    started = Hub(folder, f"http://127.0.0.1:{public}", process)
    _wait(started)
    return started


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _wait(hub: Hub) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and hub.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{hub.url}/hub/api/", timeout=2) as answer:
                json.load(answer)
            return
        except OSError:
            time.sleep(0.2)
    told = hub.log[-3000:]
    if hub.process.poll() is None:
        hub.stop()
    raise RuntimeError(f"the hub did not start: {told}")
