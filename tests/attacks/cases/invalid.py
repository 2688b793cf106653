"""Files that are no notebooks of this assignment."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

from tests.attacks.attack import Attack


def raw(name: str, tries: str, said: str, make: Callable[[], bytes], **more: object) -> Attack:
    return Attack(name, tries, "INVALID", raw=make, said=said, **more)  # type: ignore[arg-type]


def notebook(**changes: Any) -> bytes:
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], **changes}
    return json.dumps(made).encode()


def cell(**changes: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": "", "outputs": [], **changes}


def deep_in_metadata() -> bytes:
    return notebook(metadata={"a": 0}).replace(b'{"a": 0}', b'{"a": ' * 500 + b"0" + b"}" * 500)


def deep_in_utf16() -> bytes:
    # Bytes that look like an open quote to who reads them as UTF-8: the brackets behind it seem to be in a string.
    return ("\ufeff" + '["\u0122", ' + "[" * 100_000).encode("utf-16-le")


ATTACKS = (
    raw("deep-json", "nests 200,000 brackets", "nested deeper", lambda: b"[" * 200_000),
    raw("deep-metadata", "nests 500 objects in the metadata", "nested deeper", deep_in_metadata),
    raw("deep-utf16", "hides the nesting from a reader of UTF-8 by writing UTF-16", "", deep_in_utf16),
    raw("deep-in-a-string", "opens a string that never ends before ten million brackets", "not JSON",
        lambda: b'["' + b"[\\" * 5_000_000),
    raw("not-json", "hands in a web page", "not JSON", lambda: b"<html>please log in</html>"),
    raw("nothing", "hands in an empty file", "not JSON", lambda: b""),
    raw("compressed", "hands in compressed bytes that unpack to more", "not JSON",
        lambda: gzip.compress(b"0" * 10**7)),
    raw("not-a-notebook", "hands in JSON that is no notebook", "not a notebook", lambda: b'{"some": "data"}'),
    raw("many-digits", "writes a number of a million digits", "not JSON",
        lambda: b'{"nbformat": ' + b"9" * 10**6 + b"}"),
    raw("format-3", "uses notebook format 3", "notebook format 3",
        lambda: b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}'),
    raw("format-5", "uses a notebook format of the future", "notebook format 5", lambda: notebook(nbformat=5)),
    raw("other-assignment", "hands in a notebook of another assignment", "of another assignment",
        lambda: notebook(cells=[cell(metadata={"nbgrader": {"grade_id": "linear_regression"}})])),
    raw("no-cells", "hands in a notebook without cells", "without any cell", notebook),
    raw("cells-object", "gives an object where the list of cells belongs", "not a notebook",
        lambda: notebook(cells={"0": cell()})),
    raw("cell-number", "gives a number where a cell belongs", "cell 1 of", lambda: notebook(cells=[3])),
    raw("source-number", "gives numbers as a cell's source", "source that is not text",
        lambda: notebook(cells=[cell(source=[1, 2])])),
    raw("too-many-cells", "hands in a hundred thousand cells", "the limit is 2000",
        lambda: notebook(cells=[cell()] * 100_000)),
    raw("too-large", "hands in 33 MiB", "the limit is 32", lambda: b" " * (33 << 20)),
)  # fmt: skip
