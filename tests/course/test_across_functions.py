"""A mistake in one function shows in those that call it: what is then said of them must be true of them too.

Each known mistake is put into the solved notebook in the place of its function; all functions that use it are judged.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from autograder.judging.certify import seed_source
from autograder.judging.expected import Reference
from autograder.judging.judge import judge_with
from autograder.judging.symptoms import TEXTS
from autograder.model import Observation, Probe
from autograder.sandbox.inside.probing import observe
from tests.course.banks import ASSIGNMENTS, find_bank
from tests.places import ROOT

# What the bank of another function calls a mistake, and the mistakes of which that is true. For a pair that is not
# here: read the sentence that a student would get; it is true of this mistake too, or a fixture must tell them apart.
SAME: dict[str, tuple[str, ...]] = {
    "MultiHeadAttention/NoMaximum": (
        "softmax/no_maximum",
        "softmax/global_maximum",
        "scaled_dot_product_attention/no_maximum",
    ),
    "bilinear_attention/no_maximum": ("softmax/no_maximum",),
    "analogy/three_best_dropped": ("most_similar/best_one_dropped",),
    "bilinear_attention/exponential_twice": ("softmax/exponential_twice",),
    "DecoderBlock/LoopOverPositions": (
        "softmax/loop_over_rows",
        "scaled_dot_product_attention/loop_over_queries",
        "causal_mask/loop_over_queries",
        "split_heads/loop_over_positions",
        "merge_heads/loop_over_positions",
        "MultiHeadAttention/LoopOverQueries",
    ),
    "EncoderBlock/LoopOverPositions": (
        "softmax/loop_over_rows",
        "scaled_dot_product_attention/loop_over_queries",
        "split_heads/loop_over_positions",
        "merge_heads/loop_over_positions",
        "MultiHeadAttention/LoopOverQueries",
    ),
    "MultiHeadAttention/LoopOverQueries": (
        "softmax/loop_over_rows",
        "scaled_dot_product_attention/loop_over_queries",
        "split_heads/loop_over_positions",
        "merge_heads/loop_over_positions",
    ),
    "bilinear_attention/loop_over_positions": ("softmax/loop_over_rows",),
    "scaled_dot_product_attention/loop_over_queries": ("softmax/loop_over_rows",),
    "DecoderBlock/MadeOnTheCpu": (
        "softmax/made_on_the_cpu",
        "scaled_dot_product_attention/made_on_the_cpu",
        "causal_mask/device_ignored",
        "split_heads/made_on_the_cpu",
        "merge_heads/made_on_the_cpu",
        "MultiHeadAttention/MadeOnTheCpu",
    ),
    "EncoderBlock/MadeOnTheCpu": (
        "softmax/made_on_the_cpu",
        "scaled_dot_product_attention/made_on_the_cpu",
        "split_heads/made_on_the_cpu",
        "merge_heads/made_on_the_cpu",
        "MultiHeadAttention/MadeOnTheCpu",
    ),
    "MultiHeadAttention/MadeOnTheCpu": (
        "softmax/made_on_the_cpu",
        "scaled_dot_product_attention/made_on_the_cpu",
        "split_heads/made_on_the_cpu",
        "merge_heads/made_on_the_cpu",
    ),
    "bilinear_attention/made_on_the_cpu": ("softmax/made_on_the_cpu",),
    "scaled_dot_product_attention/made_on_the_cpu": ("softmax/made_on_the_cpu",),
    "MultiHeadAttention/NotScaled": ("scaled_dot_product_attention/not_scaled",),
    "MultiHeadAttention/OverQueries": ("scaled_dot_product_attention/over_queries",),
    "EncoderBlock/MaskNotPassed": ("scaled_dot_product_attention/mask_ignored", "MultiHeadAttention/MaskIgnored"),
    "MultiHeadAttention/MaskIgnored": ("scaled_dot_product_attention/mask_ignored",),
    "EncoderBlock/MaskInverted": ("scaled_dot_product_attention/mask_inverted", "MultiHeadAttention/MaskInverted"),
    "MultiHeadAttention/MaskInverted": ("scaled_dot_product_attention/mask_inverted",),
    "DecoderBlock/MeanWhereNothing": (
        "scaled_dot_product_attention/filled_with_minus_billion",
        "scaled_dot_product_attention/uniform_when_empty",
        "MultiHeadAttention/UniformWhenEmpty",
        "MultiHeadAttention/MinusBillion",
    ),
    "EncoderBlock/MeanWhereNothing": (
        "scaled_dot_product_attention/filled_with_minus_billion",
        "scaled_dot_product_attention/uniform_when_empty",
        "MultiHeadAttention/UniformWhenEmpty",
        "MultiHeadAttention/MinusBillion",
    ),
    "MultiHeadAttention/MinusBillion": ("scaled_dot_product_attention/filled_with_minus_billion",),
    "MultiHeadAttention/UniformWhenEmpty": ("scaled_dot_product_attention/uniform_when_empty",),
    "DecoderBlock/NanWhereNothing": ("scaled_dot_product_attention/nan_when_empty", "MultiHeadAttention/NanWhenEmpty"),
    "EncoderBlock/NanWhereNothing": ("scaled_dot_product_attention/nan_when_empty", "MultiHeadAttention/NanWhenEmpty"),
    "MultiHeadAttention/NanWhenEmpty": ("scaled_dot_product_attention/nan_when_empty",),
    "EncoderBlock/AlwaysCausal": ("scaled_dot_product_attention/always_causal",),
    "MultiHeadAttention/InHalfPrecision": ("scaled_dot_product_attention/in_half_precision",),
    "MultiHeadAttention/NanInHalfPrecision": ("scaled_dot_product_attention/nan_in_half_precision",),
    "DecoderBlock/torch_attention": ("scaled_dot_product_attention/torch_attention",),
    "EncoderBlock/torch_attention": ("scaled_dot_product_attention/torch_attention",),
    "MultiHeadAttention/torch_attention": ("scaled_dot_product_attention/torch_attention",),
    "DecoderBlock/Inverted": ("causal_mask/inverted",),
    "DecoderBlock/OnlyTheFuture": ("causal_mask/future_and_self", "causal_mask/transposed"),
    "DecoderBlock/NotItself": ("causal_mask/not_itself",),
    "DecoderBlock/OneTooMany": ("causal_mask/one_too_many",),
    "MultiHeadAttention/SplitWithoutTranspose": ("split_heads/reshaped_at_once",),
    "MultiHeadAttention/InterleavedHeads": ("split_heads/interleaved",),
    "MultiHeadAttention/MergedWithoutTranspose": ("merge_heads/reshaped_at_once",),
    "EncoderBlock/OneHead": ("MultiHeadAttention/OneHead",),
    "DecoderBlock/XAndMemoryExchanged": ("MultiHeadAttention/QueriesFromContext",),
    "association/attributes_not_unit_length": ("cosine_similarity/length_of_u_only",),
    "association/always_float32": ("cosine_similarity/always_float32",),
    "most_similar/always_float32": ("cosine_similarity/always_float32",),
    "association/dot_products": ("cosine_similarity/dot_product",),
    "most_similar/dot_product": ("cosine_similarity/dot_product",),
    "most_similar/query_normalised_only": ("cosine_similarity/length_of_u_only",),
    "analogy/scores_returned": ("most_similar/scores_first",),
    "analogy/least_similar": ("cosine_similarity/distance", "most_similar/least_similar"),
    "association/b_minus_a": ("cosine_similarity/distance",),
    "analogy/sign_lost": ("cosine_similarity/never_negative", "most_similar/sign_lost"),
    "association/absolute_cosines": ("cosine_similarity/never_negative",),
    "analogy/zero_row_is_nan": ("cosine_similarity/no_eps", "most_similar/zero_row_is_nan"),
    "association/zero_is_nan": ("cosine_similarity/no_eps",),
    "most_similar/zero_row_is_nan": ("cosine_similarity/no_eps",),
    "association/root_at_zero": ("cosine_similarity/root_at_zero",),
    "association/detached": ("cosine_similarity/detached",),
    "most_similar/inputs_edited": ("cosine_similarity/inputs_edited",),
    "association/made_on_the_cpu": ("cosine_similarity/made_on_the_cpu",),
    "analogy/nothing_excluded": ("most_similar/exclude_ignored",),
    "analogy/excluded_score_zero": ("most_similar/excluded_score_zero",),
    "analogy/excluded_afterwards": ("most_similar/excluded_afterwards",),
    "analogy/renumbered": ("most_similar/renumbered",),
    "analogy/fewer_returned": ("most_similar/fewer_returned",),
    "analogy/never_complains": ("most_similar/never_complains",),
    "analogy/asserts": ("most_similar/asserts",),
    "analogy/three_always_counted": ("most_similar/counted_twice",),
    "gpt2_logits/exact_gelu": ("gelu/exact",),
    "gpt2_logits/relu": ("gelu/relu",),
    "decode_step/mask_on_the_cpu": ("gelu/read_into_python",),
    "gpt2_logits/mask_on_the_cpu": ("gelu/read_into_python",),
    "perplexity/of_the_sum": ("cross_entropy/summed",),
    "perplexity/upside_down": ("cross_entropy/sign_lost",),
    "perplexity/softmax_twice": ("cross_entropy/softmax_twice",),
    "perplexity/exp_of_large_logits": ("cross_entropy/log_of_the_sum_of_exp",),
    "perplexity/first_token_ignored": ("cross_entropy/first_token_ignored",),
    "perplexity/last_token_ignored": ("cross_entropy/last_token_ignored",),
    "perplexity/always_float32": ("cross_entropy/always_float32",),
    "perplexity/loop_over_positions": ("cross_entropy/loop_over_targets",),
    "generate/temperature_multiplied": ("apply_temperature/multiplied",),
    "generate/temperature_ignored": ("apply_temperature/ignored",),
    "generate/one_more_by_top_k": ("top_k_filter/one_too_many",),
    "generate/top_k_ignored": ("top_k_filter/first_axis",),
    "generate/crossing_dropped": ("top_p_filter/crossing_dropped",),
    "generate/one_more_by_top_p": ("top_p_filter/one_too_many",),
    "generate/top_p_ignored": ("top_p_filter/first_axis",),
    "generate/sampling_off": ("sample_next/argmax",),
    "generate/fifty_by_default": ("sample_next/fifty_kept",),
    "generate/generator_ignored": ("sample_next/generator_ignored",),
    "generate/seeded_at_each_token": ("sample_next/global_seed_from_the_generator", "sample_next/generator_copied"),
    "generate/overflows": ("sample_next/overflows",),
    "most_similar/detached": ("cosine_similarity/detached",),
    "most_similar/lengths_detached": ("cosine_similarity/lengths_detached",),
    "generate/rounded_to_float32": ("apply_temperature/always_float32",),
    "generate/ties_dropped": ("top_k_filter/exactly_k",),
    "most_similar/root_at_zero": ("cosine_similarity/root_at_zero",),
    "association/loop_over_attributes": ("cosine_similarity/loop_over_pairs",),
    "most_similar/loop_over_rows": ("cosine_similarity/loop_over_pairs",),
    "association/through_float32": ("cosine_similarity/through_float32",),
    "most_similar/through_float32": ("cosine_similarity/through_float32",),
    "most_similar/edited_in_place": ("cosine_similarity/edited_in_place",),
    "analogy/list_of_ids": ("most_similar/two_lists",),
    "decode_step/exact_gelu": ("gelu/exact",),
    "gpt2_logits/float32_inside": ("gelu/float32_inside",),
    "perplexity/log_of_softmax": (
        "cross_entropy/log_of_softmax",
        "cross_entropy/log_of_the_probability",
    ),
    "perplexity/epsilon_in_the_logarithm": ("cross_entropy/a_billionth_added",),
    "perplexity/clipped_at_1e_12": ("cross_entropy/clipped_at_1e_12",),
    "perplexity/losses_capped": ("cross_entropy/losses_capped",),
    "perplexity/not_flattened": ("cross_entropy/not_flattened",),
    "train_step/summed": ("mse_loss/summed",),
    "train_step/absolute_error": ("mse_loss/absolute",),
    "train_step/with_a_root": ("mse_loss/with_a_root",),
    "train_step/halved": ("mse_loss/halved",),
    "train_step/loss_of_one": ("mse_loss/shape_of_one",),
    "train_step/zeroed_too_late": ("mse_loss/prediction_detached",),
    "train_step/without_gradients": ("mse_loss/detached",),
    "descend/half_steps": ("line_gradient/no_two",),
    "descend/steps_of_the_sum": ("line_gradient/summed",),
    "descend/uphill": ("line_gradient/signs_turned",),
    "descend/derivatives_exchanged": ("line_gradient/order_turned",),
    "descend/read_into_python": ("line_gradient/plain_numbers", "line_gradient/read_into_python"),
}

LONG = ("attention", "sampling")  # half a minute each: make test-all


def solved_cells(assignment: str) -> dict[str, str]:
    """The code of each solution cell by its grade_id, and of the set-up cell."""
    notebook = json.loads((ROOT / "solutions" / assignment / f"{assignment}.ipynb").read_text())
    return {
        c["metadata"]["nbgrader"]["grade_id"]: "".join(c["source"])
        for c in notebook["cells"]
        if c["cell_type"] == "code" and c["metadata"].get("nbgrader", {}).get("grade_id")
    }


def callers(assignment: str, cells: dict[str, str], *, all_of_them: bool) -> dict[str, set[str]]:
    """function -> the functions whose model solution calls it; with `all_of_them` also through others."""
    functions = ASSIGNMENTS[assignment]
    found: dict[str, set[str]] = {f: set() for f in functions}
    for user in functions:
        for node in ast.walk(ast.parse(cells[user])):
            if isinstance(node, ast.Name) and node.id in found and node.id != user:
                found[node.id].add(user)
    for _ in functions if all_of_them else ():
        found = {f: users.union(*(found[user] for user in users)) for f, users in found.items()}
    return found


def named_elsewhere(assignment: str, *, all_of_them: bool) -> dict[str, set[str]]:
    """function/mistake -> what the banks of the functions that use it name, as function/name."""
    cells = solved_cells(assignment)
    using = callers(assignment, cells, all_of_them=all_of_them)
    references = {f: Reference(find_bank(f), seed_source(find_bank(f), 0)) for f in ASSIGNMENTS[assignment]}
    found: dict[str, set[str]] = {}
    for function, users in using.items():
        for wrong in find_bank(function).misconceptions if users else ():
            namespace = loaded(assignment, cells)
            namespace[function] = wrong.implementation
            for user in users:
                verdicts = judge_with(references[user], 1.0, asked(namespace), [""], root=user)
                names = {f"{user}/{v.diagnosis.misconception}" for v in verdicts if v.diagnosis is not None}
                found.setdefault(f"{function}/{wrong.name}", set()).update(names)
    return found


def loaded(assignment: str, cells: dict[str, str]) -> dict[str, Any]:
    """A namespace in which the course's own model solutions have run."""
    namespace: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for name, text in cells.items():
            if name == "setup" or name in ASSIGNMENTS[assignment]:
                exec(compile(text, name, "exec"), namespace)
    return namespace


def asked(namespace: dict[str, Any]) -> Callable[[Probe], Observation]:
    return lambda probe: observe(probe, namespace, catch=Exception)


def with_callers() -> list[str]:
    """The assignments in which some function's model solution calls another function."""
    return [name for name in ASSIGNMENTS if any(callers(name, solved_cells(name), all_of_them=False).values())]


@pytest.mark.parametrize("all_of_them", [False, pytest.param(True, marks=pytest.mark.deep)], ids=["direct", "all"])
@pytest.mark.parametrize(
    "assignment",
    [pytest.param(name, marks=pytest.mark.matrix) if name in LONG else name for name in with_callers()],
)
def test_no_wrong_name_is_given_to_a_function_that_uses_the_wrong_one(
    assignment: str, all_of_them: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / "source" / assignment)  # where the data lies
    found = named_elsewhere(assignment, all_of_them=all_of_them)
    said = [(wrong, name) for wrong, names in found.items() for name in names]
    assert said != []
    names = [(wrong, name) for wrong, name in said if name.split("/")[1] not in TEXTS]  # those of TEXTS are seen
    assert sorted(f"{wrong} -> {name}" for wrong, name in names if wrong not in SAME.get(name, ())) == []
