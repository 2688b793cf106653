"""Runs an author's own implementation on probes in this process, with the same messages as in the sandbox; for certify.

Probes and observations are packed, checked and unpacked as between grader and student, so that a bank whose values
cannot travel is noticed before anybody is graded by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograder.errors import AutograderError
from autograder.judging.expected import Reference
from autograder.model import Observation, Probe
from autograder.sandbox import frames
from autograder.sandbox.inside.probing import observe
from autograder.sandbox.inside.worker import no_value
from autograder.sandbox.wire import pack_observation, pack_probe, unpack_observation, unpack_probe


class Trials:
    """The probes of one reference, as they arrive in the sandbox, for any number of implementations."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self._arrived: dict[int, Probe] = {}

    def arrive(self) -> int:
        """Sends every probe, and returns their number. AutograderError if one holds a value that cannot travel."""
        count = 0
        for check in self.reference.bank.checks:
            for probe in self.reference.probes(check):
                try:
                    self._arrived[id(probe)] = unpack_probe(*_transfer(*pack_probe(probe)))
                except frames.WireError as error:
                    name = self.reference.bank.name
                    raise AutograderError(f"the bank of {name} asks in check {check.name!r} with {error}") from error
                count += 1
        return count

    def on(self, namespace: Mapping[str, Any]) -> Callable[[Probe], Observation]:
        """What asks the function in `namespace`; its observation of a probe is kept."""
        if not self._arrived:
            self.arrive()
        seen: dict[int, Observation] = {}

        def ask(probe: Probe) -> Observation:
            if id(probe) not in seen:  # ids stay unique: the reference keeps the probes alive
                seen[id(probe)] = _reply(observe(self._arrived[id(probe)], namespace, catch=Exception))
            return seen[id(probe)]

        return ask


def _reply(observation: Observation) -> Observation:
    """The observation as the grader receives it."""
    try:
        packed = pack_observation(observation)
    except Exception as error:  # as in the worker
        packed = no_value(error)
    try:
        return unpack_observation(*_transfer(*packed))
    except frames.WireError:
        return Observation("forged")


def _transfer(header: dict[str, Any], block: bytes) -> tuple[dict[str, Any], bytes]:
    wire = _Wire()
    try:
        frames.send(wire, header, block)  # type: ignore[arg-type]  # it has what is used of a socket
    except ValueError as error:  # as in the worker: Python cannot write an integer of thousands of digits
        frames.send(wire, *no_value(error))  # type: ignore[arg-type]  # as above
    return frames.receive(wire)  # type: ignore[arg-type]  # as above


class _Wire:
    """A socket whose other end is itself."""

    def __init__(self) -> None:
        self._sent = bytearray()

    def settimeout(self, seconds: float | None) -> None:
        pass  # nothing here waits

    def sendall(self, data: bytes) -> None:
        self._sent += data

    def recv(self, size: int) -> bytes:
        part = bytes(self._sent[:size])
        del self._sent[:size]
        return part
