"""A course directory: its settings, its secret and its state folder; the first stage of the path."""

from __future__ import annotations

from autograder.course.directory import CONFIG, Course, find_course, read_course

__all__ = ["CONFIG", "Course", "find_course", "read_course"]
