"""The report of a class on the page: made once for all who look at it, and no longer than somebody waits."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tornado.web import HTTPError

from autograder.course import Course, read_course
from autograder.server import report
from autograder.server.report import Reports
from tests.engine.written.written_class import ASSIGNMENT

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: that of the tests has a loop running already, once a browser was opened."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture
def course(written_answers: Path, tmp_path: Path) -> Course:
    shutil.copytree(written_answers, tmp_path / "course")
    return read_course(tmp_path / "course")


class Making:
    """In place of the process: counts how often it is begun and broken off."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = self.broken_off = 0
        self.seconds = 0.2
        monkeypatch.setattr(report, "_make_report", self.made)

    async def made(self, *_: object) -> bytes:
        self.begun += 1
        number = self.begun
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.broken_off += 1
            raise
        return b"%d" % number


def test_a_report_is_made_once_until_the_gradebook_changes(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    making, reports = Making(monkeypatch), Reports()

    async def ask() -> list[bytes]:
        found = await asyncio.gather(*(reports.get(course, ASSIGNMENT) for _ in range(3)))
        found.append(await reports.get(course, ASSIGNMENT))
        with (course.root / "gradebook.db").open("ab") as changed:
            changed.write(b"\0")
        return [*found, await reports.get(course, ASSIGNMENT)]

    assert run(ask()) == [b"1", b"1", b"1", b"1", b"2"]
    assert making.begun == 2


def test_what_nobody_waits_for_is_broken_off(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    making, reports = Making(monkeypatch), Reports()

    async def leave() -> tuple[bytes, int]:
        asking = [asyncio.create_task(reports.get(course, ASSIGNMENT)) for _ in range(3)]
        while not making.begun:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        asking[0].cancel()
        found = await asking[1]  # one of two has left: the other still gets it
        await asking[2]
        (course.root / "gradebook.db").touch()
        making.seconds = 60.0
        last = asyncio.create_task(reports.get(course, ASSIGNMENT))
        while making.begun < 2:
            await asyncio.sleep(0.01)
        last.cancel()
        await asyncio.sleep(0.05)
        return found, making.broken_off  # looked at here: at its end a loop breaks off whatever is left

    assert run(leave()) == (b"1", 1)
    assert making.begun == 2


def test_a_report_that_takes_too_long_is_ended(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "LIMIT", 0.05)
    with pytest.raises(HTTPError, match=r"not made within 0\.05 seconds"):
        run(Reports().get(course, ASSIGNMENT))
