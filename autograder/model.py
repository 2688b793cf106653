"""The frozen dataclasses that the stages pass to each other; this module imports nothing else of the package.

The grader sends a `Probe` into the sandbox and gets an `Observation` back. The judge makes a `Verdict` of it. The
gradebook, the JSON and the report are written from a `Result`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

OURS = "autograder"  # the key of the grader's own entries in an autograded notebook's metadata

SubmissionStatus = Literal["graded", "invalid", "crashed", "timed_out", "limit_exceeded", "grader_error"]
QuestionStatus = Literal["passed", "partial", "failed", "error", "timed_out", "missing", "needs_manual"]
JudgedBy = Literal["checks", "asserts", "hand"]
Counted = Literal["", "operators", "flops"]
PublicTests = Literal["", "passed", "failed"]

OTTER_IGNORED = "otter_ignore"  # Otter's tag for cells that no grader runs; this grader skips them too


# ---- an assignment, as the grader sees it ------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """One thing that is marked: a function judged by checks, a cell of asserts, or a written answer."""

    id: str  # the function's name; for other graded cells their grade_id
    grade_id: str  # of the graded cell; the gradebook's key
    max_score: float
    judged_by: JudgedBy
    solution_id: str | None = None  # grade_id of the cell with the student's code
    checks: tuple[str, ...] = ()  # the names in its calls of check(), which select the banks of checks


@dataclass(frozen=True)
class MasterCell:
    """One cell of the instructor's notebook, including its hidden regions."""

    kind: Literal["code", "markdown", "raw"]
    source: str
    cell_id: str  # nbformat 4.5 id
    metadata: Mapping[str, Any] = field(default_factory=dict)
    grade_id: str | None = None
    is_solution: bool = False  # the student's text replaces this cell's
    is_graded: bool = False
    visible: str = ""  # source without its hidden regions; runs in the student's process
    released: str | None = None  # the text that students got; None: `visible`, or `source` in a solution cell


@dataclass(frozen=True)
class MasterNotebook:
    """The instructor's notebook, into which the grader puts the student's solution cells."""

    name: str  # file name without .ipynb
    cells: tuple[MasterCell, ...]
    questions: tuple[Question, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Assignment:
    """All notebooks of one assignment. `digest` changes when anything but the points changes."""

    name: str
    notebooks: tuple[MasterNotebook, ...]
    digest: str = ""

    @property
    def max_score(self) -> float:
        return sum(q.max_score for nb in self.notebooks for q in nb.questions)


# ---- probes: plain steps that run in the student's process ------------------------------------------------


@dataclass(frozen=True)
class Ref:
    """Refers to a slot of the probe, or to an attribute or index below it ("x", "x.grad", "pair.0")."""

    path: str


@dataclass(frozen=True)
class Let:
    """slot `name` = `value`: a tensor, a numpy array or scalar, None, a bool, int, float or string, or lists, tuples
    and dicts of those. Keys of dicts are None, bools, ints, floats, strings or tuples of these."""

    name: str
    value: Any
    requires_grad: bool = False


@dataclass(frozen=True)
class Make:
    """slot `name` = an object that is not a plain value, made by the builder `kind` with `options`.

    `text` is the source of a module with a function `make(options, device)`. The judge copies it from the bank's
    builders, and the worker and the oracle both run it. The engine's own kinds ("generator", "rng_state") have no text.
    """

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Call:
    """slot `save` = target(*args, **kwargs).

    `target` is a name in the student's namespace ("softmax", "MultiHeadAttention") or a Ref to an object of this probe.

    `count` "operators": slot `save + ".ops"` gets the number of torch functions called, and `save + ".used"` the sorted
    words of `watch` that are part of the name of one of them. The judge fills `watch` from the bank's rules.
    `count` "flops": slot `save + ".flops"` gets the floating-point operations of torch's matrix products and
    convolutions.

    `catch` names a class of exceptions: one of them does not end the probe, and slot `save` gets the name instead. So a
    later step can look at what the function left behind on this way out.
    """

    target: str | Ref
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    save: str = "out"
    count: Counted = ""
    watch: tuple[str, ...] = ()
    catch: str = ""


@dataclass(frozen=True)
class Load:
    """Ref(target).load_state_dict(state): `state` has all parameters and nothing else; buffers do not change."""

    target: str
    state: Mapping[str, Any]


@dataclass(frozen=True)
class Get:
    """slot `save` = the value at `path`; with `sorted_names`, the sorted names of its named_parameters()."""

    path: str
    save: str
    sorted_names: bool = False


@dataclass(frozen=True)
class Backward:
    """Ref(path).backward(gradient)."""

    path: str
    gradient: Any


Step = Let | Make | Call | Load | Get | Backward


@dataclass(frozen=True)
class Probe:
    """The steps that a process runs for one check, and the slots whose plain values it returns."""

    steps: tuple[Step, ...]
    returns: tuple[str, ...] = ("out",)
    seed: int = 0
    device: str = "cpu"  # of the tensors in Let, Load and arguments: "cpu", "cuda" or "meta"
    about: str = ""  # describes the probe in messages: "a batch of 2, 3 queries and 5 keys"


# ---- observations: what a process returned, untrusted -----------------------------------------------------


@dataclass(frozen=True)
class Tensor:
    """A returned tensor or numpy array.

    `type_name` is "Tensor" for torch.Tensor itself, "ndarray" for numpy.ndarray itself, else the subclass's name.
    `data` is a torch.Tensor on the CPU, or None for the meta device.
    """

    type_name: str
    dtype: str  # "float32"
    device: str  # "cpu", "cuda", "meta"
    shape: tuple[int, ...]
    data: Any  # a plain torch.Tensor, or None
    requires_grad: bool = False


@dataclass(frozen=True)
class Opaque:
    """A returned object that is not a plain value; only the name of its type is known."""

    type_name: str


@dataclass(frozen=True)
class Failure:
    """An exception: its class name, its text, and the step (0-based) that raised it."""

    kind: str
    text: str
    step: int = 0
    bases: tuple[str, ...] = ()  # class names of its mro, so that a subclass of ValueError counts as ValueError
    unwritten: bool = False  # NotImplementedError: the student has not replaced the stub


ObservationStatus = Literal["returned", "raised", "timed_out", "died", "limit", "forged", "unasked"]


@dataclass(frozen=True)
class Observation:
    """The result of a probe: its values by slot, or a failure.

    A value is a Tensor, Opaque, numpy scalar, None, bool, int, float, str, or a list, tuple or dict of these.
    """

    status: ObservationStatus
    values: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None


# ---- verdicts and results ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Diagnosis:
    misconception: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """The judge's decision on one check: `points` of `max_points`. The inputs of a `public` check may be shown."""

    name: str
    passed: bool
    points: float
    message: str
    diagnosis: Diagnosis | None = None
    max_points: float = 0.0
    public: bool = False


@dataclass(frozen=True)
class QuestionResult:
    id: str
    grade_id: str
    notebook: str
    status: QuestionStatus
    score: float
    max_score: float
    judged_by: JudgedBy
    checks: tuple[Verdict, ...] = ()
    message: str = ""  # the reason, for asserts and for questions without a verdict
    public: PublicTests = ""  # result of the visible asserts of a question with checks, run in the student's process
    public_message: str = ""  # the message of the assert that failed


@dataclass(frozen=True)
class Seconds:
    total: float = 0.0
    cells: float = 0.0
    checks: float = 0.0


@dataclass(frozen=True)
class Result:
    """Everything the grader found out about one submission."""

    assignment: str
    student: str
    status: SubmissionStatus
    device: str
    tier: int
    layers: tuple[str, ...]
    flags: tuple[str, ...]
    questions: tuple[QuestionResult, ...]
    max_score: float
    reason: str = ""  # why the status is not "graded", for a TA to act on
    seconds: Seconds = field(default_factory=Seconds)

    @property
    def score(self) -> float:
        return sum(q.score for q in self.questions)
