"""What grading has left in a course, so that two courses can be compared; for tests and the run under load."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

# Every table of nbgrader's gradebook, by the names of things in place of its random ids.
TABLES = {
    "student": "SELECT id, first_name, last_name, email, lms_user_id FROM student ORDER BY 1",
    "assignment": "SELECT name, duedate, course_id FROM assignment ORDER BY 1",
    "notebook": "SELECT n.name, a.name, n.kernelspec FROM notebook n JOIN assignment a ON a.id = n.assignment_id",
    "source_cell": "SELECT name, cell_type, locked, source, checksum FROM source_cell ORDER BY 1",
    "cell": "SELECT b.name, b.type, g.max_score, g.cell_type FROM base_cell b LEFT JOIN grade_cells g USING (id) "
    "ORDER BY 1, 2",
    "submission": "SELECT s.student_id, s.timestamp, s.extension FROM submitted_assignment s ORDER BY 1",
    "submitted_notebook": "SELECT s.student_id, n.flagged, n.late_submission_penalty FROM submitted_notebook n "
    "JOIN submitted_assignment s ON s.id = n.assignment_id ORDER BY 1",
    "grade": "SELECT s.student_id, b.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade "
    "FROM grade g JOIN base_cell b ON b.id = g.cell_id JOIN submitted_notebook n ON n.id = g.notebook_id "
    "JOIN submitted_assignment s ON s.id = n.assignment_id ORDER BY 1, 2",
    "comment": "SELECT s.student_id, b.name, c.auto_comment, c.manual_comment FROM comment c "
    "JOIN base_cell b ON b.id = c.cell_id JOIN submitted_notebook n ON n.id = c.notebook_id "
    "JOIN submitted_assignment s ON s.id = n.assignment_id ORDER BY 1, 2",
}


def rows(course: Path) -> dict[str, list[tuple[Any, ...]]]:
    with sqlite3.connect(course / "gradebook.db") as db:
        return {table: db.execute(query).fetchall() for table, query in TABLES.items()}


def notebooks(course: Path) -> dict[str, bytes]:
    folder = course / "autograded"
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
