"""A call whose exception is caught: the probe goes on, and later steps see what was left behind."""

from __future__ import annotations

import pytest

from autograder.model import Call, Get, Let, Observation, Probe, Ref
from autograder.sandbox.inside.probing import observe
from autograder.sandbox.wire import pack_probe, unpack_probe


def seen(exception: Exception | None, catch: str) -> Observation:
    def fails(box: list[int]) -> str:
        box.append(7)
        if exception is not None:
            raise exception
        return "fine"

    steps = (Let("box", []), Call("f", (Ref("box"),), catch=catch), Get("box", "after"))
    probe = unpack_probe(*pack_probe(Probe(steps, ("out", "after"))))
    return observe(probe, {"f": fails}, catch=Exception)


@pytest.mark.parametrize(
    ("exception", "catch", "out"),
    [
        (ValueError("no"), "ValueError", "ValueError"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, ""), "ValueError", "ValueError"),  # one below it
        (None, "ValueError", "fine"),
    ],
)
def test_what_is_caught_does_not_end_the_probe(exception: Exception | None, catch: str, out: str) -> None:
    assert seen(exception, catch) == Observation("returned", {"out": out, "after": [7]})


@pytest.mark.parametrize("catch", ["", "KeyError"])
def test_another_exception_ends_it(catch: str) -> None:
    found = seen(ValueError("no"), catch)
    assert found.status == "raised"
    assert found.failure is not None
    assert (found.failure.kind, found.failure.step) == ("ValueError", 1)
