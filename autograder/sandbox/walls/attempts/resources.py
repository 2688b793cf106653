"""Attempts to use more of the machine than a submission may, or for longer."""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import time
from pathlib import Path

from autograder.sandbox.walls.attempts.targets import LIMITS, SLEEP_SECONDS, Targets, attempt, libc

MIB = 1 << 20
BEYOND = 20  # processes above the limit


@attempt("start more processes than allowed")
def fork_bomb(targets: Targets) -> str:
    for _ in range(LIMITS.processes + BEYOND):
        if os.fork() == 0:
            time.sleep(SLEEP_SECONDS)
            os._exit(0)
    return f"started {LIMITS.processes + BEYOND}"


@attempt("take more memory than allowed")
def take_memory(targets: Targets) -> str:
    mmap.mmap(-1, (LIMITS.memory_mib + 1) * MIB)
    return f"mapped {LIMITS.memory_mib + 1} MiB"


@attempt("take more memory than allowed by several processes")
def take_memory_together(targets: Targets) -> str:
    """Takes 3 * 100 MiB. The group may have 128 + 2 * 8 MiB, and the zygote's own memory."""
    pids = []
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            block = mmap.mmap(-1, 100 * MIB)
            for page in range(0, len(block), mmap.PAGESIZE):
                block[page] = 1
            time.sleep(1.0)  # long enough for all three to have their memory at the same time
            os._exit(0)
        pids.append(pid)
    codes = [os.waitpid(pid, 0)[1] for pid in pids]
    return "held 300 MiB at once" if not any(codes) else ""


@attempt("keep memory in files without a name")
def keep_memory(targets: Targets) -> str:
    os.close(os.memfd_create("x"))
    return "made one"


@attempt("keep shared memory that outlives the process")
def keep_shared(targets: Targets) -> str:
    identity = libc("shmget", 0, 4096, 0o1600)
    libc("shmctl", identity, 0, None)  # 0 is IPC_RMID
    return "made some"


@attempt("write a file larger than allowed")
def write_large(targets: Targets) -> str:
    with open("large", "wb") as file:
        for _ in range(LIMITS.file_mib + 1):
            file.write(bytes(MIB))
            file.flush()
    return f"wrote {LIMITS.file_mib + 1} MiB"


@attempt("fill the scratch folder beyond its size")
def fill_scratch(targets: Targets) -> str:
    return _fill(Path.cwd())


@attempt("fill /dev/shm beyond its size")
def fill_shared(targets: Targets) -> str:
    return _fill(Path("/dev/shm"))


def _fill(folder: Path) -> str:
    made = []
    try:
        for number in range(LIMITS.scratch_mib + 2):
            made.append(folder / f"autograder-fill-{os.getpid()}-{number}")
            made[-1].write_bytes(bytes(MIB))
    finally:
        for path in made:
            path.unlink(missing_ok=True)
    return f"wrote {len(made)} MiB"


@attempt("live on after the submission")
def live_on(targets: Targets) -> str:
    """Reports nothing itself: after each attempt `trial` checks whether a process is left."""
    read, write = os.pipe()
    if os.fork():
        os.read(read, 1)  # waits until the child has done all it can to survive
        return ""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.setsid()
    if os.fork() == 0:
        os.write(write, b"+")
        time.sleep(SLEEP_SECONDS)
    os._exit(0)
