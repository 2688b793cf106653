"""For what repeats a test with other values: `make test` runs some of them, `make test-all` the rest too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def mostly_matrix(values: Iterable[Any], *, keep: Iterable[Any]) -> list[Any]:
    """`values` as parameters; all but those of `keep` are marked `matrix`."""
    kept = list(keep)
    every = list(values)
    assert all(value in every for value in kept), f"{kept} are not all among {every}"
    return [value if value in kept else pytest.param(value, marks=pytest.mark.matrix) for value in every]
