"""Says which folder names can be students' ids; used before submissions are read, so it imports nothing large."""

from __future__ import annotations

import os

BAD_NAME = "the name of the folder is too long or no printable text, so no student's id: rename it"
MAX_NAME = 200  # bytes of a student's id: files are named <id>.<suffix>, and Linux allows 255


def can_be_id(student: str) -> bool:
    """Whether `student` is short and printable, so that forms, pages and the gradebook return it unchanged."""
    return student.isprintable() and len(os.fsencode(student)) <= MAX_NAME
