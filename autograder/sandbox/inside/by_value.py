"""Lets torch send tensors between processes without a socket, where the walls allow none; called by `walls`.

torch shares a tensor's memory by passing a file descriptor over a unix socket that it binds by name. Copying
the bytes through the pipe that carries the message anyway is slower and needs nothing.
"""

from __future__ import annotations

import sys
from multiprocessing.reduction import ForkingPickler
from typing import Any


def install() -> None:
    """For this process and its forks, if torch is imported; DataLoader workers go on working."""
    if "torch" not in sys.modules:
        return
    import torch
    import torch.multiprocessing  # its own reducers must be registered first, ours take their place

    ForkingPickler.register(torch.UntypedStorage, _reduce)


def _reduce(storage: Any) -> tuple[Any, tuple[bytes]]:
    return _rebuild, (bytes(storage.cpu()),)


def _rebuild(data: bytes) -> Any:
    import torch

    if not data:  # which frombuffer refuses
        return torch.empty(0, dtype=torch.uint8).untyped_storage()
    return torch.frombuffer(bytearray(data), dtype=torch.uint8).untyped_storage()
