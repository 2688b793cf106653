"""Landlock, which limits the files that a process can use and needs no privilege; called by `walls`.

It denies all that no rule allows, for the process and its descendants, also for root. It does not hide names: stat
works everywhere, and in allowed folders listing works. https://docs.kernel.org/userspace-api/landlock.html
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
# All rights on the process's own folders, except making device nodes.
WRITE = ((1 << 16) - 1) & ~(MAKE_CHAR | MAKE_BLOCK)
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # the rights that a rule for a file may have

CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1
SCOPES_FROM = 6  # the first ABI (Linux 6.12) that can deny signals and abstract sockets to the outside
TRUNCATE_FROM = 3  # the first ABI (Linux 6.2) that can deny truncation of a file


class _Ruleset(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """The kernel's landlock ABI, 1 or more. OSError if the kernel has no landlock."""
    return syscalls.call("landlock_create_ruleset", ctypes.c_void_p(), 0, CREATE_RULESET_VERSION)


def deniable_rights(abi: int) -> int:
    """The file rights that this ABI can deny."""
    known = 13 if abi < 2 else 14 if abi < 3 else 15 if abi < 5 else 16
    return (1 << known) - 1


def restrict(abi: int, rules: Iterable[tuple[int, int]]) -> None:
    """Confines this process for good to `rules`, pairs of a descriptor (O_PATH) and the rights beneath it.

    ABI 4 and later deny TCP bind and connect; ABI 6 and later deny signals and abstract sockets to processes outside.
    Needs no_new_privs. OSError if a step fails; then the process is not confined.
    """
    attributes = _Ruleset(deniable_rights(abi), 0b11, 0b11)
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
