"""The checks of `count_linear_parameters(n_in, n_out, bias=True)`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(exact=True, about="One weight for each pair of an input and an output, and one bias for each output.")
def count_linear_parameters(draw: Draw) -> list[Arguments]:
    """More inputs than outputs, and fewer; with and without a bias."""
    few, many = 3 + draw.integer(0, 5), 11 + draw.integer(0, 30)
    pairs = ((few, many), (many, few))
    return [{"n_in": n, "n_out": m, "bias": bias} for n, m in pairs for bias in (True, False)]


@case("bias is True where nothing is said.")
def bias_is_left_out(draw: Draw) -> list[Arguments]:
    n, m = draw.sizes(2)
    return [{"n_in": n, "n_out": m}, {"n_in": m + 20, "n_out": n}]


@case("A single input, a single output, and as many of both.")
def any_size(draw: Draw) -> list[Arguments]:
    n = 5 + draw.integer(0, 20)
    pairs = ((1, n), (n, 1), (n, n), (1, 1))
    return [{"n_in": i, "n_out": o, "bias": bias} for i, o in pairs for bias in (True, False)]


@case("The sizes of a real model give exact numbers.")
def large_sizes(draw: Draw) -> list[Arguments]:
    """A number above 2**53, which a float cannot hold."""
    n = 2**27 + 2 * draw.integer(1, 1000) + 1
    return [{"n_in": 768, "n_out": 50_257, "bias": False}, {"n_in": n, "n_out": n + 2, "bias": True}]


@right
def layer_of_torch(n_in: int, n_out: int, bias: bool = True) -> int:
    return sum(p.numel() for p in nn.Linear(n_in, n_out, bias=bias, device="meta").parameters())


@right
def one_more_input(n_in: int, n_out: int, bias: bool = True) -> int:
    """A bias is the weight of an input that is always 1."""
    return (n_in + int(bias)) * n_out


@right
def in_two_cases(n_in: int, n_out: int, bias: bool = True) -> int:
    if bias:
        return n_out + n_out * n_in
    return n_out * n_in


@right
def output_by_output(n_in: int, n_out: int, bias: bool = True) -> int:
    weights_of_one_output = n_in
    if bias:
        weights_of_one_output += 1
    return n_out * weights_of_one_output


@right
def number_times_flag(n_in: int, n_out: int, bias: bool = True) -> int:
    return n_in * n_out + n_out * bias


@wrong("The bias is forgotten: with bias=True there is one more number for each output.")
def bias_forgotten(n_in: int, n_out: int, bias: bool = True) -> int:
    return n_in * n_out


@wrong("You count one bias for each input. It is added to the outputs: there are n_out of them.")
def bias_of_inputs(n_in: int, n_out: int, bias: bool = True) -> int:
    return n_in * n_out + (n_in if bias else 0)


@wrong("You count the bias also where bias=False says that there is none.")
def bias_always(n_in: int, n_out: int, bias: bool = True) -> int:
    return n_in * n_out + n_out


@wrong("You count a single number as the bias. Each of the n_out outputs has a bias of its own.")
def one_bias(n_in: int, n_out: int, bias: bool = True) -> int:
    return n_in * n_out + int(bias)


@wrong("The flag is turned: the biases count where bias is True.")
def flag_turned(n_in: int, n_out: int, bias: bool = True) -> int:
    return n_in * n_out + (0 if bias else n_out)


@wrong("You add the sizes. Every input has a weight to every output, so they are multiplied.")
def sizes_added(n_in: int, n_out: int, bias: bool = True) -> int:
    return n_in + n_out + (n_out if bias else 0)


@wrong("You count a bias for the inputs as well: (n_in + 1)(n_out + 1). Only the outputs have one.")
def bias_on_both_sides(n_in: int, n_out: int, bias: bool = True) -> int:
    return (n_in + 1) * (n_out + 1) if bias else n_in * n_out


@wrong("You add n_in and n_out as biases. Only the n_out outputs have a bias.")
def bias_for_both(n_in: int, n_out: int, bias: bool = True) -> int:
    return n_in * n_out + (n_in + n_out if bias else 0)


@wrong("You count units, n_in and n_out. The parameters are the weights between them, and the biases.")
def units_counted(n_in: int, n_out: int, bias: bool = True) -> int:
    return n_in + n_out


@wrong("You square n_in, which is right only for as many outputs as inputs. It is n_in times n_out.")
def square_of_inputs(n_in: int, n_out: int, bias: bool = True) -> int:
    return n_in * n_in + (n_out if bias else 0)


@wrong("You count each weight twice, there and back. A weight is one number.")
def twice(n_in: int, n_out: int, bias: bool = True) -> int:
    return 2 * n_in * n_out + (n_out if bias else 0)


@wrong("You return a float. A count is a whole number, an int.")
def a_float(n_in: int, n_out: int, bias: bool = True) -> float:
    return float(n_in * n_out + (n_out if bias else 0))


@wrong("You return a tensor. A count is a plain int of Python: multiply and add the sizes themselves.")
def a_tensor(n_in: int, n_out: int, bias: bool = True) -> torch.Tensor:
    return torch.tensor(n_in * n_out + (n_out if bias else 0))


@wrong("With a default of False a call without `bias` counts none. The signature says bias=True.")
def default_turned(n_in: int, n_out: int, bias: bool = False) -> int:
    return n_in * n_out + (n_out if bias else 0)
