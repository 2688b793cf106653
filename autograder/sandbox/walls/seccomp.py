"""Seccomp: a filter that refuses system calls which student code does not need; called by `walls`.

The filter is a program in classic BPF. This module writes its instructions itself, so that it needs no library.
A call on the list fails with EPERM. A call that is newer than this file fails with ENOSYS. A call by another
instruction set (32-bit, x32) kills the process, because there the numbers mean other calls.
https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass

from autograder.sandbox.walls import syscalls

# linux/bpf_common.h, linux/seccomp.h
LOAD, JUMP_EQ, JUMP_GE, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS, PRETEND = ERRNO | 1, ERRNO | 38, ERRNO | 0  # PRETEND: returns 0 without doing the call
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16  # offsets in struct seccomp_data
SET_MODE_FILTER = 1
SPEC_ALLOW = 4  # without it, old kernels turn on a mitigation that costs up to a third of the speed

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
X32_BIT = 0x40000000
FIRST_UNKNOWN = 463  # setxattrat, Linux 6.13: later calls are not reviewed here, and C libraries work without

# Name: (number on x86_64, number on aarch64). None if the architecture does not have the call.
NEVER: dict[str, tuple[int | None, int | None]] = {
    # other processes' memory, files and limits
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "move_pages": (279, 239), "migrate_pages": (256, 238),
    # mounts, roots, namespaces, files by handle
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "setns": (308, 268),
    "unshare": (272, 97), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "statmount": (457, 457), "listmount": (458, 458),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262),
    # large or seldom used parts of the kernel
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "personality": (135, 92),
    "modify_ldt": (154, None), "lookup_dcookie": (212, 18), "uselib": (134, None), "vhangup": (153, 58),
    # the machine itself
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "reboot": (169, 142), "syslog": (103, 116),
    "iopl": (172, None), "ioperm": (173, None), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "sethostname": (170, 161), "setdomainname": (171, 162),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "acct": (163, 89), "swapon": (167, 224),
    "swapoff": (168, 225),
    # keys that the grader's login session holds
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # memory and queues that no size limit counts, or that outlive the process
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "semget": (64, 190),
    "msgget": (68, 186), "mq_open": (240, 180),
}  # fmt: skip
TIER_1_NEVER: dict[str, tuple[int | None, int | None]] = {
    "setsid": (112, 157), "setpgid": (109, 154),  # the grader kills a submission by its process group
    "inotify_add_watch": (254, 27),  # it reports names in folders that landlock does not let the process list
}  # fmt: skip
# For tier 1 with landlock before ABI 6: neither landlock nor a process namespace denies signals to other processes.
UNSCOPED_NEVER: dict[str, tuple[int | None, int | None]] = {
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
}  # fmt: skip
# Landlock does not restrict these calls, and files outside belong to the same user. The filter does not do the call
# but returns success, because copying a file ends with one of them.
METADATA: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
}  # fmt: skip
FILTERED = {
    "clone": (56, 220), "clone3": (435, 435), "socket": (41, 198), "socketpair": (53, 199), "prctl": (157, 167),
    "ioctl": (16, 29), "prlimit64": (302, 261), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "kill": (62, 129), "tgkill": (234, 131), "fcntl": (72, 25),
}  # fmt: skip

NAMESPACES_AND_PARENT = 0x7E020000 | 0x8000  # all CLONE_NEW*, and CLONE_PARENT, which makes a sibling
AF_UNIX = 1
TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP = 0x5412, 0x541C, 0x8901, 0x8902
F_SETOWN, F_SETOWN_EX = 8, 15
PRIO_PROCESS, IOPRIO_WHO_PROCESS = 0, 1

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True)
class Filter:
    """The other walls that stand. If one is missing, the filter must refuse more calls."""

    tier: int
    scoped: bool  # landlock denies signals and abstract sockets to the outside
    same_user: bool = False  # student code runs as the user who owns files outside

    @property
    def unix_sockets(self) -> bool:
        """Whether AF_UNIX is allowed: only if no socket file and no abstract name leads to a process outside."""
        return self.tier == 2 and self.scoped


def _argument(index: int) -> Instruction:
    # Loads the low half only: the kernel takes these arguments as 32-bit ints and ignores the high half.
    return (LOAD, 0, 0, ARGUMENTS_AT + 8 * index)


def _return_if_equal(value: int, action: int) -> list[Instruction]:
    return [(JUMP_EQ, 0, 1, value & 0xFFFFFFFF), (RETURN, 0, 0, action)]


def _allow_only(index: int, *values: int, otherwise: int = EPERM) -> list[Instruction]:
    """Allows the call only if the argument is one of `values`."""
    body = [_argument(index)]
    for value in values:
        body += _return_if_equal(value, ALLOW)
    return [*body, (RETURN, 0, 0, otherwise)]


def _refuse_values(index: int, *values: int, action: int = EPERM) -> list[Instruction]:
    """Refuses the call if the argument is one of `values`."""
    body = [_argument(index)]
    for value in values:
        body += _return_if_equal(value, action)
    return [*body, (RETURN, 0, 0, ALLOW)]


def _argument_rules(kind: Filter, process: int) -> dict[str, list[Instruction]]:
    """Rules for the calls whose arguments decide, by name. `process` is the pid of the process to be confined."""
    rules = {
        "clone": [_argument(0), (JUMP_SET, 0, 1, NAMESPACES_AND_PARENT), (RETURN, 0, 0, EPERM), (RETURN, 0, 0, ALLOW)],
        "clone3": [(RETURN, 0, 0, ENOSYS)],  # its flags are in memory; C libraries fall back to clone
        "socket": _allow_only(0, AF_UNIX) if kind.unix_sockets else [(RETURN, 0, 0, EPERM)],
        "socketpair": _allow_only(0, AF_UNIX),
        "ioctl": _refuse_values(1, TIOCSTI, TIOCLINUX),
        "prlimit64": _allow_only(0, 0),
    }
    if kind.tier == 2:
        return rules
    for name in ("sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"):
        rules[name] = _allow_only(0, 0)
    # A process may only change its own priority. With another first argument, 0 stands for all processes of the user.
    rules["setpriority"] = [_argument(0), (JUMP_EQ, 1, 0, PRIO_PROCESS), (RETURN, 0, 0, EPERM), *_allow_only(1, 0)]
    rules["ioprio_set"] = [_argument(0), (JUMP_EQ, 1, 0, IOPRIO_WHO_PROCESS), (RETURN, 0, 0, EPERM), *_allow_only(1, 0)]
    # The zygote's death must kill the submission, so a process cannot choose another signal for it, or none.
    rules["prctl"] = _refuse_values(0, syscalls.PR_SET_PDEATHSIG, action=PRETEND)
    if not kind.scoped:
        rules["kill"] = _allow_only(0, 0, process, -process)
        rules["tgkill"] = _allow_only(0, process)
        rules["fcntl"] = _refuse_values(1, F_SETOWN, F_SETOWN_EX)
        rules["ioctl"] = _refuse_values(1, TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP)
    return rules


def assemble(kind: Filter, process: int = 0, machine: str | None = None) -> bytes:
    """The filter as an array of struct sock_filter. OSError if this file has no numbers for the architecture."""
    machine = machine or syscalls.architecture()
    if machine not in AUDIT:
        raise OSError(38, f"no system call table for {machine}")  # 38 is ENOSYS
    column = list(AUDIT).index(machine)
    code: list[Instruction] = [(LOAD, 0, 0, ARCHITECTURE_AT), (JUMP_EQ, 1, 0, AUDIT[machine]), (RETURN, 0, 0, KILL)]
    code.append((LOAD, 0, 0, NUMBER_AT))
    if machine == "x86_64":
        code += [(JUMP_GE, 0, 1, X32_BIT), (RETURN, 0, 0, KILL)]
    code += [(JUMP_GE, 0, 1, FIRST_UNKNOWN), (RETURN, 0, 0, ENOSYS)]
    for name, body in _argument_rules(kind, process).items():
        code += [(JUMP_EQ, 0, len(body), FILTERED[name][column]), *body]
    denied = NEVER | (TIER_1_NEVER if kind.tier == 1 else {})
    if kind.tier == 1 and not kind.scoped:
        denied |= UNSCOPED_NEVER
    for numbers in denied.values():
        if (number := numbers[column]) is not None:
            code += _return_if_equal(number, EPERM)
    if kind.tier == 1 and kind.same_user:
        for numbers in METADATA.values():
            if (number := numbers[column]) is not None:
                code += _return_if_equal(number, PRETEND)
    code.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def restrict(program: bytes) -> None:
    """Applies the filter to all later system calls of this process and its descendants. Needs no_new_privs."""
    given = _Program(len(program) // 8, program)
    syscalls.call("seccomp", SET_MODE_FILTER, SPEC_ALLOW, ctypes.byref(given))
