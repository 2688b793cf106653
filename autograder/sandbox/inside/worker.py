"""Runs cells and probes in the student's process for the grader; the zygote's child calls `serve`.

The student's code can read and change everything in this process. So the worker holds nothing but the socket, and the
grader does not trust its answers.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
from pathlib import Path
from typing import Any, Protocol

from autograder.model import Failure, Observation
from autograder.sandbox import frames, wire
from autograder.sandbox.inside.probing import observe


class Cells(Protocol):
    """The part of `cells.Shell` that the worker uses."""

    @property
    def namespace(self) -> dict[str, Any]: ...

    def run_cell(self, source: str, index: int | None = None) -> Any: ...


def serve(sock: socket.socket, shell: Cells) -> None:
    """Answers calls until the grader closes the socket; each answer repeats the nonce of its call."""
    while True:
        try:
            call, block = frames.receive(sock)
        except frames.WireError:
            return
        except KeyboardInterrupt:
            continue  # it was sent for a cell that has just ended
        answer, blob = _answer(call, block, shell)
        try:
            frames.send(sock, {**answer, "nonce": call["nonce"]}, blob)
        except frames.WireError:
            return
        except ValueError as error:  # Python cannot write an integer of thousands of digits; nothing was sent
            frames.send(sock, {**no_value(error)[0], "nonce": call["nonce"]})


def _answer(call: dict[str, Any], block: bytes, shell: Cells) -> tuple[dict[str, Any], bytes]:
    match call:
        case {"op": "cell", "source": str(source), "index": int(index)}:
            outcome = shell.run_cell(source, index)
            return {
                "outputs": outcome.outputs,
                "execution_count": outcome.execution_count,
                "failed": outcome.failed,
                "updates": outcome.updates,
                "overflow": outcome.overflow,
            }, b""
        case {"op": "file", "path": str(path)}:
            place = Path(path)
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(block)
            except OSError:  # larger than the course's limit or the folder's size
                return {"written": False}, b""
            return {"written": True}, b""
        case {"op": "probe"}:
            # What a student prints while a probe runs could show hidden inputs in their feedback.
            silence = io.StringIO()
            with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
                observation = observe(wire.unpack_probe(call, block), shell.namespace)
            try:
                return wire.pack_observation(observation)
            except BaseException as error:  # reading a returned object may run the student's code
                return no_value(error)
        case {"op": "end"}:
            return {"ended": True}, b""
    return {"unknown": True}, b""


def no_value(error: BaseException) -> tuple[dict[str, Any], bytes]:
    """The answer to a probe whose result cannot be sent."""
    failure = Failure("ValueError", f"the result has no plain value: {type(error).__name__}")
    return wire.pack_observation(Observation("raised", failure=failure))


def leave(code: int) -> None:
    """Ends the process at once, without the student's atexit hooks and destructors."""
    os._exit(code)
