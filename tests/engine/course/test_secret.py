"""The course's secret: made once, for its owner alone, rotated on demand, and nowhere to be seen while grading runs."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import secret
from autograder.errors import RecordsError, UsageError
from autograder.grading.record import Judgements
from autograder.samples.classes import Sample, hand_in
from tests.conftest import WARMUP, MakeCourse, autograder, environment
from tests.pools import Warm, grade_here
from tests.processes import below, wait_for

# What a submission can see of processes and files, and a moment for the test to look at it from outside.
LOOKS = """
import os, time
from pathlib import Path
def texts():
    for top in ("/proc/self", "/proc/1", os.getcwd(), "/tmp", "/dev/shm"):
        for name in ("environ", "cmdline", "") if top.startswith("/proc") else ("",):
            for path in [Path(top, name)] if name else Path(top).glob("*"):
                try:
                    yield path.read_bytes() if path.is_file() else b""
                except OSError:
                    pass
print("what-was-seen", max(map(len, texts())), any(WORD in text for text in texts()))
time.sleep(3)
"""


def test_it_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    os.umask(before := os.umask(0))
    made = secret.read_or_make(tmp_path / "state")
    assert len(made) == 32
    assert secret.read_or_make(tmp_path / "state") == made
    assert [p.name for p in (tmp_path / "state").iterdir()] == ["secret"], "and nothing is left beside it"
    os.umask(0)
    try:
        secret.read_or_make(tmp_path / "open")
    finally:
        os.umask(before)
    assert (tmp_path / "open" / "secret").stat().st_mode & 0o777 == 0o600, "whatever the umask"


def test_graders_that_start_together_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        found = pool.map(secret.read_or_make, [tmp_path] * 32, chunksize=1)
    assert len(set(found)) == 1


@pytest.mark.parametrize("text", ["", "\n", "ab" * 31, "zz" * 32, "ab" * 33, "\0" * 64, "\xff" * 64])
def test_a_damaged_one_is_said_to_be_that(tmp_path: Path, text: str) -> None:
    made = secret.read_or_make(tmp_path)
    (tmp_path / "secret").write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match=r"not a secret of ours.*Put back a copy"):
        secret.read_or_make(tmp_path)
    (tmp_path / "secret").write_text(made.hex() + "\n")
    assert secret.read_or_make(tmp_path) == made


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o610])
def test_one_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    secret.read_or_make(tmp_path)
    (tmp_path / "secret").chmod(mode)
    with pytest.raises(UsageError, match=rf"mode {mode:o}.*chmod 600.*secret rotate"):
        secret.read_or_make(tmp_path)


def test_in_a_shared_course_the_group_reads_it_and_nobody_else(tmp_path: Path) -> None:
    made = secret.read_or_make(tmp_path, shared=True)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o640
    assert secret.read_or_make(tmp_path, shared=True) == made
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(UsageError, match=r"mode 644.*chmod 640"):
        secret.read_or_make(tmp_path, shared=True)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    secret.read_or_make(tmp_path / "other")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "secret").symlink_to(tmp_path / "other" / "secret")
    with pytest.raises(UsageError, match="cannot be read"):
        secret.read_or_make(tmp_path / "state")


def test_a_folder_that_takes_no_file_is_our_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((RecordsError, UsageError), match="Not a directory"):
        secret.read_or_make(tmp_path / "file")


def test_a_full_disk_leaves_no_half_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(secret.os, "fsync", full)
        with pytest.raises(RecordsError, match="No space left"):
            secret.read_or_make(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_rotating_keeps_the_old_one_and_what_was_graded(make_short: MakeCourse, short: Warm) -> None:
    course = make_short("rotated", [Sample("ada", untouched=True)])
    (course.state / "secret").unlink()
    early = autograder(course.root, "secret", "rotate")
    assert (early.returncode, "the first run of grade makes one" in early.stderr) == (2, True), early.stderr
    grade_here(course, short)
    old = course.secret()
    result = course.state / "results" / WARMUP / "ada.json"
    before = result.read_bytes()

    zip_file = course.state / "gradescope" / f"{WARMUP}-autograder.zip"
    zip_file.parent.mkdir()
    zip_file.write_bytes(b"")
    done = autograder(course.root, "secret", "rotate")
    assert done.returncode == 0, done.stderr
    assert f"{zip_file.name} holds an earlier secret" in done.stderr
    assert f"autograder compile {WARMUP} --with-secret, and upload it again" in done.stderr
    new = course.secret()
    assert new != old
    kept = course.state / f"secret.{secret.fingerprint(old)}"
    assert bytes.fromhex(kept.read_text()) == old
    assert kept.stat().st_mode & 0o777 == 0o600
    assert f"{WARMUP}: 1 results from earlier secrets stand" in done.stderr
    assert not any(one.hex() in done.stderr + done.stdout for one in (old, new))

    grade_here(course, short)
    assert result.read_bytes() == before, "marks that were given stand"
    grade_here(course, short, regrade=True)
    record = Judgements(course, WARMUP).read("ada")
    assert record is not None
    assert [one.inputs.secret for one in record.judgements] == [secret.fingerprint(new)]


def test_it_is_nowhere_to_be_seen_while_a_class_is_graded(make_short: MakeCourse, tmp_path: Path) -> None:
    course = make_short("seen", [])
    words = course.secret().hex(), course.secret()
    sample = Sample("ada", untouched=True, extra=(LOOKS.replace("WORD", repr(words[0][:16].encode())),))
    hand_in(course.root, WARMUP, [sample], built=course.root)
    scratch = tmp_path / "scratch"
    scratch.mkdir(mode=0o711)
    command = [sys.executable, "-m", "autograder", "grade", WARMUP, "--json"]
    places = {**environment(), "TMPDIR": str(scratch)}
    with subprocess.Popen(
        command, cwd=course.root, env=places, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        looked: dict[str, bytes] = {}

        def look() -> bool:  # until the launcher, the zygote and a submission have been seen
            looked.update(seen_of([process.pid, *below(process.pid)]))
            return len(looked) >= 2 * 4 or process.poll() is not None

        wait_for(look)
        said = b"".join(process.communicate(timeout=300))
    assert process.returncode == 0, said
    assert len(looked) >= 2 * 4, "the grader, the launcher, the zygote and the submission"
    kept = [p for top in (course.root, scratch) for p in top.rglob("*") if p.is_file() and p != course.state / "secret"]
    texts = [*looked.values(), said, *(p.read_bytes() for p in kept)]
    for word in (words[0].encode(), words[1], repr(words[1]).encode()):
        assert not any(word in text for text in texts)
    shown = (course.root / "autograded" / "ada" / WARMUP / f"{WARMUP}.ipynb").read_text()
    assert "False" in shown.partition("what-was-seen ")[2][:20], "the submission looked, and saw nothing"


def seen_of(pids: list[int]) -> dict[str, bytes]:
    """The command line and environment of each process, as far as it still lives."""
    found = {}
    for pid in pids:
        for name in ("cmdline", "environ"):
            try:
                found[f"{pid}/{name}"] = Path(f"/proc/{pid}/{name}").read_bytes()
            except OSError:
                continue
    return found
