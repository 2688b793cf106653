"""Exports marks as files that a school's system can import."""
