"""Cuts very long outputs as nbgrader's LimitOutput does, with the course's own settings for it."""

from __future__ import annotations

import json
from typing import Any

import nbformat
from nbgrader.preprocessors import LimitOutput


def limit_outputs(text: str, config: Any) -> str:
    """The notebook's text, changed only if something in it is too long."""
    limit = LimitOutput(config=config)
    cells = json.loads(text)["cells"]
    outputs = [o for c in cells for o in c.get("outputs", ())]
    longest = max((len(o.get("text") or o.get("traceback") or ()) for o in outputs), default=0)
    streams = sum(len(o["text"]) + 1 for o in outputs if o["output_type"] == "stream")
    if longest <= limit.max_traceback and streams <= limit.max_lines:
        return text
    notebook = nbformat.reads(text, as_version=4)
    notebook, _ = limit.preprocess(notebook, {})
    return str(nbformat.writes(notebook, version=4)) + "\n"
