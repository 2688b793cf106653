"""Sends messages of bytes between the pool and its workers over a socket, with a file descriptor if needed.

Student code never has such a socket: its process communicates over `sandbox.frames`.
"""

from __future__ import annotations

import socket
import struct

LENGTH = struct.Struct(">Q")
READY = b"ready"  # a nursery sends this when it can fork workers


def send(sock: socket.socket, data: bytes, descriptor: int | None = None) -> None:
    """Sends one message. Raises OSError if the other end is closed."""
    socket.send_fds(sock, [LENGTH.pack(len(data))], [] if descriptor is None else [descriptor])
    sock.sendall(data)


def receive(sock: socket.socket) -> tuple[bytes, int | None]:
    """Receives one message, and the file descriptor sent with it, if any.

    Raises EOFError if the other end has closed, OSError if the connection fails.
    """
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
