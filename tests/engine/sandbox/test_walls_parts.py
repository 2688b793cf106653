"""The parts of the walls that can be looked at without raising any: the choice, the filter, the view."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import WallsError
from autograder.sandbox.walls import cgroups, identity, seccomp, survey, view, walls
from autograder.sandbox.walls.walls import Walls

# ---- the choice --------------------------------------------------------------------------------------------


def test_choose_names_every_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "rehearse", lambda candidate: f"refused at tier {candidate.tier}")
    survey.choose.cache_clear()
    try:
        with pytest.raises(WallsError, match=r"(?s)refused at tier 2.*refused at tier 1.*doctor"):
            survey.choose(None)
    finally:
        survey.choose.cache_clear()


def test_choose_falls_back_to_tier_1_but_never_to_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "rehearse", lambda candidate: "no" if candidate.tier == 2 else "")
    survey.choose.cache_clear()
    try:
        assert survey.choose(None).tier == 1
        with pytest.raises(WallsError, match="tier 2"):
            survey.choose(2)
    finally:
        survey.choose.cache_clear()
    assert survey.choose(0) == Walls(0, ("rlimits",))
    with pytest.raises(WallsError, match="no sandbox tier 3"):
        survey.choose(3)


def test_survey_tells_of_every_layer() -> None:
    seen = survey.survey()
    assert {offer.layer for offer in seen.offers} == set(survey.ADVICE)
    assert all(offer.detail for offer in seen.offers)
    assert seen.best is None or set(seen.best.layers) <= set(survey.ADVICE)


def test_walls_travel_as_text() -> None:
    sent = Walls(2, ("namespaces", "uid"), keep_reading=True)
    assert Walls.from_json(sent.to_json()) == sent


def test_slots_are_bounded() -> None:
    assert identity.user_of(0) == identity.FIRST_USER
    with pytest.raises(WallsError, match="slot"):
        walls.fork(Walls(0, ("rlimits",)), identity.SLOTS)


# ---- the filter, run by an interpreter of its instructions -------------------------------------------------


def verdict(program: bytes, machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the kernel would do on this system call: classic BPF over struct seccomp_data."""
    given = [*arguments, *[0] * (6 - len(arguments))]
    audit = seccomp.AUDIT[machine] if audit is None else audit
    data = struct.pack("IIQ6Q", number, audit, 0, *(a & (1 << 64) - 1 for a in given))
    accumulator = at = 0
    while True:
        code, true, false, k = struct.unpack_from("HBBI", program, 8 * at)
        at += 1
        if code == seccomp.RETURN:
            return int(k)
        if code == seccomp.LOAD:
            accumulator = struct.unpack_from("I", data, k)[0]
            continue
        met = {
            seccomp.JUMP_EQ: accumulator == k,
            seccomp.JUMP_GE: accumulator >= k,
            seccomp.JUMP_SET: bool(accumulator & k),
        }[code]
        at += true if met else false


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("tier", [2, 1])
@pytest.mark.parametrize("scoped", [True, False])
def test_filter_decides(machine: str, tier: int, scoped: bool) -> None:
    process = 4242
    program = seccomp.assemble(seccomp.Filter(tier, scoped, same_user=True), process, machine)
    column = list(seccomp.AUDIT).index(machine)
    numbers = {name: pair[column] for name, pair in seccomp.FILTERED.items()}

    def of(name: str, *arguments: int) -> int:
        number = numbers[name]
        assert number is not None
        return verdict(program, machine, number, *arguments)

    allow, refuse = seccomp.ALLOW, seccomp.EPERM
    for pair in seccomp.NEVER.values():
        if (number := pair[column]) is not None:
            assert verdict(program, machine, number) == refuse
    assert verdict(program, machine, {"x86_64": 0, "aarch64": 63}[machine]) == allow  # read
    assert verdict(program, machine, 500) == seccomp.ENOSYS
    assert verdict(program, machine, 0, audit=0x40000003) == seccomp.KILL  # 32-bit x86
    if machine == "x86_64":
        assert verdict(program, machine, seccomp.X32_BIT | 41) == seccomp.KILL
    assert of("clone", 0x01200011) == allow  # fork
    assert of("clone", 0x003D0F00) == allow  # a thread
    assert of("clone", 0x10000000 | 17) == refuse
    assert of("clone3") == seccomp.ENOSYS
    assert of("socketpair", 1) == allow
    assert of("socketpair", 2) == refuse
    assert of("socket", 2) == refuse
    assert of("socket", 1) == (allow if tier == 2 and scoped else refuse)
    assert of("ioctl", 0, 0x5401) == allow  # TCGETS
    assert of("ioctl", 0, 0x5412) == refuse
    assert of("ioctl", 0, 0x5412 | 7 << 32) == refuse  # the kernel looks at 32 bits
    assert of("prlimit64", 0) == allow
    assert of("prlimit64", 1) == refuse
    assert of("setpriority", 0, 0, 5) == allow
    assert of("setpriority", 0, 77, 5) == (allow if tier == 2 else refuse)
    assert of("setpriority", 2, 0, 5) == (allow if tier == 2 else refuse)  # all processes of the user
    assert of("prctl", 1, 0) == (allow if tier == 2 else seccomp.PRETEND)
    assert of("prctl", 15) == allow  # PR_SET_NAME
    expected = allow if tier == 2 or scoped else refuse
    assert of("kill", 1, signal.SIGTERM) == expected
    assert of("fcntl", 0, 8, 1) == expected
    assert of("kill", process, signal.SIGTERM) == allow
    assert of("kill", -process & 0xFFFFFFFF, signal.SIGTERM) == allow
    group = seccomp.TIER_1_NEVER["setsid"][column]
    mode = seccomp.METADATA["fchmodat"][column]
    assert group is not None
    assert mode is not None
    assert verdict(program, machine, group) == (allow if tier == 2 else refuse)
    assert verdict(program, machine, mode) == (allow if tier == 2 else seccomp.PRETEND)


def test_filter_refuses_an_unknown_machine() -> None:
    with pytest.raises(OSError, match="riscv64"):
        seccomp.assemble(seccomp.Filter(2, True), machine="riscv64")


# ---- the parts that need no walls --------------------------------------------------------------------------


def test_view_shows_no_course_folder(tmp_path: Path) -> None:
    seen = view.view([tmp_path / "model"])  # it does not exist, and so is not shown
    assert not any(view.is_below(str(tmp_path), tree) for tree in seen.trees)


def test_view_shows_the_package_alone_of_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editable installation imports it from a checkout, where a course may lie beside it."""
    package = tmp_path / "checkout" / "autograder"
    package.mkdir(parents=True)
    monkeypatch.setattr(view.autograder, "__file__", str(package / "__init__.py"))
    shown = [tree for tree in view.view().trees if view.is_below(str(package), tree)]
    assert shown == [str(package)]


def test_view_hides_a_folder_by_all_its_names(tmp_path: Path) -> None:
    """Only where it lies below something shown; and what is not there needs no hiding."""
    shown, outside = tmp_path / "usr", tmp_path / "srv"
    for folder in (shown / "exchange" / "physics", shown / "other", outside / "inbound"):
        folder.mkdir(parents=True)
    (tmp_path / "link").symlink_to(shown / "exchange")
    (tmp_path / "way").symlink_to(tmp_path)
    for named in (shown / "exchange", tmp_path / "link", tmp_path / "way" / "usr" / "exchange"):
        assert view.view([shown], [named, shown / "exchange" / "physics"]).hidden == (str(shown / "exchange"),)
    by_link = tmp_path / "way" / "usr"
    assert view.view([by_link], [shown / "exchange"]).hidden == (f"{shown}/exchange", f"{by_link}/exchange")
    assert view.view([shown], [shown / "missing", outside, tmp_path / "way"]).hidden == ()


def test_view_hides_an_exchange_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "venv" / "share" / "exchange").mkdir(parents=True)
    monkeypatch.setattr(view.sys, "prefix", str(tmp_path / "venv"))
    assert view.view(hidden=[tmp_path / "venv" / "share" / "exchange"]).hidden == (f"{tmp_path}/venv/share/exchange",)


def test_view_around_a_hidden_folder_follows_no_link(tmp_path: Path) -> None:
    for name in ("a/x", "a/hole/secret", "a/y/deep", "b"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "hole")
    shown = set(view.paths_around(str(tmp_path), [str(tmp_path / "a" / "hole")]))
    assert shown == {str(tmp_path / name) for name in ("a/x", "a/y", "b")}


# Columns that matter: the device, what of its file system is shown, and where.
TABLE = """
1 0 8:1 / / rw - ext4 /dev/sda rw
2 1 8:2 / {top}/usr/exchange rw - ext4 /dev/sdb rw
3 2 8:3 /class {top}/usr/exchange/physics rw - ext4 /dev/sdc rw
4 1 8:2 / {top}/usr/all rw - ext4 /dev/sdb rw
5 1 8:2 /chemistry {top}/usr/a\\040part rw - ext4 /dev/sdb rw
6 1 8:3 / {top}/usr/classes rw - ext4 /dev/sdc rw
7 1 8:4 / {top}/usr/other rw - ext4 /dev/sdd rw
8 1 8:2 / {top}/elsewhere rw - ext4 /dev/sdb rw
9 1 8:3 /staff {top}/usr/staff rw - ext4 /dev/sdc rw
"""


def test_view_hides_what_mounts_show_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("exchange/physics", "all", "a part", "classes/class", "other", "staff"):
        (tmp_path / "usr" / name).mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "mounts").write_text(TABLE.strip().format(top=tmp_path))
    monkeypatch.setattr(view, "MOUNTS", str(tmp_path / "mounts"))
    found = view.view([tmp_path / "usr"], [tmp_path / "usr" / "exchange"]).hidden
    assert found == tuple(f"{tmp_path}/usr/{name}" for name in ("a part", "all", "classes/class", "exchange"))


def test_view_reads_this_machines_mounts(tmp_path: Path) -> None:
    """The real table: a folder bound elsewhere below what is shown, in a mount namespace of a process's own."""
    for name in ("usr/exchange", "usr/bound"):
        (tmp_path / name).mkdir(parents=True)
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    program = f"from autograder.sandbox.walls.view import view; print(view([{str(tmp_path / 'usr')!r}], "
    program += f"[{str(tmp_path / 'usr' / 'exchange')!r}]).hidden)"
    script = f'mount --bind usr/exchange usr/bound || exit 77; "{sys.executable}" -c "$0"'
    done = subprocess.run(
        ["unshare", *own, "--mount", "sh", "-c", script, program],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode in (1, 77):
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    assert done.stdout.strip() == str((f"{tmp_path}/usr/bound", f"{tmp_path}/usr/exchange")), done.stderr


def test_control_groups_of_both_versions(tmp_path: Path) -> None:
    unified = tmp_path / "v2"
    unified.mkdir()
    (unified / "cgroup.controllers").write_text("cpu memory pids")
    (unified / "cgroup.subtree_control").write_text("cpu")
    stale = unified / f"{cgroups.PREFIX}stale"
    (stale / "3").mkdir(parents=True)
    neighbours = cgroups.create(unified)
    assert not stale.exists()
    made = cgroups.create(unified)
    assert [group.folder.parent for group in made] == [unified]
    assert neighbours[0].folder.exists(), "it is held, whatever process number its holder has"
    cgroups.remove(made)
    assert not made[0].folder.exists()
    cgroups.remove(neighbours)
    for name in ("memory", "pids"):
        (tmp_path / "v1" / name).mkdir(parents=True)
        (tmp_path / "v1" / name / "cgroup.procs").touch()
    assert [group.folder.parent.name for group in cgroups.create(tmp_path / "v1")] == ["memory", "pids"]
    with pytest.raises(OSError, match="memory"):
        cgroups.create(tmp_path / "nothing")
