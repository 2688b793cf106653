"""Files that were handed in are read without following a link, and within their bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.errors import SubmissionError
from autograder.grading.submission import MAX_BYTES, read_bytes

NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """root/ with ada/work.ipynb in it, and a secret beside root/."""
    (tmp_path / "secret").write_text("the gradebook")
    (tmp_path / "root" / "ada").mkdir(parents=True)
    (tmp_path / "root" / "ada" / "work.ipynb").write_bytes(NOTEBOOK)
    return tmp_path / "root"


def refusal(root: Path, *parts: str) -> str:
    with pytest.raises(SubmissionError) as refused:
        read_bytes(root, *parts)
    return str(refused.value)


def test_a_plain_file_is_read_whole(folder: Path) -> None:
    assert read_bytes(folder, "ada", "work.ipynb") == NOTEBOOK


def test_a_link_to_a_file_is_refused(folder: Path) -> None:
    (folder / "ada" / "link.ipynb").symlink_to(folder.parent / "secret")
    assert refusal(folder, "ada", "link.ipynb") == "link.ipynb is a link; hand in the file itself"


def test_a_link_that_leads_nowhere_is_called_a_link(folder: Path) -> None:
    (folder / "ada" / "link.ipynb").symlink_to("nowhere")
    assert "is a link" in refusal(folder, "ada", "link.ipynb")


def test_a_folder_on_the_way_that_is_a_link_is_refused(folder: Path) -> None:
    (folder / "eve").symlink_to(folder / "ada")
    assert refusal(folder, "eve", "work.ipynb") == "eve is a link; hand in the file itself"


def test_a_link_above_the_root_is_the_instructors_own(folder: Path) -> None:
    (folder.parent / "course").symlink_to(folder)
    assert read_bytes(folder.parent / "course", "ada", "work.ipynb")


def test_a_fifo_is_refused_without_waiting_for_a_writer(folder: Path) -> None:
    os.mkfifo(folder / "ada" / "pipe.ipynb")
    assert refusal(folder, "ada", "pipe.ipynb") == "pipe.ipynb is not a regular file"


def test_a_folder_called_like_a_notebook_is_refused(folder: Path) -> None:
    (folder / "ada" / "folder.ipynb").mkdir()
    assert refusal(folder, "ada", "folder.ipynb") == "folder.ipynb is not a regular file"


def test_a_huge_file_is_refused_with_its_size(folder: Path) -> None:
    with open(folder / "ada" / "huge.ipynb", "wb") as stream:
        stream.truncate(700 << 20)  # sparse: takes no room
    assert refusal(folder, "ada", "huge.ipynb") == f"huge.ipynb has 700 MiB; the limit is {MAX_BYTES >> 20}"


def test_what_is_not_there_is_named(folder: Path) -> None:
    assert refusal(folder, "ada", "none.ipynb") == "no file none.ipynb was handed in"
    assert refusal(folder, "bob", "work.ipynb") == "no file work.ipynb was handed in"


def test_a_file_in_the_place_of_a_folder_is_named(folder: Path) -> None:
    (folder / "bob").write_text("")
    assert "cannot be read" in refusal(folder, "bob", "work.ipynb")


@pytest.mark.parametrize("part", ["", ".", "..", "../secret", "/etc/passwd", "a\0b"])
def test_a_part_that_leads_elsewhere_is_no_file_name(folder: Path, part: str) -> None:
    assert "is not a file name" in refusal(folder, part)


def test_control_characters_of_a_name_do_not_reach_the_message(folder: Path) -> None:
    name = "\x1b[2Jwork\n\u202e.ipynb"
    (folder / "ada" / name).symlink_to("nowhere")
    assert refusal(folder, "ada", name) == "?[2Jwork??.ipynb is a link; hand in the file itself"
