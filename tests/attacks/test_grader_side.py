"""Attacks on the grader's own process: what it reads, parses, writes and shows; no student code runs here unwalled."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course import find_course, read_course
from autograder.grading.submitted import read_submitted
from autograder.grading.travel import SubmittedWork, merge_files
from autograder.sandbox.walls import survey
from tests.attacks.attack import Attack
from tests.attacks.cases import ON_DISK
from tests.attacks.cases.grader_side import BY_NAME
from tests.attacks.ground import HONEST, NAME, Range, faults, open_range
from tests.matrix import mostly_matrix

MEMORY_MIB = 1024  # for a piece of the grader that reads one submission
SECONDS = 20


def open_in(name: str) -> pytest.MarkDecorator:
    """The mark of a claim that does not hold; none while it does."""
    claim = BY_NAME[name]
    reason = claim.hole or claim.left
    return pytest.mark.xfail(bool(reason), strict=True, reason=reason, raises=AssertionError)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    with open_range(tmp_path_factory.mktemp("grader"), survey.choose(None).tier) as opened:
        yield opened


@pytest.mark.parametrize("attack", ON_DISK, ids=lambda attack: attack.name)
def test_on_disk(place: Range, attack: Attack) -> None:
    folder = place.course / "submitted" / "eve" / NAME
    folder.mkdir(parents=True)
    try:
        (folder / f"{NAME}.ipynb").write_bytes(place.notebook(attack))
        assert attack.on_disk is not None
        attack.on_disk(folder)
        before = {path: found for path, found in place.digests().items() if "/eve/" not in path}
        graded = place.grader.grade(read_submitted(read_course(place.course), NAME, "eve", [NAME]).handed_in)
        after = {path: found for path, found in place.digests().items() if "/eve/" not in path}
    finally:
        folder.unlink() if folder.is_symlink() else None
        shutil.rmtree(place.course / "submitted" / "eve")
    assert faults(attack, graded) == []
    assert before == after
    assert faults(HONEST, place.grade(HONEST)) == []


# ---- the source as the judge reads it ----------------------------------------------------------------------


def bounded(program: str) -> subprocess.CompletedProcess[str]:
    """Runs a piece of the grader with the memory and time that one submission may cost it."""
    prelude = (
        f"import resource\nresource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))\nimport torch\n"
        f"size = int(open('/proc/self/statm').read().split()[0]) * 4096 + ({MEMORY_MIB} << 20)\n"
        "resource.setrlimit(resource.RLIMIT_AS, (size, size))\n"
    )
    argv = [sys.executable, "-c", prelude + textwrap.dedent(program)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


@open_in("multiplying-aliases")
def test_aliases_cannot_multiply() -> None:
    """a = a.b0; a = a.b1; ...: each line may double what `a` may stand for."""
    done = bounded("""
        from autograder.judging.rules import Rule, find_violation
        lines = "import torch.nn as a\\n" + "".join(f"a = a.b{n}\\n" for n in range(40))
        find_violation([Rule("r", "t", ("torch.q*",))], [lines, "def f(x):\\n    return a.c(x)"], "f")
        print("done")
    """)
    assert done.stdout == "done\n", done.stderr[-300:]


SOURCES = {
    "attributes": '"a" + ".b" * 300_000', "calls": '"a" + "()" * 300_000', "sums": '"1" + "+1" * 300_000',
    "negations": '"-" * 300_000 + "1"', "brackets": '"(" * 300_000', "texts": "\"'a' \" * 150_000",
    "elifs": '"if a: pass\\n" + "elif b: pass\\n" * 60_000', "decorators": '"@a\\n" * 200_000 + "def f(): pass"',
    "assignments": '"x=" * 300_000 + "1"', "names": '"".join(f"x{n} = F\\n" for n in range(60_000))',
    "exec": '"exec(" * 90 + "\'1\'" + ")" * 90', "nulls": '"a\\0b" * 1000', "one long name": '"a" * 900_000',
    "escapes": '"x = \'" + "\\\\N{DIGIT ONE}" * 50_000 + "\'"', "magics": '"%%time\\n" * 100_000',
}  # fmt: skip


@pytest.mark.parametrize("kind", mostly_matrix(SOURCES, keep=("attributes", "elifs", "exec", "nulls")))
def test_no_source_breaks_its_reader(kind: str) -> None:
    """The syntax tree of a submission is made in the grader's process, where a crash of the parser would end all."""
    done = bounded(f"""
        import threading
        from autograder.judging.rules import Rule, find_violation
        def read():
            find_violation([Rule("r", "t", ("torch.q*",))], [{SOURCES[kind]}, "def f(x):\\n    return F.c(x)"], "f")
            print("done")
        thread = threading.Thread(target=read)  # as in the pool
        thread.start()
        thread.join()
    """)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-300:]


# ---- frames and notebooks that are small on disk and large in memory ---------------------------------------

FLOODS = {"objects": b"{}", "lists": b"[]", "numbers": b"1", "texts": b'""'}


@open_in("frame-of-objects")
def test_a_frame_cannot_fill_the_graders_memory() -> None:
    done = bounded("""
        import json, socket, threading
        from autograder.sandbox import frames
        ours, theirs = socket.socketpair()
        text = b'{"outputs": [' + b"{}," * (21 << 20) + b"{}]}"
        sent = frames.LENGTHS.pack(len(text), 0) + text
        threading.Thread(target=theirs.sendall, args=(sent,), daemon=True).start()
        try:
            frames.receive(ours)
        except frames.WireError:
            pass
        print("done")
    """)
    assert done.stdout == "done\n", done.stderr[-300:]


@pytest.mark.parametrize("kind", mostly_matrix(FLOODS, keep=("lists",)))
def test_a_notebook_cannot_fill_the_graders_memory(kind: str) -> None:
    done = bounded(f"""
        from autograder.errors import SubmissionError
        from autograder.grading.submission import MAX_BYTES, parse
        one = {FLOODS[kind]!r} + b","
        start, end = b'{{"nbformat": 4, "cells": [], "metadata": {{"a": [', b'1]}}}}'
        data = start + one * ((MAX_BYTES - len(start + end)) // len(one)) + end
        try:
            parse(data, "x.ipynb")
        except SubmissionError:
            pass
        print("done")
    """)
    assert done.stdout == "done\n", done.stderr[-300:]


# ---- paths and settings ------------------------------------------------------------------------------------


@open_in("paths-beside")
@pytest.mark.parametrize("path", ["../gradebook.db", "/tmp/x", "//tmp/x", "a/../../x", "a/\0", "..", "."])
def test_no_file_beside_a_notebook_leads_out(path: str) -> None:
    assert merge_files(SubmittedWork("eve", {}, {path: b"x"}), {}) == {}


COURSE = 'c = get_config()\nc.CourseDirectory.course_id = "{}"\n'


@open_in("settings-beside")
@pytest.mark.parametrize("kept_in", ["submitted", "autograded", "feedback", "handed_in"])
def test_settings_of_a_submission_are_not_run(tmp_path: Path, kept_in: str) -> None:
    """A TA who stands in a submitted folder grades by the course's settings, not by a file that was handed in. The
    planted file is as harmless as it can be: it names a course."""
    elsewhere = "" if kept_in != "handed_in" else "c.CourseDirectory.submitted_directory = 'handed_in'\n"
    (tmp_path / "nbgrader_config.py").write_text(COURSE.format("ours") + elsewhere)
    folder = tmp_path / kept_in / "mallory" / NAME
    folder.mkdir(parents=True)
    for planted in (folder, folder.parent):
        (planted / "nbgrader_config.py").write_text(COURSE.format("mallory"))
    assert find_course(folder).config.CourseDirectory.course_id == "ours"


def test_a_course_within_another_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "build" / "demo"
    (inner / "submitted" / "ada").mkdir(parents=True)
    for course, name in ((tmp_path, "outer"), (inner, "inner")):
        (course / "nbgrader_config.py").write_text(COURSE.format(name))
    assert find_course(inner / "submitted" / "ada").config.CourseDirectory.course_id == "inner"


# ---- feedback as a way out for hidden inputs ----------------------------------------------------------------

TELLS = "def softmax(x, dim=-1):\n    raise ValueError({})"


def messages(place: Range, text: str) -> str:
    result = place.grade(Attack("tells", "", "FAIL", cells={"softmax": TELLS.format(text)})).result
    return " ".join(v.message for q in result.questions if q.id == "softmax" for v in q.checks)


@pytest.mark.parametrize("text", ["str(x.tolist())", "repr(x)", "'%.9e' % float(x.reshape(-1)[0])",
                                  "' '.join(f'{v:.3f}' for v in x.reshape(-1).tolist())"])  # fmt: skip
def test_messages_show_no_decimals_of_a_hidden_input(place: Range, text: str) -> None:
    told = messages(place, text)
    assert "ValueError" in told
    assert not re.search(r"\d\.\d|\de[-+]\d", told.replace("0.0", "")), told


@open_in("letters-in-messages")
def test_messages_show_no_hidden_input_in_other_letters(place: Range) -> None:
    letters = "''.join(chr(97 + int(c)) for c in f'{abs(float(x.reshape(-1)[0])):.6f}' if c.isdigit())"
    told = messages(place, letters)
    assert not re.search(r"ValueError: [a-j]{7}\b", told), told
