"""The items of the assignment, and whether what is printed is wrong: by group, in the order of the notebook."""

from __future__ import annotations

FORMULAS = {
    "softmax_on_q_k_v": True,
    "softmax_of_shifted_scores": False,
    "elementwise_memory": True,
    "own_partner": True,
    "queries_scaled_first": False,
    "norm_after_the_sum": False,
}
CODE = {
    "exponential_and_softmax": True,
    "weight_times_index": True,
    "last_of_axis_one": True,
    "last_of_axis_zero": False,
    "ids_left_behind": True,
    "top_k_in_a_loop": True,
    "tied_head": False,
    "fifty_tokens": True,
    "penalty_divides": True,
}
OUTPUTS = {
    "line_through_five_points": True,
    "king_and_queen": True,
    "chinese_continuation": True,
    "loss_before_training": False,
}
CLAIMS = {
    "trained_on_blanks": True,
    "order_without_positions": False,
    "a_third_is_one_table": False,
    "twenty_percent": True,
    "four_times_the_work": True,
}
GROUPS = {"formulas": FORMULAS, "code": CODE, "outputs": OUTPUTS, "claims": CLAIMS}
