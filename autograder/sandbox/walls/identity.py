"""Changes the process to an unprivileged user without capabilities, for good; `walls` calls it in the child.

Real root gives each slot its own user, so that a limit per user is a limit per submission. An ordinary user gives each
child its own user namespace, which has the same effect.
"""

from __future__ import annotations

import ctypes
import os
import struct

from autograder.sandbox.walls import namespaces, syscalls

FIRST_USER = 60600  # neither Debian's policy nor systemd assigns 60578-61183
SLOTS = 512
CAP_DAC_READ_SEARCH, CAP_SETPCAP = 2, 8
LAST_CAP = 63  # the last bit of the two words that capset takes
VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3


def user_of(slot: int) -> int:
    """The uid and gid of a slot, 0 <= slot < SLOTS."""
    if not 0 <= slot < SLOTS:
        raise ValueError(f"slot {slot} is not between 0 and {SLOTS - 1}")
    return FIRST_USER + slot


def become(user: int, *, keep_reading: bool) -> None:
    """Changes to `user` for good. OSError if a step fails.

    With `keep_reading` the process keeps the right to read any file. It needs this right if the interpreter lies in a
    folder that other users cannot enter. Then landlock alone protects files.
    """
    keep = 1 << CAP_DAC_READ_SEARCH if keep_reading else 0
    if keep:
        syscalls.prctl(syscalls.PR_SET_KEEPCAPS, 1)
    _empty_bounding_set(keep)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    drop_capabilities(keep)
    _show_own_proc()


def become_student(process: int) -> None:
    """Moves into a new user namespace. Uid 1000 there is root of the namespace around it.

    `process` is /proc/self, opened before /proc became read-only.
    """
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    namespaces.map_ids(process, namespaces.STUDENT, 0, 0)
    _empty_bounding_set()
    drop_capabilities()
    _show_own_proc()


def drop_capabilities(keep: int = 0) -> None:
    """Drops all capabilities but those in the mask `keep`. OSError if others are still held afterwards."""
    syscalls.prctl(syscalls.PR_CAP_AMBIENT, syscalls.PR_CAP_AMBIENT_CLEAR_ALL)
    header = ctypes.create_string_buffer(struct.pack("Ii", VERSION, 0))
    low, high = keep & 0xFFFFFFFF, keep >> 32
    sets = ctypes.create_string_buffer(struct.pack("6I", low, low, low, high, high, high))
    syscalls.call("capset", header, sets)
    for number in range(LAST_CAP + 1):
        if keep >> number & 1:  # an ambient capability stays after exec
            syscalls.prctl(syscalls.PR_CAP_AMBIENT, syscalls.PR_CAP_AMBIENT_RAISE, number)
    if (left := held_capabilities()) & ~keep:
        raise OSError(1, f"capabilities {left:#x} are still held")


def held_capabilities() -> int:
    """The permitted set, as a mask."""
    header = ctypes.create_string_buffer(struct.pack("Ii", VERSION, 0))
    sets = ctypes.create_string_buffer(24)
    syscalls.call("capget", header, sets)
    words = struct.unpack("6I", sets.raw[:24])
    return int(words[1] | words[4] << 32)


def _empty_bounding_set(keep: int = 0) -> None:
    """Empties the bounding set. This is a second protection: no_new_privs already denies capabilities to programs."""
    if not held_capabilities() >> CAP_SETPCAP & 1:
        return  # not allowed: no_new_privs alone protects
    for number in range(LAST_CAP + 1):
        if keep >> number & 1:
            continue  # a program cannot get a capability that is not in this set
        try:
            syscalls.prctl(syscalls.PR_CAPBSET_DROP, number)
        except OSError:
            return  # EINVAL: this kernel has no such capability, nor a higher one


def _show_own_proc() -> None:
    """Makes /proc/self readable again after a change of user. It holds nothing that student code must not know."""
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
