"""Namespaces: a root with only the files of `view`, no network, and a process tree for each submission.

`enter` and `build_root` run once in the launcher, before anything heavy is imported; `fork` and
`build_child` once per submission, in the zygote and its child.
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
KEPT = "/kept"  # keeps the view's trees below /tmp, which a new /tmp would hide
BASE = "/tmp"  # a folder that exists everywhere; the new root is mounted on it
PLAIN = MS_NOSUID | MS_NODEV
ZYGOTE_TMP = "size=64m,mode=1777"  # the zygote writes little; its children get their own folders
WORK = "/tmp/work"  # a child's folder, the same for all, so that no path in an output differs between runs
INODES = 65536  # per tmpfs: many more than a notebook makes, and at most 64 MiB of kernel memory
STUDENT = 1000  # uid and gid that a process sees as its own in a user namespace of its own
PASSWD = (
    "root:x:0:0:root:/:/bin/sh\nstudent:x:1000:1000:student:/tmp/work:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
)
GROUP = "root:x:0:\nstudent:x:1000:\nnogroup:x:65534:\n"
FILES = {"passwd": PASSWD, "group": GROUP, "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
         "hosts": "127.0.0.1 localhost\n"}  # fmt: skip


def enter(user_namespace: bool) -> None:
    """Leaves the machine's namespaces; the next fork is process 1 of the new ones. Without real root they have
    to belong to a user namespace, in which this process then is root."""
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
    """Replaces the root, for this process and those it starts, by a read-only one that holds what `seen` lists."""
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
    """Puts the old root's `path` at the same place in the new one, read-only; a link stays a link."""
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
    """os.fork(), with the child as process 1 of a fresh process namespace: when it ends, all it started ends.

    The plain fork keeps the C library's and Python's own fork hooks. A process that has unshared this namespace
    must return to its own before it can do so again, so each call ends with setns.
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
    """In the child: its own /proc, /tmp, /dev/shm and terminals, each empty; the folders belong to `user`."""
    syscalls.unshare(syscalls.CLONE_NEWNS | syscalls.CLONE_NEWIPC)
    mount("proc", "/proc", "proc", PLAIN | MS_NOEXEC | MS_RDONLY)
    room = f"size={scratch_mib}m,nr_inodes={INODES},mode=1777,uid={user},gid={user}"
    _fresh_tmp(room, seen)
    mount("tmpfs", "/dev/shm", "tmpfs", PLAIN, room)
    with contextlib.suppress(OSError):  # optional, for `!command`: some kernels have no devpts
        mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=600")
