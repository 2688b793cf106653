"""Marks as the files that a school's system takes."""
