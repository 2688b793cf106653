"""The package's public face: an autograder that compares values outside the student's process.

`autograder.check("softmax")` runs a function's hidden checks in an author's own kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.judging.inprocess import CheckFailed as CheckFailed
    from autograder.judging.inprocess import check as check

__all__ = ["CheckFailed", "check"]


def __getattr__(name: str) -> Any:
    """Imports a public name, and with it torch, at its first use, so that importing the package stays fast."""
    if name not in __all__:
        raise AttributeError(f"module 'autograder' has no attribute {name!r}")
    from autograder.judging import inprocess

    return getattr(inprocess, name)
