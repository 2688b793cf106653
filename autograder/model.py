"""The frozen dataclasses that travel between the stages; first on the path, it imports nothing of ours.

A `Probe` goes into the sandbox, an `Observation` comes back, a `Verdict` is made of it, a `Result` is what
the gradebook, the JSON and the report are written from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

OURS = "autograder"  # the key of what is ours in an autograded notebook's metadata

SubmissionStatus = Literal["graded", "invalid", "crashed", "timed_out", "limit_exceeded", "grader_error"]
QuestionStatus = Literal["passed", "partial", "failed", "error", "timed_out", "missing", "needs_manual"]
JudgedBy = Literal["checks", "asserts", "hand"]
Counted = Literal["", "operators", "flops"]
PublicTests = Literal["", "passed", "failed"]

OTTER_IGNORED = "otter_ignore"  # Otter's tag for cells that no grader runs; it and this project's grader leave them out


# ---- an assignment, as the grader sees it ------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """One thing that is marked: a function judged by checks, a cell of asserts, or a written answer."""

    id: str  # the function's name; for other graded cells their grade_id
    grade_id: str  # of the graded cell: the gradebook's key
    max_score: float
    judged_by: JudgedBy
    solution_id: str | None = None  # grade_id of the cell with the student's code
    checks: tuple[str, ...] = ()  # names given to check(): whose bank judges it


@dataclass(frozen=True)
class MasterCell:
    """One cell of the instructor's notebook, with hidden regions in it."""

    kind: Literal["code", "markdown", "raw"]
    source: str
    cell_id: str  # nbformat 4.5 id
    metadata: Mapping[str, Any] = field(default_factory=dict)
    grade_id: str | None = None
    is_solution: bool = False  # the student's text belongs here
    is_graded: bool = False
    visible: str = ""  # what student code runs beside: source without its hidden regions
    released: str | None = None  # the text that students got; None: as `visible`, or as `source` in a solution cell


@dataclass(frozen=True)
class MasterNotebook:
    """The instructor's notebook that submissions are rebuilt on."""

    name: str  # file name without .ipynb
    cells: tuple[MasterCell, ...]
    questions: tuple[Question, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Assignment:
    """All notebooks of one assignment; `digest` changes when anything in them does, but for their points."""

    name: str
    notebooks: tuple[MasterNotebook, ...]
    digest: str = ""

    @property
    def max_score(self) -> float:
        return sum(q.max_score for nb in self.notebooks for q in nb.questions)


# ---- probes: plain steps that run beside the student's code -----------------------------------------------


@dataclass(frozen=True)
class Ref:
    """Stands for a slot of the probe, or a path of attributes and places below it ("x", "x.grad", "pair.0")."""

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
    """slot `name` = an object that no plain value can be, made by the worker's builder `kind` with `options`.

    `text` is a module with a function `make(options, device)`: it travels with the probe, and the oracle runs the same
    one. The judge puts it there, from the bank's builders; the engine's own kinds ("generator", "rng_state") have none.
    """

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Call:
    """slot `save` = target(*args, **kwargs).

    `target` is a name of the student's namespace ("softmax", "MultiHeadAttention") or a Ref to an object
    of this probe. With `count` "operators", slot `save + ".ops"` gets the number of torch functions called and
    `save + ".used"` those of the words in `watch` that stand in the name of one of them, sorted; with "flops", slot
    `save + ".flops"` gets the floating-point operations of the matrix products and convolutions that torch ran. The
    judge puts the words of the bank's rules into `watch`.
    """

    target: str | Ref
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    save: str = "out"
    count: Counted = ""
    watch: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """Ref(target).load_state_dict(state): `state` names all parameters and nothing else; buffers stay as they are."""

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
    """What one check asks of a process: steps, and the slots whose plain values come back."""

    steps: tuple[Step, ...]
    returns: tuple[str, ...] = ("out",)
    seed: int = 0
    device: str = "cpu"  # "cpu", "cuda" or "meta": where tensors of Let, Load and arguments are put
    about: str = ""  # what this probe is, for the message: "a batch of 2, 3 queries and 5 keys"


# ---- observations: what came back, untrusted --------------------------------------------------------------


@dataclass(frozen=True)
class Tensor:
    """A tensor or numpy array that came back: `type_name` is "Tensor" when it is exactly torch's, "ndarray" when it is
    exactly numpy's; `data` is a torch.Tensor on the CPU (None on the meta device)."""

    type_name: str
    dtype: str  # "float32"
    device: str  # "cpu", "cuda", "meta"
    shape: tuple[int, ...]
    data: Any  # a plain torch.Tensor, or None
    requires_grad: bool = False


@dataclass(frozen=True)
class Opaque:
    """An object that has no plain value; only its type's name came back."""

    type_name: str


@dataclass(frozen=True)
class Failure:
    """An exception: its class name, the text, and which step (0-based) raised it."""

    kind: str
    text: str
    step: int = 0
    bases: tuple[str, ...] = ()  # class names of its mro, so that a subclass of ValueError counts
    unwritten: bool = False  # NotImplementedError: the stub still stands


ObservationStatus = Literal["returned", "raised", "timed_out", "died", "limit", "forged", "unasked"]


@dataclass(frozen=True)
class Observation:
    """What a probe brought back: values (Tensor, Opaque, numpy scalars, None, bool, int, float, str, list, tuple, dict)
    by slot, or a failure."""

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
    """What the judge says of one check; `points` are those earned of `max_points`. A `public` check's inputs may be
    shown."""

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
    message: str = ""  # for asserts and for questions without a verdict: why
    public: PublicTests = ""  # how the visible asserts of a question with checks ended, in the student's process
    public_message: str = ""  # what they said


@dataclass(frozen=True)
class Seconds:
    total: float = 0.0
    cells: float = 0.0
    checks: float = 0.0


@dataclass(frozen=True)
class Result:
    """All that is known of one graded submission."""

    assignment: str
    student: str
    status: SubmissionStatus
    device: str
    tier: int
    layers: tuple[str, ...]
    flags: tuple[str, ...]
    questions: tuple[QuestionResult, ...]
    max_score: float
    reason: str = ""  # what a TA can act on, when the status is not "graded"
    seconds: Seconds = field(default_factory=Seconds)

    @property
    def score(self) -> float:
        return sum(q.score for q in self.questions)
