"""A course directory: its settings, its secret, and the door to what the grader keeps there; first on the path."""

from __future__ import annotations

from autograder.course.directory import CONFIG, Course, find_course, read_course

__all__ = ["CONFIG", "Course", "find_course", "read_course"]
