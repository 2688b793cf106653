"""Linux system calls that Python 3.11 does not have; all walls use this module. Each failure raises OSError."""

from __future__ import annotations

import ctypes
import functools
import os
from typing import Any

# From asm/unistd_64.h (x86_64) and asm-generic/unistd.h (aarch64); glibc has no wrapper for these.
NUMBERS = {
    "x86_64": {"pivot_root": 155, "seccomp": 317, "capset": 126, "capget": 125},
    "aarch64": {"pivot_root": 41, "seccomp": 277, "capset": 91, "capget": 90},
}
COMMON = {  # the same numbers on every architecture
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}

# linux/sched.h
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

# linux/mount.h
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x1, 0x2, 0x4, 0x8
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 0x2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 0x1, 0x2, 0x4
AT_FDCWD, AT_RECURSIVE = -100, 0x8000

# linux/prctl.h
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS = 1, 4, 8
PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 24, 36, 38, 47
PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 2, 4


class _MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


@functools.cache
def _libc() -> ctypes.CDLL:
    """The C library. It is loaded at the first call, so that this module can be imported without Linux."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


@functools.cache
def architecture() -> str:
    return os.uname().machine


def _check_result(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def call(name: str, *arguments: Any) -> int:
    """Calls syscall(2) by name. Passes an int as long, and other values as ctypes does. OSError(ENOSYS) if this module
    has no number for the call on this architecture."""
    number = COMMON.get(name) or NUMBERS.get(architecture(), {}).get(name)
    if number is None:
        raise OSError(38, f"{name}: no number known for {architecture()}")  # 38 is ENOSYS
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _check_result(name, _libc().syscall(ctypes.c_long(number), *given))


def prctl(option: int, *arguments: int) -> int:
    padded = [ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:4]]
    return _check_result(f"prctl({option})", _libc().prctl(ctypes.c_int(option), *padded))


def unshare(flags: int) -> None:
    _check_result(f"unshare({flags:#x})", _libc().unshare(ctypes.c_int(flags)))


def setns(descriptor: int, kind: int) -> None:
    _check_result("setns", _libc().setns(ctypes.c_int(descriptor), ctypes.c_int(kind)))


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    texts = (os.fsencode(text) or None for text in (source, target, kind))
    result = _libc().mount(*texts, ctypes.c_ulong(flags), os.fsencode(options) or None)
    _check_result(f"mount {source} on {target}", result)


def unmount(target: str) -> None:
    """Detaches `target` at once; the kernel frees it after its last use."""
    _check_result(f"umount {target}", _libc().umount2(os.fsencode(target), MNT_DETACH))


def restrict_mount(target: str, attributes: int, *, recursive: bool = True) -> None:
    """Adds ATTR_* to the mount at `target` and to the mounts below it (Linux 5.12). It removes none, because an
    ordinary user may not."""
    given = _MountAttr(set=attributes)
    flags = AT_RECURSIVE if recursive else 0
    path = ctypes.c_char_p(os.fsencode(target))
    call("mount_setattr", AT_FDCWD, path, flags, ctypes.byref(given), ctypes.sizeof(given))


def pivot_root(new: str, old: str) -> None:
    call("pivot_root", ctypes.c_char_p(os.fsencode(new)), ctypes.c_char_p(os.fsencode(old)))
