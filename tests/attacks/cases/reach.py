"""Files, processes and memory that are not the submission's: the course, the gradebook, the grader, the sibling."""

from __future__ import annotations

from tests.attacks.attack import NO_WALLS, Attack, without_walls

HEAD = "import os, signal, socket, struct, sys, ctypes, time\nfrom pathlib import Path\ngot = 'BROKE OUT'\n"


def reach(name: str, tries: str, text: str, **more: object) -> Attack:
    """A cell beside honest functions. By default tier 0 is known to be open to it."""
    lines = "".join(f"    {line}\n" for line in text.strip("\n").split("\n"))
    cell = f"{HEAD}try:\n{lines}except (OSError, ValueError, ImportError) as error:\n    print(type(error).__name__)"
    given = {"extra": (cell,), **({} if "safe" in more or "opens" in more else {"opens": without_walls()}), **more}
    return Attack(name, tries, "DENIED", **given)  # type: ignore[arg-type]


def harm(name: str, tries: str, text: str, **more: object) -> Attack:
    return reach(name, tries, text, safe=False, **more)


LINKED = """
for make in (os.link, os.symlink):
    make("@course@/gradebook.db", f"mine-{make.__name__}")
    print(got, open(f"mine-{make.__name__}", "rb").read()[-200:])
"""
ROOTS = """
for pid in ("1", "self", "@grader@", "@victim@", "@zygote@", str(os.getppid())):
    for way in ("root", "cwd"):
        try:
            print(got, pid, open(f"/proc/{pid}/{way}/@course@/gradebook.db", "rb").read()[-200:])
        except OSError:
            pass
for fd in range(64):
    try:
        print(got, open(f"/proc/self/fd/{fd}/../gradebook.db", "rb").read()[-200:])
    except OSError:
        pass
"""
SIBLING = """
seen = []
for folder in ("/tmp", "@scratch@", os.path.dirname(os.getcwd())):
    for place, below, files in os.walk(folder):
        below[:] = [name for name in below if os.path.join(place, name) != "@repository@"]  # gigabytes
        seen += [os.path.join(place, file) for file in files]
for path in seen:
    try:
        text = open(path, errors="replace").read()
    except OSError:
        continue
    if "sibling-0cc" in text:
        print(got, path, text)
"""
SHARED = "print(got, open('/dev/shm/sibling-answers').read())"
ONE_USER = (
    "where the grader is not root, or its interpreter lies in a closed folder, all submissions read as one user: what "
    "one puts into /dev/shm another that runs at the same time can read"
)
SIBLING_PROCESS = """
for pid in [name for name in os.listdir("/proc") if name.isdigit()] + ["@sibling@"]:
    for name in ("environ", "maps", "fd"):
        if int(pid) in (os.getpid(), os.getppid()) or os.getpid() == 1 and pid == "1":
            continue
        try:
            path = f"/proc/{pid}/{name}"
            print(got, path, os.listdir(path) if name == "fd" else len(open(path, "rb").read()))
        except OSError:
            pass
"""
SIGNALS = """
for pid in (@grader@, @victim@, @zygote@, @sibling@, os.getppid()):
    if pid and pid != os.getpid():
        try:
            os.kill(pid, signal.SIGCONT)
            print(got, pid)
        except OSError:
            pass
"""
ALL_SIGNALS = """
for sent in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
    for pid in (-1, @grader@, @victim@, @zygote@, @sibling@):
        if pid == -1 and os.fork():
            continue
        try:
            os.kill(pid, sent)
        except OSError:
            pass
"""
SOCKETS = """
for family in range(1, 46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        if family == socket.AF_UNIX:
            continue
        try:
            end = socket.socket(family, kind)
        except OSError:
            continue
        try:
            end.settimeout(1)
            end.connect(("127.0.0.1", @port@))
            print(got, family, kind)
        except (OSError, TypeError):
            pass
"""
UNIX = """
for address in ("@course@/socket", "\\0@abstract@", "/run/docker.sock", "/var/run/dbus/system_bus_socket"):
    end = socket.socket(socket.AF_UNIX)
    try:
        end.connect(address)
        print(got, address)
    except OSError:
        pass
"""
DNS = """
try:
    print(got, socket.getaddrinfo("example.org", 80))
except OSError:
    pass
for name in ("/etc/resolv.conf", "/etc/hostname", "/etc/shadow", "/root/.ssh/id_rsa", "/root/.bash_history"):
    try:
        print(got, open(name).read()[:50])
    except OSError:
        pass
"""
DAEMON = """
if os.fork() == 0:
    os.setsid() if hasattr(os, "setsid") else None
    if os.fork() == 0:
        os.closerange(0, 64)
        time.sleep(600)
    os._exit(0)
os.wait()
"""
DAEMON_GROUP = """
import subprocess
for way in ({"start_new_session": True}, {"process_group": 0}, {}):
    try:
        subprocess.Popen(["/bin/sleep", "600"], **way)
    except (OSError, subprocess.SubprocessError):
        pass
"""
SET_USER = """
import subprocess
for program in ("su", "sudo", "mount", "pkexec", "newuidmap"):
    done = subprocess.run(f"{program} -c id 2>&1", shell=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if "uid=0" in done.stdout and os.geteuid() != 0:
        print(got, program)
for change in (os.setuid, os.setgid, os.seteuid):
    try:
        change(0)
        if os.geteuid() == 0 and Path("/proc/self/status").read_text().split("CapEff:")[1].split()[0].strip("0"):
            print(got, change.__name__)
    except OSError:
        pass
"""
PACKAGES = """
import torch
for place in (torch.__file__, os.__file__, sys.executable, "@repository@/autograder/__init__.py"):
    for way in (place, place + "c", os.path.join(os.path.dirname(place), "__pycache__", "x.pyc")):
        try:
            open(way, "ab").close()
            print(got, way)
        except OSError:
            pass
# On tier 2 /tmp is a disk of its own: a folder that only leads to packages below it is not where these lie.
own = os.stat("/tmp").st_dev if os.getcwd().startswith("/tmp/work") else 0
for folder in sys.path:
    try:
        Path(folder or ".", "evil.pth").write_text("import os")
        if folder and os.stat(folder).st_dev != own:
            print(got, folder)
    except OSError:
        pass
"""
KERNEL = """
libc = ctypes.CDLL(None, use_errno=True)
for name, number in (("bpf", 321), ("perf_event_open", 298), ("userfaultfd", 323), ("io_uring_setup", 425),
                     ("keyctl", 250), ("add_key", 248), ("memfd_create", 319), ("unshare", 272), ("ptrace", 101),
                     ("open_by_handle_at", 304), ("init_module", 175), ("personality", 135), ("mount", 165)):
    ctypes.set_errno(0)
    if libc.syscall(ctypes.c_long(number), ctypes.c_long(0), ctypes.c_long(0), ctypes.c_long(0)) >= 0:
        print(got, name)
"""
GRADER_MEMORY = """
for pid in ("@grader@", "@zygote@", "@victim@", str(os.getppid())):
    if pid == str(os.getpid()) or pid == "0":
        continue
    for name in ("mem", "maps", "stack", "auxv"):
        try:
            os.close(os.open(f"/proc/{pid}/{name}", os.O_RDONLY))
            print(got, pid, name)
        except OSError:
            pass
"""
LOG = """
for name in ("zygote.log",):
    for folder in ("@scratch@", "..", "../.."):
        for way in ("rb", "r+b"):
            try:
                open(os.path.join(folder, name), way).close()
                print(got, folder, way)
            except OSError:
                pass
"""
WRITES = """
import sqlite3
for way in (lambda: open("@course@/gradebook.db", "r+b").write(b"0" * 100),
            lambda: os.truncate("@course@/gradebook.db", 0),
            lambda: os.chmod("@course@/gradebook.db", 0o600),
            lambda: os.utime("@course@/gradebook.db", (0, 0)),
            lambda: os.rename("@course@/gradebook.db", "@course@/old.db"),
            lambda: os.unlink("@course@/submitted/neighbour/warmup/warmup.ipynb"),
            lambda: Path("@course@/.autograder/results").mkdir(),
            lambda: Path("@course@/autograded").symlink_to("/tmp"),
            lambda: sqlite3.connect("@course@/gradebook.db").executescript("UPDATE grade SET score = 100")):
    try:
        way()
    except (OSError, sqlite3.Error):
        pass
"""
LEFTOVERS = """
for make in (lambda: os.mkfifo("pipe"), lambda: os.symlink("/", "root"), lambda: os.symlink("loop", "loop"),
             lambda: os.mkdir("closed", 0), lambda: os.mknod("device", 0o20666, os.makedev(1, 1)),
             lambda: os.mkfifo("/dev/shm/pipe"), lambda: os.symlink("@course@/gradebook.db", "/dev/shm/link"),
             lambda: open("\\n\\x1b[2J\\u202e", "w").close(), lambda: os.link("pipe", "/dev/shm/hard")):
    try:
        make()
    except OSError:
        pass
"""
PRIORITY = """
for change in (lambda: os.setpriority(os.PRIO_PROCESS, @victim@, 19), lambda: os.nice(-5),
               lambda: os.sched_setaffinity(@victim@, {0}),
               lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(9)),
               lambda: Path("/proc/@victim@/oom_score_adj").write_text("1000"),
               lambda: Path("/proc/self/oom_score_adj").write_text("-1000")):
    try:
        change()
        print(got)
    except OSError:
        pass
"""
LIMITS_RAISED = """
import resource
for name in ("RLIMIT_AS", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_CPU", "RLIMIT_NOFILE"):
    which = getattr(resource, name)
    try:
        resource.setrlimit(which, (resource.RLIM_INFINITY,) * 2)
        print(got, name)
    except (OSError, ValueError):
        pass
"""
NAMES = """
for path in ("@course@", "@course@/submitted", "/root", "/home", "/tmp/..", "@repository@", "/proc/@victim@"):
    try:
        names = os.listdir(path)
        if path == "@repository@" and not {"checks", "source", "tests"} & {*names}:
            continue  # below /tmp tier 2 makes a way to the packages, with nothing beside it
        if path != "/tmp/.." or "root" in names and os.listdir("/root") is not None:
            print(got, path, len(names))
    except OSError:
        pass
"""
EXISTS = """
for path in ("@course@/gradebook.db", "@course@/submitted/neighbour"):
    if os.path.exists(path):
        print(got, path, os.stat(path).st_mtime)
"""
STAT_TELLS = "landlock governs opening, not stat: whether a file exists, its size and times can be asked for by name"

ATTACKS = (
    reach("read-secret", "reads the course's secret", "print(got, open('@course@/.autograder/secret').read())"),
    reach("read-gradebook", "reads the gradebook", "print(got, open('@course@/gradebook.db', 'rb').read()[-300:])"),
    reach("read-neighbour", "reads what another student handed in",
          "print(got, open('@course@/submitted/neighbour/warmup/warmup.ipynb').read())"),
    reach("read-hidden-tests", "reads the instructor's notebook with its hidden tests",
          "print(got, 'CANARY' in open('@course@/source/warmup/warmup.ipynb').read())"),
    reach("list-folders", "lists the course's, the repository's and other homes' folders", NAMES),
    reach("ask-for-names", "asks whether files of the course exist, and when they changed", EXISTS,
          opens={1: STAT_TELLS, 0: "no walls"}),
    reach("linked-gradebook", "links the gradebook into its own folder and reads the link", LINKED),
    reach("roundabout", "reaches the course by other processes' roots and its own descriptors", ROOTS),
    harm("write-gradebook", "writes, cuts short, renames and deletes what is in the course folder", WRITES),
    reach("read-environ", "reads the environment of a process that holds a token",
          "print(got, open('/proc/@victim@/environ', 'rb').read())"),
    reach("grader-memory", "opens the memory of the grader, the zygote and others", GRADER_MEMORY),
    reach("zygote-log", "reads the zygote's log and writes to it", LOG),
    reach("sibling-files", "reads the files of a submission that is graded at the same time", SIBLING),
    reach("sibling-memory", "reads what a submission that is graded at the same time keeps in /dev/shm", SHARED,
          may_open={1: ONE_USER, 0: NO_WALLS}),  # tier 0: if the other has come as far by then
    reach("sibling-process", "looks at the processes of a submission that is graded at the same time", SIBLING_PROCESS),
    reach("harmless-signals", "sends SIGCONT to the grader, the zygote and the sibling", SIGNALS),
    harm("deadly-signals", "sends SIGKILL to all that it can name", ALL_SIGNALS,
         statuses=("graded", "crashed", "limit_exceeded")),
    reach("sockets", "connects to a listening port by sockets of every family", SOCKETS),
    reach("unix-sockets", "connects to sockets by file and by abstract name", UNIX),
    reach("names-and-keys", "asks for addresses by name, and reads passwords and keys", DNS),
    harm("daemon", "leaves a daemon behind that has left its session", DAEMON),
    harm("daemon-by-popen", "starts programs in sessions and groups of their own", DAEMON_GROUP),
    harm("become-root", "becomes root by su, sudo and setuid", SET_USER),
    harm("write-packages", "writes into the interpreter and its packages", PACKAGES),
    harm("kernel-calls", "asks the kernel for what no notebook needs", KERNEL),
    harm("priority", "slows others down and keeps itself from the killer of processes", PRIORITY),
    reach("raise-limits", "raises its own limits", LIMITS_RAISED, opens={},
          may_open={0: "no walls: root may raise them"}),
    harm("leftovers", "leaves pipes, loops of links, closed folders and odd names behind", LEFTOVERS),
)  # fmt: skip
