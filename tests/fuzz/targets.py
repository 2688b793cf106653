"""What is fuzzed: three readers of text that others wrote, each with the contract that it is held to.

A target takes bytes. It returns where they were taken in or refused with the documented exception, and raises for
anything else: another exception, a promise that is broken, more than SECONDS of work. `fuzz.py` looks for such bytes by
the hour, `test_fuzz.py` for a moment, and again at all that was ever found.
"""

from __future__ import annotations

import functools
import json
import os
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import torch

from autograder.authoring import notebooks, percent, regions, rules
from autograder.authoring.master import master_of
from autograder.errors import SourceError, SubmissionError, UsageError
from autograder.grading.executed import ExecutedCell, asserts_score, executed_notebook
from autograder.grading.record import Judgement
from autograder.grading.submission import RebuiltCell, RebuiltNotebook, parse, rebuild
from autograder.judging.compare import clean, compare, describe
from autograder.model import MasterCell, MasterNotebook, Observation, Opaque, Ref, Tensor
from autograder.sandbox import frames, wire
from autograder.sandbox.execution import CellRun, Execution
from tests.places import TESTS

Target = Callable[[bytes], None]

SECONDS = 5.0  # of CPU for one input of at most these lengths: a hundred times what the slowest honest one needs
MAX_LENGTHS = {"notebook": 1 << 15, "wire": 1 << 15, "percent": 1 << 12}
JUDGEMENT = Judgement("work", "eve", "work", "graded")
AUTHORED = TESTS / "engine" / "authoring" / "authored" / "judged.py"


def bounded(target: Target) -> Target:
    @functools.wraps(target)
    def timed(data: bytes) -> None:
        began = time.process_time()
        target(data)
        spent = time.process_time() - began
        assert spent < SECONDS, f"{spent:.1f} s for {len(data)} bytes"

    return timed


def _verify_said(error: Exception) -> None:
    """A reason that can stand in a terminal and in a table."""
    assert str(error).isprintable()
    assert len(str(error)) < 500


# ---- the notebook reader ----------------------------------------------------------------------------------


@functools.cache
def master() -> MasterNotebook:
    return master_of(notebooks.source(percent.read(AUTHORED)), AUTHORED.with_suffix(".ipynb"))


@bounded
def notebook(data: bytes) -> None:
    """Bytes as a student's notebook: refused with a reason fit for a terminal, or rebuilt on the instructor's."""
    try:
        made = rebuild(master(), parse(data, "work.ipynb"))
    except SubmissionError as error:
        _verify_said(error)
        return
    _verify_rebuilt(made)
    text = executed_notebook(master(), [ExecutedCell(cell, CellRun()) for cell in made.cells], JUDGEMENT)
    _verify_notebook(text)


def _verify_rebuilt(made: RebuiltNotebook) -> None:
    known = [cell for cell in made.cells if cell.master is not None]
    assert [c.master for c in known] == [c for c in master().cells if c.grade_id is not None]
    for cell in known:
        assert cell.master is not None
        assert cell.kind == cell.master.kind
        if not cell.master.is_solution:
            assert (cell.source, cell.run) == (cell.master.source, cell.master.visible)
    assert all(flag.isprintable() and len(flag) < 200 for flag in made.flags)


def _verify_notebook(text: str) -> None:
    text.encode()
    errors = nbformat.validator.iter_validate(json.loads(text, parse_constant=_no_constant))
    first = next(iter(errors), None)
    assert first is None, f"an autograded notebook that is none: {first}"


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


# ---- the wire ---------------------------------------------------------------------------------------------

EXPECTED = (
    Tensor("Tensor", "float32", "cpu", (2, 2), torch.tensor([[1.0, float("nan")], [float("inf"), -2.0]]).double()),
    Tensor("Tensor", "int64", "cpu", (2,), torch.tensor([1, 2])),
    Tensor("Tensor", "bool", "cpu", (2,), torch.tensor([True, False])),
    Tensor("Tensor", "complex64", "cpu", (1,), torch.tensor([1j])),
    Tensor("Tensor", "float32", "meta", (2,), None),
    [1.0, {"a": 2}, ("x", None)],
    "a word",
    3,
    True,
)
SOURCE = RebuiltCell("code", "x = 1", "x = 1", MasterCell("code", "x = 1", "one"))


@bounded
def answer(data: bytes) -> None:
    """Bytes on the socket from a student's process: WireError, or plain values that can be judged and shown."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            theirs.sendall(data)
        try:
            header, block = frames.receive(ours, deadline=time.monotonic() + 60)
        except (frames.WireError, frames.WireTimeout):
            return
    _as_observation(header, block)
    _as_cell(header)


def _as_observation(header: dict[str, Any], block: bytes) -> None:
    try:
        seen = wire.unpack_observation(header, block)
    except frames.WireError as error:
        _verify_said(error)
        return
    assert seen.status in ("returned", "raised")
    repr(seen).encode()
    for name, value in seen.values.items():
        name.encode()
        _verify_plain(value)
        for expected in EXPECTED:
            wrong = compare(value, expected, 0.1)
            assert wrong is None or clean(wrong.message, 5000) == " ".join(wrong.message.split())
        assert describe(value).isprintable()
    if seen.status == "returned":  # what was taken in can be sent again, and says the same
        again = wire.pack_observation(Observation("returned", seen.values))
        assert repr(wire.unpack_observation(json.loads(json.dumps(again[0])), again[1])) == repr(seen)


def _verify_plain(value: Any) -> None:
    match value:
        case torch.Tensor():
            assert type(value) is torch.Tensor
            assert value.device.type == "cpu"
        case Tensor():
            assert value.data is None or tuple(value.data.shape) == value.shape
        case list() | tuple():
            for entry in value:
                _verify_plain(entry)
        case dict():
            assert all(type(key) is str for key in value)
            for entry in value.values():
                _verify_plain(entry)
        case _:
            plain = (type(None), bool, int, float, str, Ref, Opaque, torch.dtype)
            assert type(value) in plain, f"a {type(value).__name__} came over the wire"


def _as_cell(header: dict[str, Any]) -> None:
    execution = Execution(SimpleNamespace(limits=SimpleNamespace(submission_seconds=60.0)), ["x = 1"])  # type: ignore[arg-type]  # no sandbox: nothing runs
    try:
        execution.cells[0] = execution._read(header, None)
        if execution.cells[0].outputs:
            execution._update([0, 0, {"output_type": "stream", "name": "stdout", "text": "again"}])
    except frames.WireError as error:
        _verify_said(error)
        return
    ran = execution.cells[0]
    assert 0 <= asserts_score(ran, 3.0) <= 3.0
    _verify_notebook(executed_notebook(MasterNotebook("work", (), ()), [ExecutedCell(SOURCE, ran)], JUDGEMENT))


# ---- the percent format -----------------------------------------------------------------------------------


@functools.cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))


@bounded
def authored(data: bytes) -> None:
    """Bytes as an authored text: SourceError at a line of it, or an assignment that can be built."""
    path = _folder() / "text.py"
    path.write_bytes(data)
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1  # as Python and editors count
    try:
        text = percent.read(path)
        for cell in text.cells:
            assert 1 <= cell.line < cell.first <= lines + 1
            _verify_regions(cell.source)
        rules.verify(text, {"largest", "largest_of_many"})
    except SourceError as error:
        _verify_place(error, lines)
        return
    except UsageError:
        return
    built = notebooks.source(text)
    nbformat.validate(built)
    notebooks.text(built).encode()


def _verify_regions(source: str) -> None:
    for marker in regions.MARKERS:
        try:
            found = regions.find(source, marker)
        except regions.RegionFault as fault:
            _verify_offset(fault, source)
            continue
        gone = regions.drop(source, marker)
        assert marker.begin not in gone
        assert len(regions.texts(source, marker)) == len(found)
        if not found:
            assert gone == regions.drop_markers(source, marker) == source


def _verify_place(error: SourceError, lines: int) -> None:
    assert 1 <= error.line <= lines, f"line {error.line} of {lines}: {error}"
    str(error).encode()


def _verify_offset(fault: regions.RegionFault, source: str) -> None:
    assert 0 <= fault.offset <= source.count("\n")


TARGETS: dict[str, Target] = {"notebook": notebook, "wire": answer, "percent": authored}
