"""What a process of the grader does before it imports anything large."""

from __future__ import annotations

import sys


def without_address_grammar() -> None:
    """Spares the process a grammar of internationalised addresses, which no schema of a notebook asks for.

    jsonschema, which nbformat imports, builds it at its import where `rfc3987_syntax` is installed, as it is with
    JupyterLab: one to six seconds at every start.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: "not installed", says Python
