"""Namespaces: a root with only the files of `view`, no network, and a process tree for each submission.

`enter` runs once in the launcher, and `build_root` once in the zygote before its program starts. `fork` and
`build_child` run once per submission, in the zygote and in its child.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket

from autograder.sandbox.walls import syscalls
from autograder.sandbox.walls.syscalls import (
    ATTR_NODEV,
    ATTR_NOSUID,
    ATTR_RDONLY,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    mount,
    restrict_mount,
)
from autograder.sandbox.walls.view import View, is_below

OLD = "/old"
KEPT = "/kept"  # a second place of the view's trees below /tmp, because a new /tmp hides them
BASE = "/tmp"  # a folder that exists everywhere; the new root is mounted on it
PLAIN = MS_NOSUID | MS_NODEV
ZYGOTE_TMP = "size=64m,mode=1777"  # the zygote writes little, and each child gets its own folders
WORK = "/tmp/work"  # the same for all children, so that paths in outputs are the same in every run
INODES = 65536  # per tmpfs: far more than a notebook needs, and at most 64 MiB of kernel memory
STUDENT = 1000  # the uid and gid of a process in its own user namespace
PASSWD = (
    "root:x:0:0:root:/:/bin/sh\nstudent:x:1000:1000:student:/tmp/work:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
)
GROUP = "root:x:0:\nstudent:x:1000:\nnogroup:x:65534:\n"
FILES = {"passwd": PASSWD, "group": GROUP, "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
         "hosts": "127.0.0.1 localhost\n"}  # fmt: skip


def enter(user_namespace: bool) -> None:
    """Leaves the machine's namespaces; the next fork is process 1 of the new ones.

    Without real root the new ones must belong to a user namespace. This process is root in it.
    """
    flags = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWIPC
    flags |= syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWCGROUP
    if user_namespace:
        user, group = os.geteuid(), os.getegid()
        syscalls.unshare(flags | syscalls.CLONE_NEWUSER)
        descriptor = os.open("/proc/self", os.O_PATH | os.O_DIRECTORY)
        map_ids(descriptor, 0, user, group)
        os.close(descriptor)
    else:
        syscalls.unshare(flags)
    socket.sethostname("sandbox")


def map_ids(process: int, inside: int, user: int, group: int) -> None:
    """Makes `user` and `group` of the parent user namespace appear as `inside`; `process` is an open /proc/self."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inside} {user} 1"), ("gid_map", f"{inside} {group} 1")):
        descriptor = os.open(name, os.O_WRONLY, dir_fd=process)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def build_root(seen: View) -> None:
    """Gives this process and its descendants a new, read-only root, which has only the paths that `seen` lists."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("tmpfs", BASE, "tmpfs", PLAIN, "size=16m,mode=755")  # holds mount points and a few short files
    os.mkdir(BASE + OLD)
    syscalls.pivot_root(BASE, BASE + OLD)
    os.chdir("/")
    for tree in seen.trees:
        _show(tree)
    for folder in seen.hidden:
        mount("tmpfs", folder, "tmpfs", PLAIN, "size=4k,mode=755")  # stays empty
        restrict_mount(folder, ATTR_RDONLY)
    _make_dev(seen.devices)
    os.makedirs("/etc", exist_ok=True)
    for name, text in FILES.items():
        with open(f"/etc/{name}", "w") as file:
            file.write(text)
    os.mkdir("/proc")
    mount("proc", "/proc", "proc", PLAIN | MS_NOEXEC)
    os.makedirs("/tmp", exist_ok=True)
    os.mkdir(KEPT)
    _bind("/tmp", KEPT)
    restrict_mount(KEPT, ATTR_RDONLY)
    _fresh_tmp(ZYGOTE_TMP, seen)
    syscalls.unmount(OLD)
    os.rmdir(OLD)
    restrict_mount("/", ATTR_RDONLY, recursive=False)


def _show(path: str) -> None:
    """Shows `path` of the old root at the same place in the new root, read-only; a link stays a link."""
    old = OLD + path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.islink(old):
        if not os.path.lexists(path):
            os.symlink(os.readlink(old), path)
        return
    _bind(old, path)
    restrict_mount(path, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV)


def _bind(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        with open(target, "a"):
            pass
    mount(source, target, flags=MS_BIND | MS_REC)


def _fresh_tmp(options: str, seen: View) -> None:
    mount("tmpfs", "/tmp", "tmpfs", PLAIN, options)
    for path in seen.trees:
        if is_below(path, "/tmp"):
            source = KEPT + path.removeprefix("/tmp")
            os.makedirs(path if os.path.isdir(source) else os.path.dirname(path), exist_ok=True)
            _bind(source, path)


def _make_dev(devices: tuple[str, ...]) -> None:
    for folder in ("/dev/shm", "/dev/pts"):
        os.makedirs(folder, exist_ok=True)
    for device in devices:
        os.makedirs(os.path.dirname(device), exist_ok=True)
        _bind(OLD + device, device)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target if target.startswith("/") else f"/proc/self/{target}", f"/dev/{name}")
    os.symlink("pts/ptmx", "/dev/ptmx")
    mount("tmpfs", "/dev/shm", "tmpfs", PLAIN, ZYGOTE_TMP)


@functools.cache
def own_pid_namespace() -> int:
    """A descriptor of the zygote's own process namespace."""
    return os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)


def fork() -> int:
    """Forks a child that is process 1 of a new process namespace: when it ends, its descendants end.

    os.fork also runs the fork hooks of the C library and of Python. After unshare, a process can only call unshare
    again when it is back in its own process namespace, so each call ends with setns.
    """
    own = own_pid_namespace()
    syscalls.unshare(syscalls.CLONE_NEWPID)
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid != 0:
            syscalls.setns(own, syscalls.CLONE_NEWPID)
    if pid == 0:
        os.close(own)
    return pid


def build_child(seen: View, scratch_mib: int, user: int) -> None:
    """Gives the child its own /proc, and its own empty /tmp, /dev/shm and terminals; the folders belong to `user`."""
    syscalls.unshare(syscalls.CLONE_NEWNS | syscalls.CLONE_NEWIPC)
    mount("proc", "/proc", "proc", PLAIN | MS_NOEXEC | MS_RDONLY)
    room = f"size={scratch_mib}m,nr_inodes={INODES},mode=1777,uid={user},gid={user}"
    _fresh_tmp(room, seen)
    mount("tmpfs", "/dev/shm", "tmpfs", PLAIN, room)
    with contextlib.suppress(OSError):  # optional, for `!command`: some kernels have no devpts
        mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=600")
