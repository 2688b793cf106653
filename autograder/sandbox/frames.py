"""Sends and receives frames on an inherited socket; the lower half of the wire, used by grader and worker.

A frame is two lengths, a JSON header and a block of raw tensor bytes:

    uint32 length of header | uint64 length of block | header (UTF-8 JSON) | block

Sizes and depths are checked before anything is allocated or parsed, since a student's process may write the frame.
This module does not import torch, because the grader starts its zygote before it imports anything large.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

from autograder.depth import json_deeper_than, json_has_more_than
from autograder.errors import SandboxError

LENGTHS = struct.Struct(">IQ")
MAX_HEADER = 64 << 20  # bytes: many times the outputs of a cell with a few figures
MAX_BLOCK = 256 << 20  # bytes: larger than any tensor that a check requests
MAX_VALUES = 500_000  # in a header: tensors travel as bytes, so an answer has hundreds
MAX_DEPTH = 64  # of the header's JSON: enough for nested application/json outputs


class WireError(SandboxError):
    """The other end sent an invalid frame, or closed the socket (`closed`)."""

    def __init__(self, text: str, *, closed: bool = False) -> None:
        super().__init__(text)
        self.closed = closed


class WireTimeout(SandboxError):
    """No complete frame arrived, or could be sent, before the deadline."""


def send(sock: socket.socket, header: dict[str, Any], block: bytes = b"", *, deadline: float | None = None) -> None:
    """Sends one frame. `deadline` is a time of time.monotonic(). WireTimeout or WireError if it cannot."""
    text = json.dumps(header, separators=(",", ":")).encode()
    try:
        _set_timeout(sock, deadline)
        sock.sendall(LENGTHS.pack(len(text), len(block)) + text + block)
    except TimeoutError as error:
        raise WireTimeout("the other end does not read") from error
    except OSError as error:
        raise WireError(f"the other end is gone ({error.strerror})", closed=True) from error


def receive(sock: socket.socket, *, deadline: float | None = None) -> tuple[dict[str, Any], bytes]:
    """Receives one frame: header and block. WireTimeout at the deadline; WireError if invalid or closed."""
    header_size, block_size = LENGTHS.unpack(_read(sock, LENGTHS.size, deadline))
    if header_size > MAX_HEADER or block_size > MAX_BLOCK:
        raise WireError(f"a frame of {header_size} + {block_size} bytes is over the limit")
    text = bytes(_read(sock, header_size, deadline))
    block = bytes(_read(sock, block_size, deadline))
    if json_deeper_than(text, MAX_DEPTH):
        raise WireError(f"a frame nested deeper than {MAX_DEPTH}")
    if json_has_more_than(text, MAX_VALUES):
        raise WireError(f"a frame of more than {MAX_VALUES} values")
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError("a frame that is not JSON") from error
    if not isinstance(header, dict):
        raise WireError("a frame without a header")
    return header, block


def _set_timeout(sock: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        sock.settimeout(None)
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock.settimeout(left)


def _read(sock: socket.socket, size: int, deadline: float | None) -> bytearray:
    """Reads exactly `size` bytes. Allocates only for bytes that arrived: the announced size is untrusted."""
    data = bytearray()
    while len(data) < size:
        try:
            _set_timeout(sock, deadline)
            part = sock.recv(min(size - len(data), 1 << 20))
        except TimeoutError as error:
            raise WireTimeout("no answer in time") from error
        except OSError as error:
            raise WireError(f"the other end is gone ({error.strerror})", closed=True) from error
        if not part:
            raise WireError("the other end closed", closed=True)
        data += part
    return data
