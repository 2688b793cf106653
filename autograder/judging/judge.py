"""Judges one question: runs the probes of its checks one at a time, compares and explains; called by the scoring.

Student code runs only inside `ask`, a function from a probe to its observation: usually a session of the sandbox, or
`observe` in the same process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from autograder.judging.check import Bank, Check
from autograder.judging.compare import Mismatch, clean, compare, mask_numbers
from autograder.judging.credit import credit_of, part_of
from autograder.judging.diagnosis import ProbeOutcome, diagnose, explains, grows
from autograder.judging.expected import Expectation, Reference, comparable, value_slots
from autograder.judging.readings import compare_readings, exceeded_budgets
from autograder.judging.rules import Violation, find_violation
from autograder.judging.symptoms import symptoms
from autograder.model import Backward, Call, Diagnosis, Failure, Get, Let, Load, Observation, Probe, Ref, Verdict
from autograder.rendering.text import points as as_points

Ask = Callable[[Probe], Observation]

LOST = {
    "timed_out": "the call did not come back within its time limit",
    "died": "the process running the notebook ended during the call",
    "limit": "the call used more memory, processes or output than is allowed",
    "forged": "a reply came back that is not the grader's own",
    "unasked": "it was not called again: earlier calls ended the process running the notebook, or did not come back",
}
MAX_POINTS_SHOWN = 12  # entries of a public input that are written out in a message


def judge_question(
    bank: Bank,
    max_score: float,
    ask: Ask,
    *,
    seed_of: Callable[[str], int],
    device: str = "cpu",
    source: str | Sequence[str] = "",
    root: str | None = None,
) -> tuple[Verdict, ...]:
    """A verdict for every check of `bank`, in the bank's order; the points add up to `max_score` if all pass.

    `seed_of` maps a check's name to its seed. `device` is "cpu", "cuda" or "cuda-tf32". `source` is the notebook's
    code, preferably one string per cell, because a string that does not parse is skipped as a whole. `root` is the
    name of the judged function in it, if it is not the bank's name. Raises AutograderError if the oracle fails, and
    whatever `ask` raises.
    """
    cells = [source] if isinstance(source, str) else source
    return judge_with(Reference(bank, seed_of, device), max_score, ask, cells, root=root or bank.name)


def judge_with(
    reference: Reference, max_score: float, ask: Ask, cells: Sequence[str], *, root: str
) -> tuple[Verdict, ...]:
    """As `judge_question`, with a given reference, so that certify can share its cache between implementations."""
    bank = reference.bank
    violation = find_violation(bank.rules, cells, root)
    if violation is not None:
        return _fail_all(bank, max_score, *_violation_message(violation))
    answers: list[ProbeOutcome] = []
    for answer in _outcomes(reference, ask, bank.checks):
        if not answers and (absent := _absence(bank, answer.observation)):
            return _fail_all(bank, max_score, absent, None)
        answers.append(answer)
    used = _forbidden_call(reference, answers)
    if used is not None:
        return _fail_all(bank, max_score, *used)
    return _verdicts(reference, max_score, answers)


def failures(
    reference: Reference, ask: Ask, cells: Sequence[str], *, root: str, checks: Sequence[Check]
) -> Iterator[Check]:
    """Yields those of `checks` that fail, each as soon as it is known, without a diagnosis.

    All together they are the failed verdicts of `judge_with`; certify stops at the first.
    """
    left = list(checks)
    if find_violation(reference.bank.rules, cells, root) is not None:
        yield from left
        return
    answers: list[ProbeOutcome] = []
    for answer in _outcomes(reference, ask, checks):
        if not answers and _absence(reference.bank, answer.observation):
            break
        answers.append(answer)
        if answer.mismatch is not None and answer.check in left:
            left.remove(answer.check)
            yield answer.check
    else:
        if _forbidden_call(reference, answers) is None:
            return
    yield from left


def _outcomes(reference: Reference, ask: Ask, checks: Sequence[Check]) -> Iterator[ProbeOutcome]:
    for check in checks:
        for index, probe in enumerate(reference.probes(check)):
            seen = comparable(check, ask(probe))
            yield ProbeOutcome(check, index, seen, _compare(check, probe, reference.expectation(check, index), seen))


def _verdicts(reference: Reference, max_score: float, answers: Sequence[ProbeOutcome]) -> tuple[Verdict, ...]:
    diagnosis = diagnose(reference, answers)
    seen = symptoms(reference, answers)
    verdicts = []
    for check, points in zip(reference.bank.checks, reference.bank.points(max_score), strict=True):
        own = [answer for answer in answers if answer.check is check]
        wrong = min((a.mismatch for a in own if a.mismatch is not None), key=lambda one: one.fraction, default=None)
        if wrong is None:
            verdicts.append(Verdict(check.name, True, points, "", None, points, check.public))
            continue
        known = diagnosis if diagnosis is not None and explains(reference, diagnosis, own) else seen.get(check.name)
        message = f"{check.about} {_sentence(wrong.message)}"
        earned = part_of(points, wrong.fraction, max_score)
        if earned:
            message += f" That is worth {as_points(earned)} of {as_points(points)} points."
        verdicts.append(Verdict(check.name, False, earned, message, known, points, check.public))
    return tuple(verdicts)


def _fail_all(bank: Bank, max_score: float, message: str, diagnosis: Diagnosis | None) -> tuple[Verdict, ...]:
    shares = zip(bank.checks, bank.points(max_score), strict=True)
    return tuple(Verdict(check.name, False, 0.0, message, diagnosis, points, check.public) for check, points in shares)


def _sentence(text: str) -> str:
    if text.split(" ")[0].isalpha():  # a call such as `softmax(x)` keeps its spelling
        text = text[:1].upper() + text[1:]
    return text + ("" if text.endswith((".", "…")) else ".")


# ---- reasons that hold for the whole question --------------------------------------------------------------


def _violation_message(violation: Violation) -> tuple[str, Diagnosis]:
    rule = violation.rule
    message = f"{rule.text} Found {violation.used} in line {violation.line} of a cell: {violation.text}"
    return message, Diagnosis(rule.name, rule.text)


def _forbidden_call(reference: Reference, answers: Sequence[ProbeOutcome]) -> tuple[str, Diagnosis] | None:
    """Message and diagnosis if a counted call used a function that a rule forbids, else None."""
    watched = {word: rule for rule in reversed(reference.bank.rules) for word in rule.watches}
    for answer in answers:
        for name in reference.probes(answer.check)[answer.index].returns:
            found = answer.observation.values.get(name) if name.endswith(".used") else None
            used = [w for w in found if type(w) is str and w in watched] if type(found) is list else []
            if used:
                rule = watched[used[0]]
                seen = ", ".join(word for word in used if watched[word] is rule)
                return f"{rule.text} While running, {seen} was called.", Diagnosis(rule.name, rule.text)
    return None


def _absence(bank: Bank, observation: Observation) -> str | None:
    """Why the function cannot be judged at all, from the observation of the first probe; None if it can."""
    failure = observation.failure
    if failure is None:
        return None
    if failure.kind == "NameError" and failure.text == f"name '{bank.name}' is not defined":
        return (
            f"{bank.name} is not defined after the notebook ran. If its cell stopped with an error, that error stands "
            "below the cell; if it was renamed or deleted, give it its name back."
        )
    if failure.unwritten:
        other = clean(failure.text, 60)
        if other.isidentifier() and other != bank.name:
            return f"{bank.name} calls {other}, which is not written yet: it raises NotImplementedError."
        return f"{bank.name} is not written yet: it raises NotImplementedError."
    return None


# ---- one observation -----------------------------------------------------------------------------------------


def _compare(check: Check, probe: Probe, wanted: Expectation, seen: Observation) -> Mismatch | None:
    expected = wanted.observation
    if seen.status == "raised":
        return _compare_failures(check, probe, expected.failure, seen.failure)
    if seen.status != "returned":
        return Mismatch("lost", LOST.get(seen.status, LOST["forged"]))
    if expected.failure is not None:
        where = _call(check, probe, expected.failure.step)
        return Mismatch("raised", f"{where} should raise {expected.failure.kind}, but returned")
    if check.credit is not None:
        earned = credit_of(check.credit, seen)
        return None if earned.fraction == 1.0 else Mismatch("credit", earned.message, fraction=earned.fraction)
    if check.reading is not None:
        wrong = compare_readings(check.reading, probe, seen, expected)
        return wrong or _compare_counts(check, probe, seen)
    for name in value_slots(probe):
        if name not in seen.values:
            return Mismatch("missing", f"{_origin(check, probe, name)}: nothing came back")
        allowed = wanted.allowed[name]
        if compare(seen.values[name], expected.values[name], allowed) is None:
            continue
        if name in wanted.inputs:  # do not show values: this is a hidden input
            return Mismatch("input", f"the function changed its argument {name!r}")
        return compare(seen.values[name], expected.values[name], allowed, _origin(check, probe, name))
    return _compare_counts(check, probe, seen)


def _compare_failures(check: Check, probe: Probe, expected: Failure | None, seen: Failure | None) -> Mismatch | None:
    if seen is None:
        return Mismatch("lost", LOST["forged"])
    if expected is not None and (seen.kind == expected.kind or expected.kind in seen.bases):
        if seen.step == expected.step:
            return None
        raised = f"{clean(seen.kind, 60)} too early or too late"
    else:
        raised = f"{clean(seen.kind, 60)}: {mask_numbers(seen.text)}".removesuffix(": ")
    return Mismatch("raised", f"{_call(check, probe, seen.step)} raised {raised}")


def _compare_counts(check: Check, probe: Probe, seen: Observation) -> Mismatch | None:
    for name, most in exceeded_budgets(check, probe, seen).items():
        cost, where = seen.values.get(name), _origin(check, probe, name.removesuffix(".flops"))
        number = f"{cost:,}" if type(cost) is int and abs(cost) < 10**15 else "an unknown number of"
        return Mismatch("operators", f"{where} cost {number} floating-point operations; {most:,} are enough")
    if not check.steady or not grows(probe, seen):
        return None
    counts = [seen.values.get(name) for name in probe.returns if name.endswith(".ops")]
    numbers = [str(count) if type(count) is int and abs(count) < 10**9 else "?" for count in counts]
    return Mismatch("operators", f"from short to long inputs torch ran {', then '.join(numbers)} operators")


# ---- descriptions of steps: shapes and plain arguments, never a hidden value ---------------------------------


def _origin(check: Check, probe: Probe, slot: str) -> str:
    """The call or value behind a slot, as a student would write it: "softmax(float32 (3, 5), dim=0)"."""
    for number, step in enumerate(probe.steps):
        if isinstance(step, Call | Get) and step.save == slot:
            return _call(check, probe, number)
    if slot.endswith(".grad"):
        return f"the gradient of {slot.removesuffix('.grad')}"
    return repr(slot)


def _call(check: Check, probe: Probe, number: int) -> str:
    step = probe.steps[number] if 0 <= number < len(probe.steps) else None
    match step:
        case Call(target, args, kwargs):
            name = target.path if isinstance(target, Ref) else target
            given = [_word(check, probe, value) for value in args]
            named = [f"{key}={_word(check, probe, value)}" for key, value in kwargs.items()]
            return f"{name}({', '.join(given + named)})"
        case Get(path):
            root, *rest = path.split(".")
            return _origin(check, probe, root) + "".join(f"[{p}]" if p.isdigit() else f".{p}" for p in rest)
        case Load(target):
            return f"loading the weights into {target!r}"
        case Backward(path):
            return f"the backward pass from {path!r}"
    return "a step of the check"


def _word(check: Check, probe: Probe, value: object) -> str:
    match value:
        case Ref(path):
            values = [step.value for step in probe.steps if isinstance(step, Let) and step.name == path]
            return _word(check, probe, values[0]) if values else path
        case torch.Tensor() | np.ndarray():
            if check.public and math.prod(value.shape) <= MAX_POINTS_SHOWN:
                return str(value.tolist())
            kind = str(value.dtype).removeprefix("torch.")
            return f"{kind} {tuple(value.shape)}"
        case str():
            return clean(value, 60)
        case list() | tuple() | dict():
            return f"a {type(value).__name__} of {len(value)}"
    return str(value).removeprefix("torch.")
