"""Where submissions are graded: bytes in, bytes out, nothing shared. A cluster's pool has the same face.

jobs (bytes) -> Pool.run(work) -> results (bytes), in the order in which they are done
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from typing import Any, Protocol

from autograder.errors import SubmissionError
from autograder.grading.record import Conditions, Judgement
from autograder.grading.scoring import Graded, HandedIn
from autograder.grading.typed import typed

Work = Callable[[bytes], bytes]


class Pool(Protocol):
    def run(self, work: Work, jobs: Iterable[bytes]) -> Iterator[bytes]:
        """Calls `work` on every job; yields results as they come. Jobs are taken only as they are needed."""
        ...


class LocalPool:
    """Threads of this process: each waits for one submission's process and judges what comes back."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def run(self, work: Work, jobs: Iterable[bytes]) -> Iterator[bytes]:
        source = iter(jobs)
        executor = ThreadPoolExecutor(self.jobs, thread_name_prefix="grade")
        try:
            running: set[Future[bytes]] = {executor.submit(work, job) for job in itertools.islice(source, self.jobs)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {executor.submit(work, job) for job in itertools.islice(source, len(done))}
                for future in done:
                    yield future.result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


# ---- what travels -----------------------------------------------------------------------------------------


def pack_job(handed_in: HandedIn) -> bytes:
    notebooks = {name: _packed(data) for name, data in handed_in.notebooks.items()}
    files = {name: _text(data) for name, data in handed_in.files.items()}
    job = {"student": handed_in.student, "notebooks": notebooks, "files": files, "flags": handed_in.flags}
    return json.dumps({**job, "digests": handed_in.digests}).encode()


def unpack_job(job: bytes) -> HandedIn:
    found = json.loads(job)
    notebooks = {name: _unpacked(data) for name, data in found["notebooks"].items()}
    files = {name: base64.b64decode(data) for name, data in found["files"].items()}
    return HandedIn(found["student"], notebooks, files, tuple(found["flags"]), found["digests"])


def pack_graded(graded: Graded) -> bytes:
    return json.dumps(asdict(graded)).encode()


def unpack_graded(data: bytes) -> Graded:
    found = json.loads(data)
    judgements = tuple(typed(Judgement, one) for one in found["judgements"])
    return Graded(judgements, typed(Conditions, found["conditions"]), found["notebooks"], found["comments"])


def _packed(data: bytes | SubmissionError) -> dict[str, Any]:
    if isinstance(data, SubmissionError):
        return {"refused": str(data), "flags": data.flags}
    return {"bytes": _text(data)}


def _unpacked(found: dict[str, Any]) -> bytes | SubmissionError:
    if "refused" in found:
        return SubmissionError(found["refused"], flags=tuple(found["flags"]))
    return base64.b64decode(found["bytes"])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
