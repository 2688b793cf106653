"""Landlock: the wall around files that a process raises for itself, without privilege; called by `walls`.

What is not allowed here is denied to the process and to all it starts, whatever its user. Landlock hides no
names: stat and, in allowed folders, listing still work. https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from autograder.sandbox.walls import syscalls

# linux/landlock.h, LANDLOCK_ACCESS_FS_*
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

READ = EXECUTE | READ_FILE | READ_DIR
LIST = READ_DIR
DEVICE = READ_FILE | WRITE_FILE | IOCTL_DEV
# Everything a folder of one's own is for; device nodes could not be made without privilege anyway.
WRITE = ((1 << 16) - 1) & ~(MAKE_CHAR | MAKE_BLOCK)
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # the rights that a rule on a file may name

CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1
SCOPES_FROM = 6  # the ABI (Linux 6.12) that can keep signals and abstract sockets inside
TRUNCATE_FROM = 3  # the ABI (Linux 6.2) that governs cutting a file short


class _Ruleset(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """The kernel's landlock ABI, 1 or more; OSError where it has none."""
    return syscalls.call("landlock_create_ruleset", ctypes.c_void_p(), 0, CREATE_RULESET_VERSION)


def handled(abi: int) -> int:
    """The file rights that this ABI can deny."""
    known = 13 if abi < 2 else 14 if abi < 3 else 15 if abi < 5 else 16
    return (1 << known) - 1


def restrict(abi: int, rules: Iterable[tuple[int, int]]) -> None:
    """Confines this process for good to `rules`, pairs of a descriptor (O_PATH) and the rights beneath it.

    From ABI 4 no TCP port may be bound or connected to; from ABI 6 no signal and no abstract socket reaches
    a process outside. Needs no_new_privs. OSError when any step fails: then nothing is confined.
    """
    attributes = _Ruleset(handled(abi), 0b11, 0b11)
    size = 8 if abi < 4 else 16 if abi < SCOPES_FROM else 24
    ruleset = syscalls.call("landlock_create_ruleset", ctypes.byref(attributes), size, 0)
    try:
        for descriptor, rights in rules:
            rule = _PathBeneath(rights & attributes.fs, descriptor)
            syscalls.call("landlock_add_rule", ruleset, RULE_PATH_BENEATH, ctypes.byref(rule), 0)
        syscalls.call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def open_rule(path: str, rights: int) -> tuple[int, int] | None:
    """The pair that `restrict` takes, for a file or folder; None if there is nothing at `path`."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= ON_FILES
    return descriptor, rights
