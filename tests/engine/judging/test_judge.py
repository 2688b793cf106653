"""The judge on a small bank: verdicts, messages, diagnosis; with hostile and lost answers."""

from dataclasses import replace

import pytest
import torch

from autograder.errors import AutograderError
from autograder.judging.check import Misconception
from autograder.judging.draw import derive_seed
from autograder.judging.judge import judge_question
from autograder.judging.rules import Rule
from autograder.judging.symptoms import TEXTS
from autograder.model import Call, Failure, Observation, Opaque, Probe
from autograder.sandbox.inside.probing import observe
from tests.engine.banks import find_bank
from tests.engine.judging.test_bank import DOUBLE, double, edit, halve, no_error


def judge(implementation, bank=DOUBLE, max_score=6.0, ask=None, **options):
    answer = ask or (lambda probe: observe(probe, {"double": implementation}))
    return judge_question(
        bank, max_score, answer, seed_of=lambda check: derive_seed(b"s", "ada", "a", check), **options
    )


def wrong(verdicts):
    return {verdict.name: verdict.message for verdict in verdicts if not verdict.passed}


def test_a_right_function_gets_everything():
    verdicts = judge(double)
    assert [v.name for v in verdicts] == ["values", "refusal", "gradient"]
    assert all(v.passed and v.message == "" and v.diagnosis is None for v in verdicts)
    assert sum(v.points for v in verdicts) == 6.0


def test_two_runs_say_the_same():
    assert judge(halve) == judge(halve)


def test_a_wrong_value_says_where_and_how_far():
    message = wrong(judge(lambda x, times=2: double(x, times) + 1))["values"]
    assert message.startswith("Twice x. double(float32 (2, 3)): 6 of 6 values are wrong")
    assert "at [0, 0] received" in message


def test_only_wrong_checks_lose_points():
    verdicts = judge(no_error)
    assert [v.passed for v in verdicts] == [True, False, True]
    assert [v.points for v in verdicts] == [2.0, 0.0, 3.0]
    assert "should raise ValueError, but returned" in verdicts[1].message


def test_an_edited_input_is_named_without_its_values():
    message = wrong(judge(edit))["values"]
    assert message == "Twice x. The function changed its argument 'x'."


def test_a_subclass_of_the_right_error_is_right_and_another_is_not():
    class Mine(ValueError):
        pass

    def raises(error):
        def function(x, times=2):
            if times < 1:
                raise error
            return times * x

        return function

    assert wrong(judge(raises(Mine()))) == {}
    assert "raised AssertionError" in wrong(judge(raises(AssertionError("no"))))["refusal"]


def test_an_input_edited_within_the_tolerance_is_edited():
    def nudge(x, times=2):
        if times > 0 and not x.requires_grad:
            x[0] += 5e-4  # entries are near 3000, where two float32 stand 2.4e-4 apart; the tolerance is 1.4e-3
        return double(x, times)

    assert "changed its argument" in wrong(judge(nudge))["values"]


def test_the_right_error_must_come_from_the_right_step():
    steps = (Call("double", (torch.ones(3),)), Call("double", (torch.ones(3),), {"times": 0}, save="refused"))
    late = replace(DOUBLE.checks[1], probes=lambda draw: [Probe(steps)])

    def always(x, times=2):
        raise ValueError("always")

    message = wrong(judge(always, replace(DOUBLE, checks=(late,))))["refusal"]
    assert "raised ValueError too early or too late" in message


def test_an_error_message_cannot_carry_hidden_inputs_out():
    def leak(x, times=2):
        raise RuntimeError(str(x.tolist()))

    seen = []

    def ask(probe):
        seen.extend(t for step in probe.steps if isinstance(t := getattr(step, "value", None), torch.Tensor))
        return observe(probe, {"double": leak})

    messages = " ".join(wrong(judge(leak, ask=ask)).values())
    assert seen
    for number in torch.cat([t.flatten() for t in seen]).tolist():
        assert f"{number:.4f}"[:6] not in messages


def test_probes_carry_no_seed_and_nothing_expected():
    def ask(probe):
        assert probe.seed == 0
        assert not any(torch.float64 == getattr(getattr(step, "value", None), "dtype", None) for step in probe.steps)
        return observe(probe, {"double": double})

    assert wrong(judge(double, ask=ask)) == {}


@pytest.mark.parametrize(
    ("status", "words"),
    [("timed_out", "time limit"), ("died", "process"), ("limit", "more memory"), ("forged", "not the grader's own")],
)
def test_a_lost_answer_fails_its_check_and_says_why(status, words):
    calls = []

    def ask(probe):
        calls.append(probe)
        return Observation(status) if len(calls) == 1 else observe(probe, {"double": double})

    assert list(wrong(judge(double, ask=ask))) == ["values"]
    calls.clear()
    assert words in wrong(judge(double, ask=ask))["values"]


def test_an_unwritten_function_is_said_once_for_all():
    def stub(x, times=2):
        raise NotImplementedError("double")

    messages = set(wrong(judge(stub)).values())
    assert messages == {"double is not written yet: it raises NotImplementedError."}


def test_a_part_that_is_unwritten_costs_its_check_only():
    def half_written(x, times=2):
        if times < 1:
            raise NotImplementedError("the error")
        return times * x

    assert list(wrong(judge(half_written))) == ["refusal"]


def test_an_unwritten_function_that_is_called_is_named():
    def calls_a_stub(x, times=2):
        raise NotImplementedError("softmax")

    messages = set(wrong(judge(calls_a_stub)).values())
    assert messages == {"double calls softmax, which is not written yet: it raises NotImplementedError."}


def test_a_missing_function_is_said_once_for_all():
    messages = set(wrong(judge(None, ask=lambda probe: observe(probe, {}))).values())
    assert len(messages) == 1
    assert messages.pop().startswith("double is not defined")


HOSTILE = [
    Observation("returned", {}),
    Observation("returned", {"out": Opaque("x" * 10**6), "x": None}),
    Observation("returned", {"out": [[[[]]]], "x": float("nan"), "x.grad": "grad"}),
    Observation("raised", failure=None),
    Observation("raised", failure=Failure("\x1b[2J" * 999, "\u202e<script>" * 999, step=10**9, bases=())),
    Observation("raised", failure=Failure("NameError", "name 'double' is not defined " * 99, step=-5)),
    Observation("surprise"),
]


@pytest.mark.parametrize("observation", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_answers_fail_in_plain_words(observation):
    verdicts = judge(None, ask=lambda probe: observation)
    assert not any(v.passed for v in verdicts)
    assert all(v.message.isprintable() and len(v.message) < 500 for v in verdicts)
    assert {v.diagnosis.text for v in verdicts if v.diagnosis} <= set(TEXTS.values())


# ---- rules -----------------------------------------------------------------------------------------------------

RULE = Rule("halve", "Not by torch's own.", ("torch.mul",))
RULED = replace(DOUBLE, rules=(RULE,))


def test_a_forbidden_name_fails_every_check_and_says_where():
    source = "import torch\ndef double(x, times=2):\n    return torch.mul(x, times)"
    verdicts = judge(double, RULED, source=source)
    assert len(wrong(verdicts)) == 3
    message = "Not by torch's own. Found torch.mul in line 3 of a cell: return torch.mul(x, times)"
    assert {v.message for v in verdicts} == {message}
    assert verdicts[0].diagnosis.misconception == "halve"


def counted(bank):
    """The bank, whose first check counts the calls of torch."""

    def probes(draw):
        call = Call("double", (draw.normal(3),), count="operators")
        return [Probe((call,), ("out", "out.ops", "out.used"))]

    return replace(bank, checks=(replace(DOUBLE.checks[0], probes=probes), *DOUBLE.checks[1:]))


ATTENTION = Rule("own_attention", "Not with torch's own attention.", ("*.attention",), watches=("scaled_dot_product",))
PRODUCT = Rule("own_product", "Not with a product of matrices.", ("*.matmul",), watches=("matmul", "mm"))


def with_attention(x, times=2):
    """Right, and uses torch's attention on the way."""
    if times < 1:
        raise ValueError("times")
    one = torch.ones(1, 1)
    return times * x * torch.nn.functional.scaled_dot_product_attention(one, one, one).item()


def test_of_two_rules_the_one_that_was_broken_while_running_is_named():
    for rules in ((ATTENTION, PRODUCT), (PRODUCT, ATTENTION)):
        verdicts = judge(with_attention, counted(replace(DOUBLE, rules=rules)))
        message = "Not with torch's own attention. While running, scaled_dot_product was called."
        assert set(wrong(verdicts).values()) == {message}
        assert {v.diagnosis.misconception for v in verdicts} == {"own_attention"}


def test_a_rule_about_other_things_does_not_fail_a_right_function_that_uses_attention():
    assert wrong(judge(with_attention, counted(replace(DOUBLE, rules=(PRODUCT,))))) == {}
    assert wrong(judge(with_attention, counted(RULED))) == {}, "a rule that watches nothing is of names alone"


def test_a_word_that_no_rule_watches_is_no_broken_rule():
    """What a process says it has used is untrusted."""

    def ask(probe):
        seen = observe(probe, {"double": double})
        return replace(seen, values={**seen.values, "out.used": ["softmax", 3, ["mm"]]} if seen.values else {})

    assert wrong(judge(double, counted(replace(DOUBLE, rules=(ATTENTION,))), ask=ask)) == {}


def test_of_two_rules_the_one_that_is_broken_in_the_text_is_named():
    source = "import torch\ndef double(x, times=2):\n    return torch.mul(x, times)"
    verdicts = judge(double, replace(DOUBLE, rules=(ATTENTION, RULE)), source=source)
    assert {v.diagnosis.misconception for v in verdicts} == {"halve"}


# ---- diagnosis -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [halve, edit, no_error])
def test_a_known_mistake_is_named_on_every_failed_check(function):
    failed = [v for v in judge(lambda x, times=2: function(x, times)) if not v.passed]
    assert failed
    assert {v.diagnosis.misconception for v in failed} == {function.__name__}


def test_nothing_is_named_when_two_mistakes_look_alike():
    twin = Misconception("twin", "The same again.", halve)
    bank = replace(DOUBLE, misconceptions=(*DOUBLE.misconceptions, twin))
    assert all(v.diagnosis is None for v in judge(halve, bank))


def test_nothing_is_named_for_two_mistakes_at_once():
    def both(x, times=2):
        x /= times
        return x

    assert {v.diagnosis and v.diagnosis.misconception for v in judge(both) if not v.passed} == {None}


def test_nothing_is_named_when_a_passed_check_disagrees():
    def halve_but_refuse(x, times=2):
        if times < 1:
            raise ValueError
        return x / times

    verdicts = judge(halve_but_refuse)
    assert [v.passed for v in verdicts] == [False, True, False]
    assert all(v.diagnosis is None for v in verdicts)


GOLDEN_SEED = 7982370955279774133  # seeds must never change: marks would change with them


def test_of_two_mistakes_each_check_names_its_own():
    def detached_loop(x, dim=-1):
        rows = x.detach().movedim(dim, -1)
        flat = [row.softmax(0) for row in rows.reshape(-1, rows.shape[-1])]
        return torch.stack(flat).reshape(rows.shape).movedim(-1, dim)

    bank = find_bank("softmax")
    verdicts = judge_question(
        bank, 1.0, lambda probe: observe(probe, {"softmax": detached_loop}), seed_of=lambda check: 1
    )
    assert list(wrong(verdicts)) == ["gradients", "no loops"]
    named = [v.diagnosis.misconception for v in verdicts if v.diagnosis]
    assert named == ["detached", "grows_with_the_inputs"]


# ---- our own faults --------------------------------------------------------------------------------------------


def test_a_broken_oracle_is_our_error_and_never_a_verdict():
    def broken(x, times=2):
        raise TypeError("oracle")

    with pytest.raises(AutograderError, match="oracle of double broke on check 'values'"):
        judge(double, replace(DOUBLE, oracle=broken))


def test_seeds_are_fixed_positive_and_differ_by_every_name():
    seeds = {derive_seed(*names) for names in [(b"s", "a", "b", "c"), (b"t", "a", "b", "c"), (b"s", "ab", "", "c")]}
    seeds |= {derive_seed(b"s", "a", "bc", ""), derive_seed(b"s", "", "ab", "c"), derive_seed(b"s", "a", "b", "d")}
    assert len(seeds) == 6
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derive_seed(b"secret", "ada", "attention", "values") == GOLDEN_SEED


# ---- checks that stand aside -----------------------------------------------------------------------------------


def test_a_fault_that_stands_aside_hides_no_other_and_is_named_when_alone():
    name = "scaled_dot_product_attention"
    bank = find_bank(name)

    def narrow(q, k, v, mask=None, scale=2.0):
        scores = q @ k.mT / scale
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        return torch.nan_to_num(scores.softmax(-1)) @ v

    def named(function):
        verdicts = judge_question(bank, 1.0, lambda probe: observe(probe, {name: function}), seed_of=lambda check: 1)
        return {v.name: v.diagnosis and v.diagnosis.misconception for v in verdicts if not v.passed}

    aside = "half precision, large scores"
    alone = named(lambda q, k, v, mask=None: narrow(q, k, v, mask, q.shape[-1] ** 0.5))
    assert alone == {aside: "in_half_precision"}
    beside = named(lambda q, k, v, mask=None: narrow(q, k, v, mask, 1.0))
    assert beside.pop(aside) is None
    assert set(beside.values()) == {"not_scaled"}
