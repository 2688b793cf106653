"""Classes of sample submissions, made from a course's own banks; and the demo."""
