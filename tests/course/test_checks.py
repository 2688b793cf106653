"""The banks themselves: sizes, cheap imports, fixtures that are not degenerate, oracles against torch's own."""

import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.course import read_course
from autograder.course.demands import demands_on
from autograder.errors import UsageError
from autograder.judging.certify import seed_source
from autograder.judging.expected import Reference
from autograder.judging.fixtures import lint
from autograder.judging.inputs import slot_devices, tensors_in
from autograder.judging.judge import judge_question
from autograder.sandbox.inside.probing import observe
from tests.course.banks import bank_names, find_bank
from tests.places import ROOT

READS_VALUES = {  # control flow or a generator must read: not asked to run on meta
    "skip_gram_pairs", "most_similar", "analogy", "train_word2vec", "count_parameters", "sample_next", "greedy",
    "generate", "beam_search", "split_stories", "ngram_loss", "fit_power_law", "bits_per_byte", "rollout",
    "linear_regression", "bigram_counts", "last_state", "least_squares_at", "penalised", "beliefs", "witnesses",
}  # fmt: skip
NO_TENSORS = {  # they take plain numbers, so nothing is on meta
    "sinusoidal_positions", "count_linear_parameters", "new_tokens_left", "share_in_percent",
}  # fmt: skip


@pytest.mark.parametrize("name", bank_names())
def test_the_names_in_a_bank_are_its_own(name):
    bank = find_bank(name)
    assert bank.name == name
    for family in (bank.checks, bank.variants, bank.misconceptions):
        assert len({one.name for one in family}) == len(family)


def test_the_course_demands_much_of_its_banks():
    """certify says whether a bank has it; here stands what the setting may not fall below."""
    demands = {name: demands_on(read_course(ROOT).settings.demands, name) for name in bank_names()}
    assert min(one.variants for one in demands.values()) >= 5
    assert min(one.misconceptions for one in demands.values()) >= 8
    assert {name for name, one in demands.items() if not one.meta} <= READS_VALUES | NO_TENSORS


@pytest.mark.parametrize("name", bank_names())
def test_every_rule_has_its_misconception(name):
    bank = find_bank(name)
    assert {rule.name for rule in bank.rules} <= {wrong.name for wrong in bank.misconceptions}


def test_an_unknown_function_is_a_usage_error_that_lists_the_known():
    with pytest.raises(UsageError, match="causal_mask, cosine_similarity"):
        find_bank("sofmax")


def test_importing_the_package_and_the_list_of_banks_does_not_load_torch():
    code = "import sys; from pathlib import Path; from autograder.judging.banks import Banks\n"
    code += "sys.exit('torch' in sys.modules or len([*Banks(Path(sys.argv[1]))]) < 30)"
    assert subprocess.run([sys.executable, "-c", code, str(ROOT)], timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("name", bank_names())
@pytest.mark.parametrize("number", range(5))
def test_no_fixture_is_degenerate(name, number):
    bank = find_bank(name)
    assert lint(Reference(bank, seed_source(bank, number))) == []


@pytest.mark.parametrize("name", bank_names())
def test_the_first_variant_passes_on_many_sets(name):
    bank = find_bank(name)
    for number in range(20, 24):  # make certify-deep has thousands
        variant = bank.variants[0].implementation
        verdicts = judge_question(
            bank, 1.0, lambda probe, v=variant: observe(probe, {name: v}), seed_of=seed_source(bank, number)
        )
        assert [v.message for v in verdicts if not v.passed] == []


def test_every_set_has_inputs_of_its_own():
    bank = find_bank("softmax")
    one, other = (Reference(bank, seed_source(bank, number)) for number in (0, 1))
    for check in bank.checks:
        for probe, another in zip(one.probes(check), other.probes(check), strict=True):
            inputs, others = (torch.cat([t.flatten() for t in tensors_in(p.steps)]) for p in (probe, another))
            assert not torch.equal(inputs, others)


# ---- oracles ---------------------------------------------------------------------------------------------------


def test_the_attention_oracle_equals_torch():
    oracle = find_bank("scaled_dot_product_attention").oracle
    q, k, v = (torch.randn(2, 3, n, d, dtype=torch.float64) for n, d in [(4, 5), (6, 5), (6, 7)])
    mask = torch.rand(4, 6) < 0.6
    mask[:, 0] = True
    torch.testing.assert_close(oracle(q, k, v), F.scaled_dot_product_attention(q, k, v))
    torch.testing.assert_close(oracle(q, k, v, mask), F.scaled_dot_product_attention(q, k, v, attn_mask=mask))


def test_the_softmax_oracle_equals_torch():
    x = torch.randn(3, 4, 5, dtype=torch.float64) * 1000
    for dim in (0, 1, -1):
        torch.testing.assert_close(find_bank("softmax").oracle(x, dim), torch.softmax(x, dim))


@pytest.mark.parametrize("bias", [True, False])
def test_the_multihead_oracle_equals_torch(bias):
    torch.manual_seed(0)
    theirs = nn.MultiheadAttention(12, 3, bias=bias, batch_first=True, dtype=torch.float64)
    ours = find_bank("MultiHeadAttention").oracle(12, 3, bias)
    weights = dict(zip("qkv", theirs.in_proj_weight.chunk(3), strict=True))
    biases = dict(zip("qkv", theirs.in_proj_bias.chunk(3), strict=True)) if bias else {}
    state = {f"{n}_proj.weight": weights[n] for n in "qkv"} | {f"{n}_proj.bias": biases[n] for n in biases}
    state |= {f"out_proj.{part}": value for part, value in theirs.out_proj.state_dict().items()}
    ours.load_state_dict(state)
    x, context = torch.randn(2, 5, 12, dtype=torch.float64), torch.randn(2, 7, 12, dtype=torch.float64)
    mask = torch.rand(5, 7) < 0.6
    mask[:, 0] = True
    torch.testing.assert_close(ours(x), theirs(x, x, x)[0])
    torch.testing.assert_close(ours(x, context, mask), theirs(x, context, context, attn_mask=~mask)[0])


def test_the_causal_oracle_is_the_contract():
    oracle = find_bank("causal_mask").oracle
    assert oracle(2, 4).tolist() == [[True, True, True, False], [True, True, True, True]]
    with pytest.raises(ValueError, match="at least as many"):
        oracle(3, 2)


# ---- what the judge must not cost ------------------------------------------------------------------------------

JUDGE_ALL = """
import sys, torch
from autograder.judging.certify import seed_source
from pathlib import Path
from autograder.judging.banks import Banks
from autograder.judging.expected import Reference
from autograder.judging.inputs import slot_devices
for bank in Banks(Path(sys.argv[1])).values():
    reference = Reference(bank, seed_source(bank, 0))
    probes = [(check, index) for check in bank.checks for index in range(len(reference.probes(check)))]
    # What would load it is an optimizer's step, in each probe of its bank alike, or an operator on the meta device.
    for check, index in probes:
        on_meta = "meta" in slot_devices(reference.probes(check)[index]).values()
        if index == 0 or on_meta:
            reference.expectation(check, index)
        if (check, index) == probes[0] or on_meta:
            for wrong in bank.misconceptions:
                reference.mistake(wrong.name, check, index)
sys.exit('torch._dynamo' in sys.modules)
"""


@pytest.mark.matrix
def test_what_the_judge_works_out_never_loads_dynamo():
    ran = subprocess.run(
        [sys.executable, "-c", JUDGE_ALL, str(ROOT)], timeout=600, check=False, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("name", bank_names())
def test_what_is_said_of_misconceptions_on_meta_is_what_they_do_there(name):
    bank = find_bank(name)
    reference = Reference(bank, seed_source(bank, 0))
    asked = [
        (check, index, probe)
        for check in bank.checks
        for index, probe in enumerate(reference.probes(check))
        if set(slot_devices(probe).values()) == {"meta"}
    ]
    assert len(asked) == (0 if name in READS_VALUES | NO_TENSORS else 1)
    for check, index, probe in asked:
        says_what_it_does_on_meta(bank, reference, check, index, probe)


def says_what_it_does_on_meta(bank, reference, check, index, probe):
    for wrong in bank.misconceptions:
        done = observe(probe, {bank.name: wrong.implementation})
        said = reference.mistake(wrong.name, check, index)
        if wrong.on_meta == "cpu":
            assert {value.device for value in (*done.values.values(), *said.values.values())} == {"cpu"}
            continue
        assert said.values == done.values
        assert (said.failure and said.failure.kind) == (done.failure and done.failure.kind)
