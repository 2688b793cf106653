"""Attempts on the grader's processes and on other submissions."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import socket
from pathlib import Path

from autograder.sandbox.walls.attempts.targets import Targets, attempt, libc

PTRACE_ATTACH, PTRACE_DETACH = 16, 17


@attempt("read the grader's environment")
def read_environment(targets: Targets) -> str:
    text = Path(f"/proc/{targets.victim}/environ").read_bytes()
    return "read a token" if targets.secret.encode() in text else ""


@attempt("read the grader's command line")
def read_command(targets: Targets) -> str:
    text = Path(f"/proc/{targets.victim}/cmdline").read_bytes()
    return "read it" if b"time.sleep" in text else ""


@attempt("open the grader's memory")
def open_memory(targets: Targets) -> str:
    os.close(os.open(f"/proc/{targets.victim}/mem", os.O_RDONLY))
    return "opened it"


@attempt("copy from the grader's memory")
def copy_memory(targets: Targets) -> str:
    buffer = ctypes.create_string_buffer(8)
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    try:
        libc("process_vm_readv", targets.victim, vector, 1, vector, 1, 0)
    except OSError as error:
        return "was let in" if error.errno == errno.EFAULT else ""  # the call was allowed; our address is not there
    return "copied"


@attempt("trace the grader")
def trace(targets: Targets) -> str:
    libc("ptrace", PTRACE_ATTACH, targets.victim, None, None)
    os.waitpid(targets.victim, 0)
    libc("ptrace", PTRACE_DETACH, targets.victim, None, None)
    return "attached"


@attempt("signal the grader")
def signal_grader(targets: Targets) -> str:
    os.kill(targets.victim, signal.SIGCONT)  # this signal does no harm
    return "sent"


@attempt("signal the zygote")
def signal_zygote(targets: Targets) -> str:
    parent = os.getppid()
    if parent == 0:  # the parent is outside this process namespace
        return ""
    os.kill(parent, signal.SIGCONT)
    return "sent"


@attempt("change the grader's limits")
def change_limits(targets: Targets) -> str:
    before = resource.prlimit(targets.victim, resource.RLIMIT_CORE)
    resource.prlimit(targets.victim, resource.RLIMIT_CORE, before)
    return "set"


@attempt("slow the grader down")
def renice(targets: Targets) -> str:
    os.setpriority(os.PRIO_PROCESS, targets.victim, 1)
    return "set its priority"


@attempt("see other processes in /proc")
def see_others(targets: Targets) -> str:
    others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
    return f"saw {len(others)}" if others else ""


@attempt("signal another submission")
def signal_sibling(targets: Targets) -> str:
    if targets.sibling == os.getpid():
        return ""
    os.kill(targets.sibling, signal.SIGCONT)
    return "sent"


@attempt("read another submission's files")
def read_sibling(targets: Targets) -> str:
    return "read one" if Path(targets.sibling_folder, "secret").read_text() == targets.secret else ""


@attempt("read another submission's shared memory")
def read_shared(targets: Targets) -> str:
    return "read it" if Path("/dev/shm", targets.sibling_shared).read_text() == targets.secret else ""


@attempt("call another submission by an abstract socket")
def call_sibling(targets: Targets) -> str:
    with socket.socket(socket.AF_UNIX) as link:
        link.connect("\0" + targets.sibling_shared)
    return "connected"
