"""Attempts to gain rights, and to use rare parts of the kernel."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
from pathlib import Path

from autograder.sandbox.walls import identity, syscalls
from autograder.sandbox.walls.attempts.targets import Targets, attempt, libc

TIOCSTI = 0x5412


@attempt("mount a file system")
def mount(targets: Targets) -> str:
    place = str(Path.cwd())
    syscalls.mount("tmpfs", place, "tmpfs")
    syscalls.unmount(place)
    return "mounted"


@attempt("make a user namespace")
def make_namespace(targets: Targets) -> str:
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    return "made one"


@attempt("change the root folder")
def change_root(targets: Targets) -> str:
    os.chroot(".")
    return "did"


@attempt("become root")
def become_root(targets: Targets) -> str:
    os.setresuid(0, 0, 0)
    return "did"


@attempt("gain a capability")
def gain_capability(targets: Targets) -> str:
    held = identity.held_capabilities() & ~(1 << identity.CAP_DAC_READ_SEARCH)
    if held:
        return f"holds {held:#x}"
    full = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
    syscalls.call("capset", (ctypes.c_uint32 * 2)(identity.VERSION, 0), full)
    return "did"


@attempt("gain the rights of a set-user-id program")
def gain_by_program(targets: Targets) -> str:
    status = Path("/proc/self/status").read_text()
    return "" if "NoNewPrivs:\t1" in status else "executed files may give rights"


@attempt("type into a terminal")
def type_keys(targets: Targets) -> str:
    try:
        fcntl.ioctl(0, TIOCSTI, b"x")
    except OSError as error:
        return "" if error.errno == errno.EPERM else "the kernel was asked"
    return "typed"


@attempt("use io_uring, bpf or the keyring")
def use_kernel(targets: Targets) -> str:
    for name, number in (("io_uring_setup", 425), ("userfaultfd", {"x86_64": 323}.get(syscalls.architecture(), 282))):
        try:
            libc("syscall", ctypes.c_long(number), ctypes.c_long(1), None)
        except OSError as error:
            if error.errno in (errno.EPERM, errno.ENOSYS):
                continue
        return f"{name} was not refused"
    return ""
