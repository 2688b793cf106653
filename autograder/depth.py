"""Whether a JSON text nests too deep or holds too much, found without parsing it; for submissions and the wire."""

from __future__ import annotations

import re

import numpy as np

# Possessive, and without its end too: a string that never ends must not be looked at from each of its quotes anew.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


_STEP = np.zeros(256, dtype=np.int8)
_STEP[[0x5B, 0x7B]] = 1  # [ {
_STEP[[0x5D, 0x7D]] = -1  # ] }


def json_has_more_than(text: bytes, limit: int) -> bool:
    """Whether a JSON text holds more than about `limit` values, strings left out; each costs a parser 100 bytes."""
    if sum(text.count(mark) for mark in (b",", b"[", b"{")) <= limit:
        return False
    bare = _STRING.sub(b"", text)
    return sum(bare.count(mark) for mark in (b",", b"[", b"{")) > limit


def json_deeper_than(text: bytes, limit: int) -> bool:
    """Whether more than `limit` brackets are open at once, strings left out. Exact for valid JSON."""
    if text.count(b"[") + text.count(b"{") <= limit:  # most frames of the wire: no need to look where they stand
        return False
    codes = np.frombuffer(_STRING.sub(b"", text), dtype=np.uint8)
    return int(np.cumsum(_STEP[codes], dtype=np.int32).max(initial=0)) > limit
