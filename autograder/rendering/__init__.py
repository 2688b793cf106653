"""Untrusted text, markdown, pictures and outputs -> HTML that does nothing; before the records and the report."""
