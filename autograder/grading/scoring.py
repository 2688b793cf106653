"""Grades one submission: rebuilds it, runs it in the sandbox, calls the judge; between the pool and the records.

`Grader.grade` depends only on the submission's bytes, the assignment, the course's secret and the limits. Other
submissions, the number of workers and the order of grading do not change its result.
"""

from __future__ import annotations

import functools
import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from autograder.course.settings import INPUT_SETS
from autograder.errors import AutograderError, SubmissionError
from autograder.grading.executed import ExecutedCell, asserts_score, executed_notebook
from autograder.grading.record import Conditions, Judgement, digest_of_cells
from autograder.grading.submission import RebuiltCell, RebuiltNotebook, parse, rebuild
from autograder.grading.travel import Confinement, GradedSubmission, Opening, SubmittedWork, merge_files
from autograder.judging.banks import Banks
from autograder.judging.judge import judge_with
from autograder.judging.sets import InputSets
from autograder.model import (
    Assignment,
    MasterNotebook,
    Observation,
    PublicTests,
    Question,
    QuestionResult,
    QuestionStatus,
    Seconds,
    SubmissionStatus,
    Verdict,
)
from autograder.rendering.text import printable_line
from autograder.sandbox import asking
from autograder.sandbox.execution import CellRun, Execution
from autograder.sandbox.session import Sessions


@dataclass(frozen=True)
class _Part:
    """One notebook's share of a result."""

    judgement: Judgement
    text: str = ""
    comments: Mapping[str, str | None] = field(default_factory=dict)
    seconds_cells: float = 0.0
    seconds_checks: float = 0.0


@dataclass
class Grader:
    assignment: Assignment
    banks: Banks
    sandbox: Sessions
    secret: bytes
    device: str = "cpu"
    files: Mapping[str, bytes] = field(default_factory=dict)  # the assignment's; they replace the student's
    sets: int = INPUT_SETS

    def grade(self, handed_in: SubmittedWork) -> GradedSubmission:
        """Grades a submission. Does not raise: a faulty submission and an error in the grader each have a status."""
        began = time.monotonic()
        parts: dict[str, _Part] = {}
        for master in self.assignment.notebooks:
            parts[master.name] = self._grade_notebook(master, handed_in)
        seconds = Seconds(
            time.monotonic() - began,
            sum(p.seconds_cells for p in parts.values()),
            sum(p.seconds_checks for p in parts.values()),
        )
        return GradedSubmission(
            tuple(p.judgement for p in parts.values()),
            Conditions(self.sandbox.walls.tier, tuple(self.sandbox.walls.layers), seconds),
            {name: p.text for name, p in parts.items() if p.text},
            {name: p.comments for name, p in parts.items()},
        )

    def _grade_notebook(self, master: MasterNotebook, handed_in: SubmittedWork) -> _Part:
        data = handed_in.notebooks.get(master.name, SubmissionError(f"no file {master.name}.ipynb was handed in"))
        try:
            if isinstance(data, SubmissionError):
                raise data
            return self._run(master, rebuild(master, parse(data, f"{master.name}.ipynb")), handed_in)
        except SubmissionError as error:
            return self._refusal(master, handed_in, "invalid", str(error), error.flags)
        except AutograderError as error:
            return self._refusal(master, handed_in, "grader_error", str(error))
        except Exception as error:  # a grader error must cost no marks: a person looks at the submission
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
            return self._refusal(master, handed_in, "grader_error", text)

    @functools.cached_property
    def _opening(self) -> Opening:
        confinement = Confinement(self.sandbox.walls, self.sandbox.limits, (), ())
        root = self.banks.folder.parent
        return Opening(self.assignment, root, self.banks, self.secret, self.device, self.files, confinement, self.sets)

    @functools.cached_property
    def _input_sets(self) -> InputSets:
        return InputSets(self.banks, self.secret, self.assignment.name, self.sets, self.device)

    def _refusal(
        self,
        master: MasterNotebook,
        handed_in: SubmittedWork,
        status: SubmissionStatus,
        reason: str,
        flags: tuple[str, ...] = (),
    ) -> _Part:
        """The part for a notebook that cannot be judged: every question has status "error", for a person to check."""
        each: QuestionStatus = "error"
        questions = [
            QuestionResult(q.id, q.grade_id, master.name, each, 0.0, q.max_score, q.judged_by, (), reason)
            for q in master.questions
        ]
        # It still gets a notebook, so that the formgrader can show why there are no marks.
        cells = [RebuiltCell(c.kind, c.source, "", c, missing=True) for c in master.cells if status == "invalid"]
        judgement = self._judgement(master, handed_in, status, reason, flags, questions, cells)
        if status != "invalid":
            return _Part(judgement)
        return _Part(judgement, executed_notebook(master, [ExecutedCell(c, CellRun()) for c in cells], judgement))

    def _judgement(
        self,
        master: MasterNotebook,
        handed_in: SubmittedWork,
        status: SubmissionStatus,
        reason: str,
        flags: Iterable[str],
        questions: Iterable[QuestionResult],
        cells: Iterable[RebuiltCell],
    ) -> Judgement:
        return Judgement(
            self.assignment.name,
            handed_in.student,
            master.name,
            status,
            reason,
            tuple(sorted({*handed_in.flags, *flags})),
            tuple(questions),
            self._opening.inputs_of(master, handed_in),
            digest_of_cells({"cell_type": cell.kind, "source": cell.source} for cell in cells),
        )

    def _run(self, master: MasterNotebook, rebuilt: RebuiltNotebook, handed_in: SubmittedWork) -> _Part:
        code = [cell.run if cell.kind == "code" else "" for cell in rebuilt.cells]
        files = merge_files(handed_in, self.files)
        with Execution(self.sandbox, code, files) as execution:
            execution.run()
            began = time.monotonic()
            cells_before = execution.seconds_cells
            runs = dict(zip(rebuilt.cells, execution.cells, strict=True))
            judge = partial(self._judge, master, rebuilt, runs)
            judged = list(asking.judge_each(execution, master.questions, judge).values())
            execution.finish()
            again = execution.seconds_cells - cells_before  # cells that ran again after a probe ended the process
            checks = time.monotonic() - began - again
        flags = (*rebuilt.flags, *execution.flags, *_in_process(master))
        judgement = self._judgement(master, handed_in, *_status(execution), flags, judged, rebuilt.cells)
        text = executed_notebook(master, [ExecutedCell(c, runs[c]) for c in rebuilt.cells], judgement)
        return _Part(judgement, text, _comments(rebuilt), execution.seconds_cells, checks)

    # ---- questions ----------------------------------------------------------------------------------------

    def _judge(
        self,
        master: MasterNotebook,
        rebuilt: RebuiltNotebook,
        runs: Mapping[RebuiltCell, CellRun],
        question: Question,
        ask: asking.Prober,
    ) -> QuestionResult:
        graded = rebuilt.solution(question.grade_id)
        assert graded is not None  # rebuild restores every known cell
        if question.judged_by == "hand":
            return _by_hand(master, question, graded)
        if question.judged_by == "asserts":
            return _by_asserts(master, question, runs[graded])
        verdicts: list[Verdict] = []
        share = question.max_score / len(question.checks)
        for name in question.checks:
            self.banks.find(name)  # says where to put the bank, if there is none
            reference = self._input_sets.reference_for(name, rebuilt.code)
            verdicts += judge_with(reference, share, ask, rebuilt.code, root=name)
        score = question.max_score if all(v.passed for v in verdicts) else sum(v.points for v in verdicts)
        solution = rebuilt.solution(question.solution_id)
        status = _question_status(question, score, ask.seen, solution)
        message = "" if solution is None or solution not in runs else _cell_error(solution, runs[solution])
        return QuestionResult(
            question.id,
            question.grade_id,
            master.name,
            status,
            score,
            question.max_score,
            "checks",
            tuple(verdicts),
            message,
            *_public_outcome(graded, runs[graded]),
        )


def _question_status(
    question: Question, score: float, seen: list[Observation], solution: RebuiltCell | None
) -> QuestionStatus:
    if score >= question.max_score:
        return "passed"
    if score > 0:
        return "partial"
    if solution is not None and (solution.missing or solution.untouched):
        return "missing"
    if any(o.failure is not None and o.failure.unwritten for o in seen):
        return "missing"
    if any(o.status == "timed_out" for o in seen):
        return "timed_out"
    if seen and all(o.status != "returned" for o in seen):
        return "error"
    return "failed"


def _cell_error(cell: RebuiltCell, run: CellRun) -> str:
    """The error that a solution cell ended with, as the reason why a function is missing."""
    shown = _error(run)
    grade_id = "" if cell.master is None else cell.master.grade_id
    return f"the cell '{grade_id}' itself ended with {shown}" if shown else ""


def _public_outcome(cell: RebuiltCell, run: CellRun) -> tuple[PublicTests, str]:
    """The outcome of a test cell's visible asserts, for information only: student code could fake it."""
    if not cell.run.strip():
        return "", ""
    if run.trouble is not None:
        return "failed", "the cell did not end as it should: its time, its process or a limit ran out"
    return ("failed", _error(run)) if run.failed else ("passed", "")


def _error(run: CellRun) -> str:
    """The error that a cell ended with, in one line; empty if there was none."""
    for output in run.outputs:
        if output.get("output_type") == "error":
            name, text = str(output.get("ename"))[:100], str(output.get("evalue"))[:300]
            return printable_line(f"{name}: {text}", " ")
    return ""


def _by_hand(master: MasterNotebook, question: Question, cell: RebuiltCell) -> QuestionResult:
    empty = cell.missing or cell.untouched
    status: QuestionStatus = "missing" if empty else "needs_manual"
    message = "no response" if empty else "to be marked by hand"
    return QuestionResult(
        question.id, question.grade_id, master.name, status, 0.0, question.max_score, "hand", (), message
    )


def _by_asserts(master: MasterNotebook, question: Question, run: CellRun) -> QuestionResult:
    score = asserts_score(run, question.max_score)
    status: QuestionStatus = "passed" if score >= question.max_score else "partial" if score > 0 else "failed"
    if run.trouble == "timed_out" and score == 0:
        status = "timed_out"
    message = "judged by asserts that ran in the student's process"
    return QuestionResult(
        question.id, question.grade_id, master.name, status, score, question.max_score, "asserts", (), message
    )


def _comments(rebuilt: RebuiltNotebook) -> dict[str, str | None]:
    """The comments that nbgrader's SaveAutoGrades would write for the solution cells, by grade_id."""
    return {
        cell.master.grade_id: "No response." if cell.untouched else None
        for cell in rebuilt.cells
        if cell.master is not None and cell.master.is_solution and cell.master.grade_id is not None
    }


def _in_process(master: MasterNotebook) -> list[str]:
    return [f"judged_in_process:{q.grade_id}" for q in master.questions if q.judged_by == "asserts"]


def _status(execution: Execution) -> tuple[SubmissionStatus, str]:
    if not execution.troubles:
        return "graded", ""
    first = execution.troubles[0]
    reasons: dict[str, str] = {
        "timed_out": "a cell or a check did not end in time; what did not depend on it was graded",
        "crashed": "the student's code ended its process; what did not depend on it was graded",
        "limit_exceeded": "the student's code ran into a limit (memory, files, output); the rest was graded",
    }
    return first, reasons[first]
