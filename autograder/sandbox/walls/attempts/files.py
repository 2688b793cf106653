"""Attempts on files of the course folder, of the machine and of the interpreter."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.sandbox.walls.attempts.targets import BANK, Targets, attempt


@attempt("read a file of the course folder")
def read_course(targets: Targets) -> str:
    return f"read {Path(targets.folder, 'gradebook.db').read_text()[:3]}..."


@attempt("list the course folder")
def list_course(targets: Targets) -> str:
    return f"saw {len(os.listdir(targets.folder))} names"


@attempt("list the grader's home")
def list_home(targets: Targets) -> str:
    return f"saw {len(os.listdir(targets.home))} names in {targets.home}"


@attempt("read the hidden checks")
def read_checks(targets: Targets) -> str:
    bank = Path(targets.folder, BANK)
    return f"read {len(bank.read_bytes())} bytes of {bank}"


@attempt("read the machine's passwords or user list")
def read_users(targets: Targets) -> str:
    return "read /etc/shadow" if Path("/etc/shadow").read_bytes() else ""


@attempt("write into the course folder")
def write_course(targets: Targets) -> str:
    Path(targets.folder, "written").write_text("")
    return "made a file"


@attempt("change the gradebook")
def change_gradebook(targets: Targets) -> str:
    with open(Path(targets.folder, "gradebook.db"), "a"):
        return "opened it for writing"


@attempt("cut the gradebook short")
def truncate_gradebook(targets: Targets) -> str:
    os.truncate(Path(targets.folder, "gradebook.db"), 0)
    return "did"


@attempt("change the mode of the gradebook")
def chmod_gradebook(targets: Targets) -> str:
    book = Path(targets.folder, "gradebook.db")
    before = book.stat().st_mode
    book.chmod(before ^ 0o004)
    return "did" if book.stat().st_mode != before else ""


@attempt("write beside the interpreter's packages")
def write_packages(targets: Targets) -> str:
    place = Path(os.__file__).with_name("autograder_was_here")
    place.write_text("")
    place.unlink()
    return f"made {place}"


@attempt("write to /proc/sys")
def write_sysctl(targets: Targets) -> str:
    for name in ("kernel/core_pattern", "kernel/hostname", "net/ipv4/ip_forward", "user/max_user_namespaces"):
        try:
            os.close(os.open(f"/proc/sys/{name}", os.O_WRONLY))
        except OSError:
            continue
        return f"opened {name} for writing"
    return ""


@attempt("open a disk, the kernel's memory or its log")
def open_devices(targets: Targets) -> str:
    for name in (*(f"/dev/{name}" for name in ("mem", "kmsg", "port", "vda", "sda", "nvme0n1")), "/proc/kmsg"):
        try:
            os.close(os.open(name, os.O_RDONLY | os.O_NONBLOCK))
        except OSError:
            continue
        return f"opened {name}"
    return ""
