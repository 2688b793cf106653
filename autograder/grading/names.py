"""Which names of folders can be students' ids; before all that reads submissions, and imports nothing heavy."""

from __future__ import annotations

import os

BAD_NAME = "the name of the folder is too long or no printable text, so no student's id: rename it"
MAX_NAME = 200  # bytes of a student's id: files are named by it, with an ending


def can_be_id(student: str) -> bool:
    """Whether it is printable text, which forms, pages and the gradebook give back as it is, and not too long."""
    return student.isprintable() and len(os.fsencode(student)) <= MAX_NAME
