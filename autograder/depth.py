"""How deep a JSON text nests, found without parsing it; used on submissions and on the wire."""

from __future__ import annotations

import re

import numpy as np

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def json_depth(text: bytes) -> int:
    """The greatest number of brackets open at once, strings left out. Exact for valid JSON."""
    codes = np.frombuffer(_STRING.sub(b"", text), dtype=np.uint8)
    opened = np.isin(codes, (0x5B, 0x7B)).astype(np.int8)  # [ {
    closed = np.isin(codes, (0x5D, 0x7D)).astype(np.int8)  # ] }
    return int(np.cumsum(opened - closed, dtype=np.int64).max(initial=0))
