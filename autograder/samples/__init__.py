"""Classes of sample submissions, made of a course's own banks; and the demo."""
