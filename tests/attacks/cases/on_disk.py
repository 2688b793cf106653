"""What lies in the folder that was handed in: links, pipes, sizes and names; read by the grader before any sandbox."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.attacks.attack import Attack

NAME = "warmup.ipynb"
WRONG = "def softmax(x, dim=-1):\n    return torch.full((1,), 0.5)"


def link_file(folder: Path) -> None:
    (folder / NAME).unlink()
    (folder / NAME).symlink_to("/etc/passwd")


def link_neighbour(folder: Path) -> None:
    (folder / NAME).unlink()
    (folder / NAME).symlink_to(folder.parents[1] / "neighbour" / "warmup" / NAME)


def link_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.symlink_to(folder.parents[1] / "neighbour" / "warmup")


def link_beside(folder: Path) -> None:
    (folder / "notes.txt").symlink_to(folder.parents[2] / ".autograder" / "secret")
    (folder / "data").symlink_to(folder.parents[2], target_is_directory=True)


def pipe(folder: Path) -> None:
    (folder / NAME).unlink()
    os.mkfifo(folder / NAME)


def large(folder: Path) -> None:
    os.truncate(folder / NAME, 700 << 20)


def many(folder: Path) -> None:
    for number in range(5_000):
        (folder / f"data-{number}").touch()


def odd_names(folder: Path) -> None:
    for name in (b"\x1b[2J\n.py", b"\xff\xfe", b"a" * 255, b"..\\..\\gradebook.db", b"$(id);.py", b"-rf"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("CANARY in an odd file")


def other_name(folder: Path) -> None:
    (folder / NAME).rename(folder / "warm\x1b[2Jup\u202e.ipynb")


def torch_beside(folder: Path) -> None:
    (folder / "torch.py").write_text("raise SystemExit(0)")
    (folder / "torch").mkdir()
    (folder / "torch" / "__init__.py").write_text("raise SystemExit(0)")


def deep_folders(folder: Path) -> None:
    here = folder
    for _ in range(300):
        here = here / "a"
        here.mkdir()
    (here / "x.txt").write_text("x")


def settings(folder: Path) -> None:
    for name in ("nbgrader_config.py", "Jupyter_server_config.json", "ipython_kernel_config.py"):
        (folder / name).write_text("raise SystemExit(0)")


def repository(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("[core]\n\tfsmonitor = touch /tmp/was-here\n")


def disk(name: str, tries: str, expect: str, change: object, **more: object) -> Attack:
    return Attack(name, tries, expect, on_disk=change, **more)  # type: ignore[arg-type]


ATTACKS = (
    disk("link-to-system", "hands in a link to a system's file", "INVALID", link_file, said="is a link"),
    disk("link-to-neighbour", "hands in a link to another's notebook", "INVALID", link_neighbour, said="is a link"),
    disk("link-of-folder", "makes its whole folder a link to another's", "INVALID", link_folder, said="is a link"),
    disk("links-beside", "lays links to the course's secret and folder beside its notebook", "DENIED", link_beside,
         flags=("link",)),
    disk("pipe", "hands in a pipe, which nobody writes to", "INVALID", pipe, said="not a regular file"),
    disk("700-MiB", "hands in 700 MiB", "INVALID", large, said="the limit is 32"),
    disk("5000-files", "lays five thousand files beside its notebook", "DENIED", many, flags=("file_refused",)),
    disk("odd-file-names", "names files by control characters, commands and paths of another system", "DENIED",
         odd_names, flags=("file_refused",)),
    disk("control-in-name", "names its notebook by control characters", "INVALID", other_name, said="no file"),
    disk("torch-beside", "lays a torch.py beside its notebook", "FAIL", torch_beside, cells={"softmax": WRONG},
         flags=("shadows_module:torch",)),
    disk("settings-of-jupyter", "lays settings beside its notebook that Jupyter would run in the autograded folder",
         "DENIED", settings, flags=("settings_file",)),
    disk("repository", "lays a repository beside its notebook whose settings name a program for git to start", "DENIED",
         repository, flags=("settings_file",)),
    disk("folders-300-deep", "lays folders 300 deep beside its notebook", "DENIED", deep_folders,
         statuses=("graded",)),
)  # fmt: skip
