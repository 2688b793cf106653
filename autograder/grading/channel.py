"""Messages of bytes between the grader's own processes, over a socket, each with a descriptor if need be.

Student code never holds an end of one: what it says comes over `sandbox.frames`.
"""

from __future__ import annotations

import socket
import struct

LENGTH = struct.Struct(">Q")
READY = b"ready"  # what a nursery says once workers can be forked of it


def send(sock: socket.socket, data: bytes, descriptor: int | None = None) -> None:
    """Raises OSError when the other end is gone."""
    socket.send_fds(sock, [LENGTH.pack(len(data))], [] if descriptor is None else [descriptor])
    sock.sendall(data)


def receive(sock: socket.socket) -> tuple[bytes, int | None]:
    """A message, and the descriptor that came with it. Raises OSError when the other end is gone, EOFError when it has
    closed."""
    length, descriptors, _, _ = socket.recv_fds(sock, LENGTH.size, 1)
    (size,) = LENGTH.unpack(length + _read(sock, LENGTH.size - len(length)))
    return _read(sock, size), descriptors[0] if descriptors else None


def _read(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = sock.recv(min(size - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
