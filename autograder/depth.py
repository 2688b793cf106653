"""Limits the depth and the size of a JSON text before it is parsed; used for submissions and for the wire."""

from __future__ import annotations

import re

import numpy as np

# Possessive, and the closing quote is optional: else an unclosed string would make the search take quadratic time.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


_STEP = np.zeros(256, dtype=np.int8)
_STEP[[0x5B, 0x7B]] = 1  # [ {
_STEP[[0x5D, 0x7D]] = -1  # ] }


def json_has_more_than(text: bytes, limit: int) -> bool:
    """Whether a JSON text has more than about `limit` values. Ignores what is inside strings.

    A parser needs about 100 bytes for each value.
    """
    if sum(text.count(mark) for mark in (b",", b"[", b"{")) <= limit:
        return False
    bare = _STRING.sub(b"", text)
    return sum(bare.count(mark) for mark in (b",", b"[", b"{")) > limit


def json_deeper_than(text: bytes, limit: int) -> bool:
    """Whether the text nests deeper than `limit` brackets. Ignores what is inside strings; exact for valid JSON."""
    if text.count(b"[") + text.count(b"{") <= limit:  # true of most frames: skips the slower count
        return False
    codes = np.frombuffer(_STRING.sub(b"", text), dtype=np.uint8)
    return int(np.cumsum(_STEP[codes], dtype=np.int32).max(initial=0)) > limit
