"""A course on language models, and the autograder that judges it by number, outside the student's process.

`autograder.check("softmax")` runs a function's hidden checks in an author's own kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.judging.inprocess import CheckFailed as CheckFailed
    from autograder.judging.inprocess import check as check

__all__ = ["CheckFailed", "check"]


def __getattr__(name: str) -> Any:
    """Loads what needs torch when it is first asked for, so that importing the package stays cheap."""
    if name not in __all__:
        raise AttributeError(f"module 'autograder' has no attribute {name!r}")
    from autograder.judging import inprocess

    return getattr(inprocess, name)
