"""The tests of draws: bounds that hold, powers that are worked out, and what the banks of sampling promise."""

import math
import re

import pytest
import torch
from scipy.stats import binom

from autograder.judging.certify import seed_source
from autograder.judging.judge import judge_question
from autograder.judging.statistics import NO_TOKENS, OTHERWISE, Draws, divergence
from autograder.sandbox.inside.probing import observe
from tests.course.banks import find_bank, module_of

generate = module_of("sampling.generate")
generate_fixtures = module_of("sampling.generate.fixtures")
sample_next = module_of("sampling.sample_next")

ALLOWED = 1e-6  # of false rejects for one submission, and of a named mistake let through
SKEWED = (0.5, 0.3, 0.15, 0.05)


def softmax(logits, temperature=1.0):
    return torch.softmax(torch.tensor(logits, dtype=torch.float64) / temperature, -1).tolist()


def tokens_of(probabilities, n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.multinomial(torch.tensor(probabilities), n, replacement=True, generator=generator)


# ---- the bounds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b", "wanted"), [(0.3, 0.3, 0.0), (1.0, 0.5, math.log(2)), (0.0, 0.5, math.log(2))])
def test_divergence_of_two_coins(a, b, wanted):
    assert divergence(a, b) == pytest.approx(wanted)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.0), (0.5, 1.0), (0.0, 1.0), (1e-12, 0.0)])
def test_divergence_is_infinite_where_the_second_coin_excludes_the_first(a, b):
    assert divergence(a, b) == math.inf


@pytest.mark.parametrize("n", [1, 7, 100, 20_000])
@pytest.mark.parametrize("probabilities", [SKEWED, (0.999, 0.001), (1e-5, 1 - 1e-5), (0.5, 0.5, 0.0)])
@pytest.mark.parametrize("false_reject", [1e-2, 1e-7])
def test_right_draws_fail_no_more_often_than_promised(n, probabilities, false_reject):
    test = Draws(probabilities, n, false_reject)
    total = 0.0
    coins = [(p, test.n) for _, p in test.sets] + [(test.same, n // 2)]
    for p, throws in coins:
        if throws and 0 < p < 1:
            low, high = Draws(test.probabilities, throws, false_reject).interval(p)
            total += binom.cdf(low - 1, throws, p) + binom.sf(high, throws, p)
    assert total <= false_reject


@pytest.mark.parametrize("p", [0.0, 1e-6, 0.04, 0.5, 0.97, 1.0])
def test_the_interval_is_what_is_accepted(p):
    test = Draws(SKEWED, 300, 1e-3)
    low, high = test.interval(p)
    accepted = [k for k in range(301) if 300 * divergence(k / 300, p) <= test.limit]
    assert accepted == list(range(low, high + 1))


@pytest.mark.parametrize("wrong", [(0.45, 0.35, 0.15, 0.05), (0.5, 0.3, 0.2, 0.0), (0.25,) * 4, SKEWED])
def test_misses_are_those_of_binomial_distributions(wrong):
    test = Draws(SKEWED, 500, 1e-4)
    exact = 1.0
    for chosen, p in test.sets:
        low, high = test.interval(p)
        share = min(1.0, sum(wrong[i] for i in chosen))
        exact = min(exact, binom.pmf(range(low, high + 1), 500, share).sum())
    assert test.miss(wrong) == pytest.approx(exact, rel=1e-6, abs=1e-200)


def test_a_thousand_right_draws_pass_and_wrong_ones_fail():
    for seed in range(20):
        assert Draws(SKEWED, 1_000, 1e-6).accept(tokens_of(SKEWED, 1_000, seed))
        assert not Draws(SKEWED, 1_000, 1e-6).accept(tokens_of((0.25,) * 4, 1_000, seed))


def test_a_token_that_cannot_come_is_never_accepted():
    tokens = tokens_of(SKEWED, 1_000)
    tokens[500] = 4
    assert not Draws((*SKEWED, 0.0), 1_000, 1e-6).accept(tokens)


def test_draws_that_hang_together_are_seen_though_each_token_comes_as_often_as_it_should():
    pairs = tokens_of(SKEWED, 500).repeat_interleave(2)
    assert not Draws(SKEWED, 1_000, 1e-6).accept(pairs)
    counts = [round(1_000 * p) for p in SKEWED]
    in_order = torch.arange(4).repeat_interleave(torch.tensor(counts))
    assert not Draws(SKEWED, 1_000, 1e-6).accept(in_order)
    assert Draws(SKEWED, 1_000, 1e-6).accept(
        in_order[torch.randperm(1_000, generator=torch.Generator().manual_seed(3))]
    )


# ---- words for what came back --------------------------------------------------------------------------------------


def test_a_known_mistake_is_named():
    test, mistakes = Draws(SKEWED, 1_000, 1e-6), {"equally": (0.25,) * 4, "the first": (1.0, 0.0, 0.0, 0.0)}
    assert test.describe(tokens_of(SKEWED, 1_000), mistakes, "right") == "right"
    assert test.describe(tokens_of((0.25,) * 4, 1_000), mistakes, "right") == "equally"
    assert test.describe(torch.zeros(1_000, dtype=torch.long), mistakes, "right") == "the first"
    assert test.describe(torch.full((1_000,), 2), mistakes, "right") == OTHERWISE


@pytest.mark.parametrize(
    "hostile",
    [None, "tokens", [0] * 10, torch.zeros(9, dtype=torch.long), torch.zeros(10), torch.zeros(10, 1, dtype=torch.long)],
)
def test_what_is_no_list_of_tokens_is_said_to_be_none(hostile):
    assert "tokens asked for" in Draws(SKEWED, 10, 1e-6).describe(hostile, {}, "right")


@pytest.mark.parametrize("token", [-1, 4, 2**62, -(2**63)])
def test_tokens_that_do_not_exist_cost_no_memory(token):
    tokens = torch.zeros(10, dtype=torch.long)
    tokens[3] = token
    assert Draws(SKEWED, 10, 1e-6).describe(tokens, {}, "right") == NO_TOKENS


# ---- what sample_next promises -------------------------------------------------------------------------------------

LADDER = list(sample_next.LADDER)
HOW_OFTEN = Draws(tuple(softmax(LADDER)), sample_next.ROWS, sample_next.FALSE_REJECT)


def test_the_false_rejects_of_a_submission_stay_within_bounds():
    both = 2  # the oracle draws too
    assert both * sample_next.FALSE_REJECT + both * 2 * generate.FALSE_REJECT <= ALLOWED


@pytest.mark.parametrize(
    ("size", "draws", "compared", "alike", "hidden"),
    [
        (sample_next.TOKENS, sample_next.FLAT_ROWS, 32, 1e-80, 1e-40),
        (generate.FLAT, 3 * generate.FLAT_TOKENS, generate.FLAT_TOKENS, 1e-40, 1e-20),
    ],
)
def test_flat_rows_give_no_coincidences(size, draws, compared, alike, hidden):
    flat = torch.randn(100, size, generator=torch.Generator().manual_seed(4), dtype=torch.float64) * 0.1
    p = torch.softmax(flat, -1).sort(-1, descending=True).values
    assert float((p**2).sum(-1).max()) ** compared < alike
    assert float(p[:, :50].sum(-1).max()) ** draws < hidden


@pytest.mark.parametrize("factor", [1.05, 1 / 1.05])
def test_a_temperature_off_by_5_percent_is_seen(factor):
    assert HOW_OFTEN.miss(softmax(LADDER, factor)) < ALLOWED


def test_a_mixture_with_2_percent_of_equally_likely_tokens_is_seen():
    p = softmax(LADDER)
    assert HOW_OFTEN.miss([0.98 * q + 0.02 / len(p) for q in p]) < ALLOWED


@pytest.mark.parametrize("token", range(1, sample_next.COMMON))
def test_a_first_or_last_token_that_is_never_drawn_is_seen(token):
    p = softmax(LADDER)
    left = [0.0 if i == token else q / (1 - p[token]) for i, q in enumerate(p)]
    assert HOW_OFTEN.miss(left) < ALLOWED


@pytest.mark.parametrize("number", range(3))
def test_every_known_wrong_distribution_is_seen_and_told_from_the_others(number):
    bank = find_bank("sample_next")
    check = next(check for check in bank.checks if check.name == "how often")
    row = sample_next.ladder(sample_next.Draw(seed_source(bank, number)(check.name)))[0].tolist()
    right = Draws(tuple(softmax(row)), sample_next.ROWS, sample_next.FALSE_REJECT)
    mistakes = sample_next.mistakes(row)
    for name, wrong in mistakes.items():
        assert math.fsum(wrong) == pytest.approx(1.0)
        assert right.miss(wrong) < ALLOWED, name
        for other, known in mistakes.items():
            if other != name:
                test = Draws(tuple(known), sample_next.ROWS, sample_next.FALSE_REJECT)
                assert test.miss(wrong) < ALLOWED, (name, other)


# ---- what generate promises ----------------------------------------------------------------------------------------


def test_a_temperature_too_high_is_seen_in_generate():
    hot = generate.shares(generate_fixtures.NUCLEUS, generate_fixtures.NUCLEUS_TEMPERATURE * 1.05, None, 0.314)
    assert len(hot) == 2  # at the right temperature it is one
    assert hot[0][0] ** generate.CERTAIN < 1e-8
    assert len(generate.shares(generate_fixtures.NUCLEUS, generate_fixtures.NUCLEUS_TEMPERATURE, None, 0.314)) == 1


def test_a_temperature_too_low_is_seen_in_generate():
    row, p = generate_fixtures.NUCLEUS, generate_fixtures.TOP_SHARE + 0.006
    right = generate.shares(row, generate_fixtures.NUCLEUS_TEMPERATURE, None, p)
    assert [token for _, token in right] == [0, 1]
    test = Draws(tuple(generate._probabilities(right, len(row))), generate.SHORT, generate.FALSE_REJECT)
    cold = generate.shares(row, generate_fixtures.NUCLEUS_TEMPERATURE / 1.05, None, p)
    assert test.miss(generate._probabilities(cold, len(row))) < 1e-9


def test_the_wrong_order_of_filters_is_seen_in_generate():
    ranked = generate.shares(generate_fixtures.ORDER, 1.0, None, generate_fixtures.ORDER_P)
    assert len(ranked) > 3  # so top-k leaves three, where the right order leaves one
    assert len(generate.shares(generate_fixtures.ORDER, 1.0, 3, generate_fixtures.ORDER_P)) == 1
    best_of_three = generate.shares(generate_fixtures.ORDER, 1.0, 3)[0][0]
    assert best_of_three**generate.CERTAIN < 1e-7


def test_a_mixture_is_seen_in_generate():
    """Each token that is certain, or one of two, has its chance to show the mixture; what counts is the question."""
    right = generate._probabilities(generate.shares(generate_fixtures.PAIR), len(generate_fixtures.PAIR))
    mixed = [0.98 * p + 0.02 / len(right) for p in right]
    draws = Draws(tuple(right), generate.LONG, generate.FALSE_REJECT).miss(mixed)
    twelve = 2 * generate.CERTAIN + 3 * 8 + 2 * 8  # certain tokens out of 12: temperature, order, filters off, large
    nine = 8 + 7 + 8 + 8 + 3 + 2 + 5 + 5 + 1 + 4 + 4 + 5  # out of 9: all the others, as far as they are made surely
    assert draws < 1e-4
    assert draws * _all_right(12, 1, twelve) * _all_right(9, 1, nine) * _all_right(12, 2, generate.SHORT) < ALLOWED


def _all_right(size, kept, tokens):
    """The chance that a mixture makes only tokens that are among those kept."""
    return (0.98 + 0.02 * kept / size) ** tokens


@pytest.mark.parametrize("check", ["draws", "nucleus of two"])
def test_the_most_likely_token_always_is_seen_in_generate(check):
    row, kwargs = generate_fixtures.PAIR, ()
    n = generate.LONG
    if check == "nucleus of two":
        row, n = generate_fixtures.NUCLEUS, generate.SHORT
        kwargs = (generate_fixtures.NUCLEUS_TEMPERATURE, None, generate_fixtures.TOP_SHARE + 0.006)
    right = generate._probabilities(generate.shares(row, *kwargs), len(row))
    greedy = [float(p == max(right)) for p in right]
    assert Draws(tuple(right), n, generate.FALSE_REJECT).miss(greedy) < ALLOWED


# ---- mutants of a right solution, end to end ------------------------------------------------------------------------


def failed(name, implementation, number=0):
    bank = find_bank(name)
    verdicts = judge_question(
        bank,
        1.0,
        lambda probe: observe(probe, {name: implementation}, catch=Exception),
        seed_of=seed_source(bank, number),
    )
    return {verdict.name: verdict.message for verdict in verdicts if not verdict.passed}


def sampler(change):
    def sample_next(logits, generator=None):
        return torch.multinomial(change(torch.softmax(logits, -1)), 1, generator=generator).squeeze(-1)

    return sample_next


MUTANTS = {
    "5% too hot": lambda p: p ** (1 / 1.05),
    "5% too cold": lambda p: p**1.05,
    "a mixture": lambda p: 0.98 * p + 0.02 / p.shape[-1],
    "no last token": lambda p: p[:, :-1],
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_sample_next_that_is_a_little_wrong_fails(mutant):
    assert "how often" in failed("sample_next", sampler(MUTANTS[mutant]))


def test_sample_next_passes_however_it_uses_the_generator():
    assert not failed("sample_next", sampler(lambda p: p.double()))


def test_sample_next_in_strata_fails_since_rows_hang_together():
    def sample_next(logits, generator=None):
        uniform = torch.rand(len(logits), generator=generator)
        uniform = (torch.arange(len(logits)) + uniform) / len(logits)
        sums = torch.softmax(logits, -1).cumsum(-1)
        return (sums <= uniform[:, None] * sums[:, -1:]).sum(-1)

    assert "how often" in failed("sample_next", sample_next)


@pytest.mark.parametrize(("factor", "check"), [(1.05, "temperature"), (1 / 1.05, "nucleus of two")])
def test_generate_at_a_temperature_off_by_5_percent_fails(factor, check):
    right = find_bank("generate").variants[0].implementation

    def generate(model, ids, max_new_tokens, *, temperature=1.0, **kwargs):
        return right(model, ids, max_new_tokens, temperature=temperature * factor, **kwargs)

    assert check in failed("generate", generate)


@pytest.mark.parametrize("name", ["sample_next", "generate"])
def test_a_message_about_draws_says_what_was_expected_and_no_number(name):
    bank = find_bank(name)
    wrong = next(m for m in bank.misconceptions if m.name in ("argmax", "sampling_off"))
    messages = failed(name, wrong.implementation)
    said = messages.get("how often") or messages["draws"]
    always = {"sample_next": "the same one in every row", "generate": "always the most likely one"}
    assert f"{always[name]} (expected: as softmax says)" in said
    assert not re.search(r"\d\.\d", said)
