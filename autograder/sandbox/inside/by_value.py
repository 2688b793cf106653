"""Lets torch send tensors between processes without a socket, where the walls allow none; called by `walls`.

torch shares a tensor's memory by passing a file descriptor over a unix socket that it binds by name. Copying
the bytes through the message's own pipe is slower, but needs no socket.
"""

from __future__ import annotations

import sys
from multiprocessing.reduction import ForkingPickler
from typing import Any


def install() -> None:
    """Makes this process and its forks copy tensors, if torch is imported, so that DataLoader workers still work."""
    if "torch" not in sys.modules:
        return
    import torch
    import torch.multiprocessing  # registers its reducers, which are then replaced

    ForkingPickler.register(torch.UntypedStorage, _reduce)


def _reduce(storage: Any) -> tuple[Any, tuple[bytes]]:
    return _rebuild, (bytes(storage.cpu()),)


def _rebuild(data: bytes) -> Any:
    import torch

    if not data:  # frombuffer accepts no empty buffer
        return torch.empty(0, dtype=torch.uint8).untyped_storage()
    return torch.frombuffer(bytearray(data), dtype=torch.uint8).untyped_storage()
