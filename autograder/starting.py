"""Makes later imports faster; each grader process calls it before it imports anything large."""

from __future__ import annotations

import sys


def without_address_grammar() -> None:
    """Keeps jsonschema from building a grammar of internationalised addresses, which no notebook schema uses.

    nbformat imports jsonschema. Where `rfc3987_syntax` is installed, as with JupyterLab, jsonschema builds the grammar
    at import, which takes one to six seconds in every process.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # Python treats None as "not installed"
