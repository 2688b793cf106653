"""Jobs of the page: graded in a process of their own, watched, cancelled, tried again; no server needs to live on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import notebook_hash

from autograder.course import CONFIG, Course
from autograder.samples.classes import Sample
from autograder.server import job_files, jobs
from autograder.server.feedback import NOT_GRADED
from autograder.server.feedback_state import feedback_state
from autograder.server.folders import Folders
from autograder.server.results import Results
from autograder.server.standing import standing
from tests.engine.server.light import NAME, SLOW, Client, make, serving
from tests.processes import below, gone
from tests.processes import wait_for as wait_for_seconds

wait_for = partial(wait_for_seconds, seconds=300)  # a job begins by importing torch, behind everything else


def events(text: str) -> list[tuple[str, dict[str, object]]]:
    """The ids and the data of what an event source sent."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in lines:
            found.append((lines["id"], json.loads(lines["data"])))
    return found


def test_a_class_is_graded_and_the_failures_have_their_reason(graded: str, client: Client, course: Course) -> None:
    job = client.job(graded)
    assert (job["end"], job["done"], job["total"], job["running"]) == ("done", 5, 5, [])
    assert [(p["student"], p["status"], p["failed"]) for p in job["problems"]] == [("eve", "invalid", True)]
    assert job["problems"][0]["reason"].startswith(f"{NAME}.ipynb is not JSON")
    assert (course.folder("autograded", NAME, "ada") / f"{NAME}.ipynb").is_file()


def test_events_say_where_it_stands_and_only_what_is_new(graded: str, client: Client) -> None:
    answer = client.get(f"/api/jobs/{graded}/events?_xsrf=token")
    assert answer.headers["content-type"] == "text/event-stream"
    [(last, data)] = events(answer.text)
    assert (data["done"], data["end"]) == (5, "done")
    again = client.get(f"/api/jobs/{graded}/events", **{"Last-Event-ID": last})
    assert events(again.text) == []


def test_a_job_that_is_not_there(client: Client) -> None:
    for path in ("/api/jobs/20260101-000000-abcdef", "/api/jobs/20260101-000000-abcdef/events"):
        answer = client.get(path)
        assert (answer.status, answer.json) == (404, {"error": "there is no job 20260101-000000-abcdef"})


def test_who_was_not_handed_in_is_not_graded(client: Client) -> None:
    answer = client.post(f"/a/{NAME}/jobs", ("kind", "grade"), ("student", "nobody"))
    assert answer.status == 409
    assert answer.has("no submission of nobody")
    assert client.post(f"/a/{NAME}/jobs", ("kind", "grade")).has("no student was chosen")


def test_a_form_without_its_token_starts_nothing(client: Client, course: Course, graded: str) -> None:
    before = sorted((course.state / "jobs").iterdir())
    assert client.post(f"/a/{NAME}/jobs", ("kind", "grade"), ("student", "ada"), token=False).status == 403
    assert sorted((course.state / "jobs").iterdir()) == before


def test_retry_takes_those_who_failed(client: Client, course: Course, graded: str) -> None:
    answer = client.post(f"/jobs/{graded}/retry")
    assert answer.status == 303
    job, folder = latest(course)
    assert (job.kind, job.students) == ("regrade", ("eve",))
    jobs.cancel(folder)
    wait_for(lambda: job_files.progress(folder).end == "cancelled")


@pytest.mark.parametrize("anyway", [False, True])
def test_retry_goes_through_the_same_gate(client: Client, course: Course, graded: str, anyway: bool) -> None:
    job, folder = job_files.create(course, "release", NAME, ["ada"], anyway=anyway)
    told = job_files.Events(folder)
    told.add("student", student="ada", fresh=True, status="failed", reason="the exchange was away", failed=True)
    told.add("end", end="done", reason="")
    answer = client.post(f"/jobs/{job.id}/retry")
    if anyway:
        again, folder = latest(course)
        assert (answer.status, again.kind, again.anyway) == (303, "release", True)
        jobs.cancel(folder)
        wait_for(lambda: job_files.progress(folder).end)
    else:
        assert answer.status == 409
        assert answer.has("1 of those chosen are not completely graded: ada")


def latest(course: Course) -> tuple[job_files.JobRequest, Path]:
    found = job_files.latest(course, NAME)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Course:
    """One student is done at once, the other two take their time."""
    samples = [Sample("a-quick"), Sample("b-slow", extra=(SLOW,)), Sample("c-slow", extra=(SLOW,))]
    return make(tmp_path_factory.mktemp("slow") / "course", root, samples)


def test_a_job_outlives_its_server_is_alone_and_can_be_cancelled(slow: Course, tmp_path: Path) -> None:
    students = [("student", name) for name in ("a-quick", "b-slow", "c-slow")]
    with serving(slow.root, tmp_path) as client:
        assert client.post(f"/a/{NAME}/jobs", ("kind", "grade"), *students).status == 303
        again = client.post(f"/a/{NAME}/jobs", ("kind", "grade"), *students)
        assert again.status == 409
        assert again.has("Grading of tiny is still at work")
    job = latest(slow)[0]
    started = below(job.pid)
    with serving(slow.root, tmp_path) as client:  # another server: the first one is gone
        wait_for(lambda: client.job(job.id, ended=False)["done"] == 1)
        page = client.get(f"/a/{NAME}/submissions")
        assert page.has(f'data-job="{job.id}"[^>]*data-end=""')
        assert client.post(f"/jobs/{job.id}/cancel").status == 303
        found = client.job(job.id)
    assert (found["end"], found["done"], found["problems"]) == ("cancelled", 1, [])
    wait_for(lambda: all(map(gone, [job.pid, *started])))


def test_one_whose_folder_is_gone_stops_no_other(slow: Course) -> None:
    job = jobs.start(slow, "grade", NAME, ["gone", "a-quick"])
    folder = job_files.folder_of(slow) / job.id
    wait_for(lambda: job_files.progress(folder).end is not None)
    found = job_files.progress(folder)
    assert (found.end, found.done) == ("done", 2)
    [problem] = found.problems
    assert (problem.student, problem.failed) == ("gone", True)
    assert str(slow.folder("submitted", NAME, "gone")) in problem.reason


def test_a_job_of_which_nobody_is_left_grades_nobody(slow: Course) -> None:
    job = jobs.start(slow, "regrade", NAME, ["gone"])
    folder = job_files.folder_of(slow) / job.id
    wait_for(lambda: job_files.progress(folder).end is not None)
    found = job_files.progress(folder)
    assert (found.end, found.done, [one.student for one in found.problems]) == ("done", 1, ["gone"])


def test_a_job_killed_from_outside_is_told_as_such_and_another_may_start(slow: Course) -> None:
    job = jobs.start(slow, "regrade", NAME, ["b-slow"])
    folder = latest(slow)[1]
    wait_for(lambda: job_files.progress(folder).running == ["b-slow"])
    with pytest.raises(jobs.JobConflict):
        jobs.start(slow, "grade", NAME, ["a-quick"])
    os.killpg(job.pid, signal.SIGKILL)
    wait_for(lambda: job_files.progress(folder).end is not None)
    found = job_files.progress(folder)
    assert (found.end, found.running) == ("interrupted", [])
    assert "ended from outside" in found.reason
    jobs.start(slow, "grade", NAME, ["a-quick"])
    after, folder = latest(slow)
    jobs.cancel(folder)
    with pytest.raises(jobs.JobConflict, match="being cancelled"):
        jobs.start(slow, "grade", NAME, ["a-quick"])
    wait_for(lambda: job_files.progress(folder).end == "cancelled")
    assert after.id > job.id


def test_pages_in_the_making_end_with_the_process_that_leads(slow: Course) -> None:
    job = jobs.start(slow, "feedback", NAME, ["a-quick", "b-slow", "c-slow"])
    folder = job_files.folder_of(slow) / job.id
    wait_for(lambda: below(job.pid))
    started = below(job.pid)
    os.kill(job.pid, signal.SIGKILL)
    wait_for(lambda: all(map(gone, started)), seconds=60)
    assert job_files.progress(folder).end == "interrupted"


def test_to_cancel_signals_no_process_that_happens_to_have_the_number(slow: Course) -> None:
    job, folder = job_files.create(slow, "grade", NAME, ["a-quick"])
    other = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        job_files.write(folder, replace(job, pid=other.pid))
        with job_files.hold_alive(folder):
            jobs.cancel(folder)
            assert job_files.progress(folder).cancelling
        assert job_files.progress(folder).end == "cancelled"
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


STUBBORN = """
import os, signal, sys, time
from pathlib import Path
from autograder.server.job_files import Events
from autograder.server.runner import obey_cancel
# A handler, not an `except`: the signal may come while no `try` has been entered.
signal.signal(signal.SIGINT, lambda *_: os.write(1, b"asked\\n"))
folder = Path(sys.argv[1])
with obey_cancel(folder, Events(folder), 5.0):  # time to say so, on a busy machine too
    print("begun", flush=True)
    while True:
        time.sleep(600)
"""


def test_a_job_that_does_not_end_when_it_is_asked_is_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STUBBORN, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    job_files.ask_to_end(tmp_path)
    said, _ = process.communicate(timeout=300)
    assert (said, process.returncode) == ("asked\n", -signal.SIGKILL)
    assert job_files.progress(tmp_path).end == "cancelled"


def test_what_stops_a_whole_job_is_its_reason(slow: Course) -> None:
    source = slow.folder("source", NAME) / f"{NAME}.ipynb"
    text = source.read_text()
    source.write_text("{}")
    try:
        job = jobs.start(slow, "grade", NAME, ["a-quick"])
        folder = job_files.folder_of(slow) / job.id
        wait_for(lambda: job_files.progress(folder).end is not None)
    finally:
        source.write_text(text)
    found = job_files.progress(folder)
    assert found.end == "failed"
    assert NAME in found.reason


def test_what_cannot_be_read_of_a_job_is_passed_over(tmp_path: Path) -> None:
    told = job_files.Events(tmp_path)
    student = {"fresh": True, "status": "ok", "reason": "", "failed": False}
    told.add("student", student="a", **student)
    with (tmp_path / "events.jsonl").open("a") as stream:
        stream.write('{"event": "student", "at": 1')  # the disk was full
    told.add("student", student="b", **student)
    with (tmp_path / "events.jsonl").open("a") as stream:
        stream.write('\n[]\n{"event": "student", "at": 2}\n{"event": "end", "at": 3}\n{}\n')
    told.add("end", end="done", reason="")
    found = job_files.progress(tmp_path)
    assert ([one.student for one in found.problems], found.end) == ([], "done")
    assert found.done >= 2


def test_the_latest_of_jobs_within_one_second_is_the_latest(slow: Course) -> None:
    made = [job_files.create(slow, "feedback", "another", ["a-quick"])[0].id for _ in range(8)]
    found = job_files.latest(slow, "another")
    assert found is not None
    assert (found[0].id, made) == (made[-1], sorted(made))


def test_a_damaged_job_hides_no_other_and_stops_no_page(course: Course, client: Client, graded: str) -> None:
    folder = job_files.folder_of(course) / "20990101-000000-abcdef"
    folder.mkdir()
    for text in ("{", "[]", '{"id": "20990101-000000-abcdef", "students": ["ada"], "colour": "red"}'):
        (folder / "job.json").write_text(text)
        assert client.get(f"/a/{NAME}/submissions").status == 200
        assert client.get(f"/api/jobs/{folder.name}").status == 404
    shutil.rmtree(folder)


def test_time_left_is_what_the_rest_takes_at_this_rate() -> None:
    found = job_files.JobProgress()
    found.take({"event": "begin", "at": 100.0, "student": "a"})
    for n, student in enumerate("ab"):
        values = {"fresh": True, "status": "ok", "reason": "", "failed": False}
        found.take({"event": "student", "at": 102.0 + 2 * n, "student": student, **values})
    assert (found.began, found.last) == (100.0, 104.0)
    assert found.seconds_left(2 + 10, now=104.0) == pytest.approx(20.0)
    assert found.seconds_left(2 + 10, now=107.0) == pytest.approx(17.0)
    assert job_files.JobProgress().seconds_left(12, now=104.0) is None


def test_feedback_goes_through_nbgrader_and_changed_marks_are_seen(slow: Course, tmp_path: Path) -> None:
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    config = slow.root / CONFIG
    config.write_text(config.read_text() + f"\nc.Exchange.root = {str(exchange)!r}\n")
    (slow.folder("submitted", NAME, "a-quick") / "submission_secret.txt").write_text("from the exchange")
    with serving(slow.root, tmp_path) as client:
        run(client, slow, "regrade", "a-quick")
        job = run(client, slow, "release", "a-quick", "c-slow", anyway=True)
        assert [(p["student"], p["failed"]) for p in job["problems"]] == [("c-slow", True)]
        assert job["problems"][0]["reason"] == NOT_GRADED
        page = slow.folder("feedback", NAME, "a-quick") / f"{NAME}.html"
        [released] = (exchange / "llm-foundations" / "feedback").iterdir()
        assert released.read_bytes() == page.read_bytes()
        assert feedback_of(slow) == "released"
        mark(slow, 0.5)
        assert feedback_of(slow) == "outdated"
        assert client.get(f"/a/{NAME}/preview/a-quick").has("has changed since this page was made")
        run(client, slow, "feedback", "a-quick")
        assert feedback_of(slow) == "made"
        assert client.get(f"/a/{NAME}/feedback/a-quick/{NAME}.html").text == page.read_text()


def test_what_nbgraders_own_button_released_is_seen(tmp_path: Path, root: Path) -> None:
    course = make(tmp_path / "course", root, [Sample("ada")])
    course.config.Exchange.root = str(tmp_path)
    made, outbound = course.folder("feedback", NAME, "ada"), tmp_path / "llm-foundations" / "feedback"
    made.mkdir(parents=True)
    outbound.mkdir(parents=True)
    (made / f"{NAME}.html").write_text("page")
    assert feedback_state(Folders(course, NAME), "ada", "marks") == "made"
    (made / "submission_secret.txt").write_text("secret")
    (outbound / f"{notebook_hash(secret='secret', notebook_id=NAME)}.html").write_text("page")
    assert feedback_state(Folders(course, NAME), "ada", "marks") == "released"


def run(client: Client, course: Course, kind: str, *students: str, anyway: bool = False) -> dict[str, Any]:
    """Starts a job by its form, and waits for its end."""
    fields = [("kind", kind), *(("student", name) for name in students), *([("anyway", "1")] if anyway else [])]
    answer = client.post(f"/a/{NAME}/jobs", *fields)
    assert answer.status == 303, answer.text
    found: dict[str, Any] = client.job(latest(course)[0].id)
    assert found["end"] == "done", found
    return found


def feedback_of(course: Course) -> str:
    found = standing(course, NAME, Results())
    assert found is not None
    return next(one.feedback for one in found.submissions if one.student == "a-quick")


def mark(course: Course, points: float) -> None:
    """A TA marks the written answer."""
    with Gradebook(str(course.nbgrader.db_url)) as gradebook:
        grade = gradebook.find_grade("why", NAME, NAME, "a-quick")
        grade.manual_score = points
        gradebook.db.commit()
