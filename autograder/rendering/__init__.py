"""Untrusted text, markdown, pictures and outputs -> HTML without active content; before the feedback and the report."""
