"""The walls are attempted here, on this machine: what they must deny, and what honest work they must let through."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import autograder
from autograder.limits import Limits
from autograder.sandbox.walls import denials, survey, walls
from autograder.sandbox.walls.attempts import ATTEMPTS
from autograder.sandbox.walls.walls import Walls
from tests.inside import SECONDS, has_landlock, has_namespaces, run_inside, walls_of
from tests.matrix import mostly_matrix

PACKAGE = Path(autograder.__file__).parent


# ---- what must be denied -----------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", [2, 1])
def test_walls_deny_all_they_promise_and_no_less(tier: int) -> None:
    """What is excused must really be open: an excuse that has become untrue would hide a wall that breaks later."""
    chosen = walls_of(tier)
    answers = denials.attempt_all(chosen)
    assert [a.name for a in answers] == list(ATTEMPTS)
    assert {a.name: a.detail for a in answers if not a.held and not a.excuse} == {}
    assert {a.name for a in answers if not a.held} == set(denials.excuses(chosen))


def test_attempts_succeed_where_no_check_walls() -> None:
    """Otherwise the tests above would pass whatever the walls did."""
    open_ones = {a.name for a in denials.attempt_all(survey.choose(0)) if not a.held}
    limits_hold = {"take more memory than allowed", "write a file larger than allowed"}
    needs_root = {
        "read the machine's passwords or user list", "write beside the interpreter's packages", "write to /proc/sys",
        "open a disk, the kernel's memory or its log", "mount a file system", "become root", "gain a capability",
        "change the root folder", "open a netlink, packet or vsock socket", "start more processes than allowed",
        "trace the grader", "copy from the grader's memory", "open the grader's memory", "make a user namespace",
        "use io_uring, bpf or the keyring", "connect by TCP over IPv6",  # these two: the kernel may lack them
    }  # fmt: skip
    assert set(ATTEMPTS) - open_ones - needs_root == limits_hold


@pytest.mark.parametrize("tier", [2, 1])
def test_walls_hold_for_an_ordinary_user(tier: int, tmp_path: Path) -> None:
    """The same attempts by a user who is not root, with an interpreter and a copy of the package it can read."""
    if os.geteuid() != 0:
        pytest.skip("run as root, which can become another user; the tests above already ran as an ordinary one")
    python = next((p for p in (sys.executable, "/usr/bin/python3") if _usable_by_nobody(p)), None)
    if python is None:
        pytest.skip("user nobody can run no Python 3.11 here: install one outside /root (apt-get install python3)")
    for folder in (tmp_path, *tmp_path.parents[:3]):  # one of them is a test process's own
        folder.chmod(0o755)
    package = tmp_path / "package" / "autograder"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "home").mkdir()
    os.chown(tmp_path / "home", 65534, 65534)
    program = f"""
import json
from autograder.sandbox.walls import denials, survey
chosen = survey.choose({tier})
print(json.dumps([chosen.layers, [[a.name, a.held, a.excuse] for a in denials.attempt_all(chosen)]]))
"""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(package.parent), "HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [python, "-c", program], env=environment, cwd="/", user=65534, group=65534, extra_groups=[],
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    if done.returncode and tier == 2 and not has_namespaces(65534):
        pytest.skip(f"ordinary users get no namespaces here; {survey.ADVICE['namespaces']}")
    if done.returncode and not has_landlock():
        pytest.skip(f"no landlock here; {survey.ADVICE['landlock']}")
    assert done.returncode == 0, done.stderr
    layers, answers = json.loads(done.stdout)
    assert ("userns" in layers) == (tier == 2)
    assert "uid" not in layers
    assert [name for name, held, excuse in answers if not held and not excuse] == []


def _usable_by_nobody(python: str) -> bool:
    try:
        done = subprocess.run(
            [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
            user=65534, group=65534, extra_groups=[], cwd="/", capture_output=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except OSError:
        return False
    return done.returncode == 0


@pytest.mark.parametrize("tier", [2, 1])
def test_the_engine_is_read_and_nothing_that_lies_beside_it(tier: int, tmp_path: Path) -> None:
    """The package as an editable installation has it: in a course's own folder, among its texts and hidden checks."""
    chosen = walls_of(tier)
    course = tmp_path / "course"
    shutil.copytree(PACKAGE, course / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    for beside in ("checks/ps1/softmax.py", "source/ps1.py", ".autograder/secret", "autograder.txt"):
        (course / beside).parent.mkdir(parents=True, exist_ok=True)
        (course / beside).write_text("hidden")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o711)
    program = f"""
        def read(path):
            try:
                return path.read_text() if path.is_file() else " ".join(os.listdir(path))
            except OSError:
                return ""
        def look():
            import autograder
            engine, course = Path(autograder.__file__).parent, Path({str(course)!r})
            return {{
                "home": str(engine),
                "engine": bool(read(engine / "judging" / "judge.py")),
                "course": read(course),
                "beside": "".join(read(path / name) for path in (course, engine) for name in (
                    "checks", "checks/ps1", "checks/ps1/softmax.py", "source/ps1.py", ".autograder/secret",
                    "autograder.txt")),
            }}
        zygote(look)
    """
    answer = run_inside(chosen, program, tmp_path / "scratch", python_path=course)
    assert answer.pop("course") in ("", "autograder")  # below /tmp tier 2 makes a way to it, with nothing else in it
    assert answer == {"home": str(course / "autograder"), "engine": True, "beside": ""}


@pytest.mark.parametrize("tier", [2, 1])
def test_child_holds_no_descriptor_but_those_given(tier: int, tmp_path: Path) -> None:
    """An open folder would be a way past the walls that look at paths. 0, 1, 2, the pipe, and the listing itself."""
    program = "zygote(lambda: {'open': len(os.listdir('/proc/self/fd'))})"
    assert run_inside(walls_of(tier), program, tmp_path / "scratch") == {"open": 5}


@pytest.mark.parametrize("tier", [2, 1])
def test_killing_the_launcher_ends_everything(tier: int, tmp_path: Path) -> None:
    chosen = walls_of(tier)
    tmp_path.chmod(0o711)
    read, write = os.pipe()  # held open by every process inside
    program = f"""
import os, time
from pathlib import Path
from autograder.sandbox.walls import walls
from autograder.limits import Limits
chosen = walls.Walls.from_json({chosen.to_json()!r})
if walls.fork(chosen, 0) == 0:
    walls.confine(chosen, Limits(), Path({str(tmp_path / "scratch")!r}), 0)
    os.write({write}, b"+")
time.sleep({SECONDS})
"""
    command = walls.zygote_argv(chosen, [sys.executable, "-P", "-c", program], [])
    with subprocess.Popen(command, pass_fds=(write,), cwd="/") as launcher:
        os.close(write)
        assert os.read(read, 1) == b"+"
        launcher.kill()
        gone, _, _ = select.select([read], [], [], SECONDS / 2)  # closed by the last process; a survivor sleeps on
        assert gone
    os.close(read)


# ---- what must go on working -------------------------------------------------------------------------------

HONEST = """
    import torch
    import matplotlib
    matplotlib.use("agg")
    import matplotlib.pyplot
    torch.set_num_threads(1)

    class Squares(torch.utils.data.Dataset):
        def __len__(self):
            return 6
        def __getitem__(self, index):
            return torch.full((3,), float(index * index))

    def work():
        import subprocess, tempfile
        loader = torch.utils.data.DataLoader(Squares(), batch_size=2, num_workers=2, timeout=60)
        total = float(sum(batch.sum() for batch in loader))
        figure, axes = matplotlib.pyplot.subplots()
        axes.plot([1, 2, 3])
        figure.savefig("figure.png")
        weight = torch.ones(2, requires_grad=True)
        torch.optim.SGD([weight], lr=0.5).zero_grad()
        (weight * weight).sum().backward()
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "x").write_text("y")
        Path("~/note").expanduser().write_text("kept")
        torch.save(weight, "weight.pt")
        said = subprocess.run("echo hi", shell=True, capture_output=True, text=True).stdout
        shared = torch.zeros(4).share_memory_()
        return {"total": total, "figure": Path("figure.png").stat().st_size > 1000, "said": said,
                "gradient": weight.grad.tolist(), "loaded": torch.load("weight.pt").tolist(),
                "shared": shared.sum().item(), "cwd": os.getcwd() == os.path.expanduser("~")}

    zygote(work)
"""


@pytest.mark.parametrize("tier", mostly_matrix([2, 1, 0], keep=[2]))
def test_honest_work_goes_on(tier: int, tmp_path: Path) -> None:
    """A DataLoader with two workers, a figure, gradients, files, a command; all of it as in any notebook. Also where a
    folder of /usr is hidden, so that on tier 1 /usr and /usr/local cannot be listed."""
    hidden = (Path("/usr/local/share"),)
    with tempfile.TemporaryDirectory() as short:  # sockets are made in it, whose paths may have 107 bytes
        answer = run_inside(walls_of(tier), HONEST, Path(short) / "scratch", hidden=hidden)
    assert answer == {
        "total": 3.0 * (0 + 1 + 4 + 9 + 16 + 25), "figure": True, "said": "hi\n", "gradient": [2.0, 2.0],
        "loaded": [1.0, 1.0], "shared": 0.0, "cwd": True,
    }  # fmt: skip


def test_a_terminal_can_be_had(tmp_path: Path) -> None:
    """IPython runs `!command` in a pseudo-terminal."""
    program = "zygote(lambda: {'terminal': os.ttyname(os.openpty()[1]).startswith('/dev/pts/')})"
    assert run_inside(walls_of(2), program, tmp_path / "scratch") == {"terminal": True}


@pytest.mark.parametrize("tier", [2, 1])
def test_readable_paths_are_read_and_not_written(tier: int, tmp_path: Path) -> None:
    """Also below /tmp, where the child has a folder of its own."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o711)
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_text("w")
    (model / "weights").chmod(0o666)
    program = f"""
        def look():
            path = Path({str(model)!r}, "weights")
            try:
                path.write_text("changed")
                return {{"changed": True}}
            except OSError:
                return {{"read": path.read_text()}}
        zygote(look)
    """
    assert run_inside(walls_of(tier), program, tmp_path / "scratch", (model,)) == {"read": "w"}


@pytest.mark.parametrize("by_link", [False, True])
@pytest.mark.parametrize("tier", [2, 1])
def test_a_hidden_folder_of_a_readable_one_is_not_read(tier: int, by_link: bool, tmp_path: Path) -> None:
    """nbgrader's exchange in /usr, say; also where it, or what holds it, was named by a link."""
    chosen = walls_of(tier)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o711)
    share, place = tmp_path / "usr" / "share", tmp_path / "usr" / "share" / "exchange"
    for file in ("exchange/physics/inbound/ada", "fonts/serif", "words"):
        (share / file).parent.mkdir(parents=True, exist_ok=True)
        (share / file).write_text("read")
    (share / "exchange" / "physics" / "inbound" / "ada").chmod(0o644)
    (share / "another").symlink_to(place)
    (tmp_path / "way").symlink_to(tmp_path)
    (tmp_path / "exchange").symlink_to(place)
    top = tmp_path / "way" if by_link else tmp_path
    program = f"""
        def read(path):
            try:
                return path.read_text() if path.is_file() else ", ".join(os.listdir(path))
            except OSError:
                return ""
        def look():
            shown = [read(Path({str(top)!r}, "usr", "share", name)) for name in ("words", "fonts", "fonts/serif")]
            found = [
                name + ": " + read(Path(top, name) / below)
                for top in {[str(tmp_path), str(top)]}
                for name in ("usr/share/exchange", "usr/share/another", "exchange")
                for below in ("", "physics", "physics/inbound", "physics/inbound/ada")
                if read(Path(top, name) / below)
            ]
            return {{"shown": shown, "found": found}}
        zygote(look)
    """
    exchange = tmp_path / "exchange" if by_link else place
    answer = run_inside(chosen, program, tmp_path / "scratch", (top / "usr",), hidden=(exchange,))
    assert answer == {"shown": ["read", "serif", "read"], "found": []}


@pytest.mark.parametrize("tier", [2, 1])
def test_a_hidden_folder_that_holds_what_is_needed_is_an_error(tier: int, tmp_path: Path) -> None:
    command = walls.zygote_argv(walls_of(tier), ["/bin/true"], [tmp_path], [tmp_path])
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd="/", check=False)
    assert done.returncode == 120
    assert f"{tmp_path}, which submissions read, lies in a folder hidden from them" in done.stderr


# ---- a wall that cannot be raised --------------------------------------------------------------------------


def test_a_promised_wall_that_fails_is_an_error(tmp_path: Path) -> None:
    """The launcher of these walls hands on no control group, so that joining one fails."""
    promised = Walls(1, ("cgroup",))
    unpromised = Walls(1, ("seccomp",))
    program = f"""
        promised = walls.Walls.from_json({promised.to_json()!r})
        def look():
            try:
                walls.confine(promised, Limits(), Path.cwd() / "again", 3)
            except walls.WallsError as error:
                return {{"said": "cgroup" in str(error)}}
            return {{"said": "nothing"}}
        zygote(look)
    """
    assert run_inside(unpromised, program, tmp_path / "scratch") == {"said": True}


def test_launcher_says_which_wall_failed(tmp_path: Path) -> None:
    """Without the command to run, or the rights, the launcher ends with its own exit code and a reason."""
    command = walls.zygote_argv(Walls(1, ("rlimits",)), [str(tmp_path / "missing")], [])
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd="/", check=False)
    assert done.returncode == 120
    assert "outer walls could not be raised" in done.stderr


def test_limits_are_those_asked_for(tmp_path: Path) -> None:
    limits = Limits(cpu_seconds=7, file_mib=3, processes=11, memory_mib=512)
    program = f"""
        import resource
        from autograder.sandbox.walls import rlimits
        before = rlimits.address_space()
        def look():
            names = ("CPU", "FSIZE", "NOFILE", "CORE", "AS")
            return {{name: resource.getrlimit(getattr(resource, "RLIMIT_" + name))[0] for name in names}} | {{
                "before": before}}
        zygote(look, Limits(cpu_seconds={limits.cpu_seconds}, file_mib={limits.file_mib},
                            processes={limits.processes}, memory_mib={limits.memory_mib}))
    """
    answer = run_inside(walls_of(0), program, tmp_path / "scratch")
    size, before = answer.pop("AS"), answer.pop("before")
    assert answer == {"CPU": 7, "FSIZE": 3 << 20, "NOFILE": 1024, "CORE": 1}
    assert isinstance(size, int)
    assert isinstance(before, int)
    assert 0 <= size - before - (512 << 20) < 32 << 20  # what the child itself mapped before the limit was set
