"""The grading page: an extension of the TA's Jupyter server that reads the gradebook and results; before the cli."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from autograder.server.extension import GradingPage

    return [{"module": "autograder.server", "app": GradingPage}]
