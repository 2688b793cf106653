"""A class with its hub: made, logged in, and taken away again."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.classroom import accounts
from tests.e2e.classroom.hub import COURSE_ID, Hub, Place, set_up, start
from tests.e2e.classroom.people import Person, arrive, log_in
from tests.e2e.classroom.readable import ROOT

SOURCE = Path(__file__).resolve().parents[1] / "course" / "source"
PICTURES = ROOT / "build" / "e2e"
STUDENTS = 3


@dataclass(frozen=True)
class Class:
    place: Place
    hub: Hub
    instructor: Person
    ta: Person
    students: tuple[Person, ...]

    @property
    def service(self) -> str:
        """The address of the course's service, where there is one; without an end slash."""
        return f"{self.hub.url}/services/{COURSE_ID}"


def needs() -> str:
    """Why no class can be held on this machine, and what to do; empty where one can."""
    if os.geteuid() != 0:
        return "a hub starts servers as other users: run this test as root, in a container"
    for program, source in (("useradd", "the package passwd"), ("configurable-http-proxy", "npm: make hub-tools")):
        if shutil.which(program) is None:
            return f"{program} is not on PATH; it comes with {source}"
    return ""


@contextmanager
def open_class(browser: Browser, title: str, *, service: bool = False) -> Iterator[Class]:
    """Everybody has an account, a server and JupyterLab before them; nothing of it is left afterwards.

    With `service` one more account grades, by deploy/course_service.py, and the last student is not in the course.
    """
    if reason := needs():
        pytest.skip(reason)
    accounts.remove_left_over()
    pictures = PICTURES / title
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    with ExitStack() as stack:
        top = Path(tempfile.mkdtemp(prefix="autograder-hub-"))
        stack.callback(shutil.rmtree, top, ignore_errors=True)
        top.chmod(0o755)
        place = Place(top, accounts.make_group())
        stack.callback(accounts.remove_group, place.group)
        homes = top / "homes"
        homes.mkdir()

        def account(role: str, *, grades: bool) -> accounts.Account:
            made = accounts.make_account(f"{role}-{os.getpid()}", homes, [place.group] if grades else [])
            stack.callback(accounts.remove_account, made)
            return made

        graders = [account(role, grades=not service) for role in ("instructor", "ta")]
        students = [account(f"student{number + 1}", grades=False) for number in range(STUDENTS)]
        in_course = students[:-1] if service else students
        set_up(place, SOURCE, [one.name for one in graders], [one.name for one in in_course])
        hub = start(place, account("grader", grades=True).name if service else "", [one.name for one in students])
        stack.callback(hub.stop)
        stack.callback(shutil.copy, hub.folder / "hub.log", pictures)
        # Their servers start side by side.
        people = [log_in(browser, hub, account, pictures) for account in (*graders, *students)]
        for person in people:
            stack.callback(person.page.context.close)
            arrive(person)
        yield Class(place, hub, people[0], people[1], tuple(people[2:]))
