"""The checks of `last_state(rnn, x)`."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks import EXACT, Call, Check, Draw, Get, Make, Probe, Ref, case, given, right, wrong
from autograder.checks import built as _built

from . import _recurrent_net

Arguments = dict[str, Any]


@given(
    about="The output at the last time, (B, H): time is the first axis of what nn.RNN gives.",
    without=("any device", "no loops", "always_float64", "always_float32", "through_float32", "float64", "detached",
             "read_into_python"),
)  # fmt: skip
def last_state(draw: Draw) -> list[Arguments]:
    return [_pass(draw, *(draw.size(axis) for axis in ("t", "b", "i", "h")))]


def _pass(draw: Draw, t: int, b: int, i: int, h: int, dtype: torch.dtype = torch.float32) -> Arguments:
    return {"rnn": _built("recurrent_net", state=_state(draw, i, h, dtype)), "x": draw.normal(t, b, i, dtype=dtype)}


def _state(draw: Draw, i: int, h: int, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    shapes = {"weight_ih_l0": (h, i), "weight_hh_l0": (h, h), "bias_ih_l0": (h,), "bias_hh_l0": (h,)}
    return {name: draw.normal(*shape, dtype=dtype) / math.sqrt(h) for name, shape in shapes.items()}


@case("No size is special: one text in the batch, one time, as many texts as times.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    n, i, h = draw.size("t"), draw.size("i"), draw.size("h")
    return [_pass(draw, *sizes, i, h) for sizes in ((n, 1), (1, n), (n, n))]


@case("A float64 RNN gives a float64 state, right to float64's precision.", alone=True)
def double_precision(draw: Draw) -> Arguments:
    return _pass(draw, *(draw.size(axis) for axis in ("t", "b", "i", "h")), torch.float64)


def _left_as_found(draw: Draw) -> list[Probe]:
    """Its mode and its weights, in train and in eval mode."""
    probes = []
    for evaluating in (False, True):
        make = Make("rnn", "recurrent_net", {"state": _state(draw, 5, 3), "eval": evaluating})
        call = Call("last_state", (Ref("rnn"), draw.normal(6, 3, 5)))
        weight = Call(Ref("rnn.weight_hh_l0.clone"), save="weight")
        probes.append(Probe((make, call, Get("rnn.training", "mode"), weight), ("mode", "weight")))
    return probes


@right
def own_loop(rnn: nn.RNN, x: Tensor) -> Tensor:
    state = x.new_zeros(x.shape[1], rnn.hidden_size)
    for now in x:
        inside = now @ rnn.weight_ih_l0.T + rnn.bias_ih_l0 + state @ rnn.weight_hh_l0.T + rnn.bias_hh_l0
        state = torch.tanh(inside)
    return state


@right
def from_the_final_state(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[1].squeeze(0)  # type: ignore[no-any-return]  # a module's call has no type


@right
def counted_from_the_front(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0][len(x) - 1]  # type: ignore[no-any-return]  # as above


@right
def selected(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0].select(0, -1)  # type: ignore[no-any-return]  # as above


@right
def batch_put_first(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0].transpose(0, 1)[:, -1]  # type: ignore[no-any-return]  # as above


@right
def text_by_text(rnn: nn.RNN, x: Tensor) -> Tensor:
    return torch.cat([rnn(x[:, [n]])[0][-1] for n in range(x.shape[1])])


@wrong("This is the code as printed: out[:, -1] is the last text of the batch. Time is the first axis: out[-1].")
def as_printed(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0][:, -1, :]  # type: ignore[no-any-return]  # as above


@wrong("You return the outputs at all times. Take the last one.")
def all_times(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0]  # type: ignore[no-any-return]  # as above


@wrong("This is the first time, out[0]. The last is out[-1].")
def first_time(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0][0]  # type: ignore[no-any-return]  # as above


@wrong("There is an axis of size 1 in front: the second result of the RNN has the shape (layers, B, H).")
def layer_axis_kept(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[1]  # type: ignore[no-any-return]  # as above


@wrong("You take the mean over the times. The last state alone is asked for.")
def averaged(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0].mean(0)  # type: ignore[no-any-return]  # as above


@wrong("You read the text backwards.")
def backwards(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x.flip(0))[0][-1]  # type: ignore[no-any-return]  # as above


@wrong("You treat the first axis as texts, as batch_first=True would: this RNN has its default, time first.")
def turned_before(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x.transpose(0, 1))[0][-1]  # type: ignore[no-any-return]  # as above


@wrong("This is the last feature of each output, not the last time.")
def last_feature(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0][..., -1]  # type: ignore[no-any-return]  # as above


@wrong("All texts of the batch are flattened into one axis. Keep (B, H).")
def flattened(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0][-1].flatten()  # type: ignore[no-any-return]  # as above


@wrong("You stop one step early: out[-2] is the last but one.")
def one_early(rnn: nn.RNN, x: Tensor) -> Tensor:
    return rnn(x)[0][max(len(x) - 2, 0)]  # type: ignore[no-any-return]  # as above


@wrong("You make a new nn.RNN, with weights of its own. Use the one that is given.")
def made_anew(rnn: nn.RNN, x: Tensor) -> Tensor:
    other = nn.RNN(rnn.input_size, rnn.hidden_size, dtype=x.dtype)
    return other(x)[0][-1]  # type: ignore[no-any-return]  # as above


@wrong("The RNN is left in another mode: do not call .eval() or .train() on it.")
def mode_changed(rnn: nn.RNN, x: Tensor) -> Tensor:
    rnn.train(not rnn.training)
    return rnn(x)[0][-1]  # type: ignore[no-any-return]  # as above


@wrong("You stop the gradients of the RNN's weights for good, or change them. Leave the RNN as it is.")
def weights_changed(rnn: nn.RNN, x: Tensor) -> Tensor:
    out = rnn(x)[0][-1].detach()
    with torch.no_grad():
        rnn.weight_hh_l0.mul_(0.5)
    return out  # type: ignore[no-any-return]  # as above


BANK = replace(
    last_state,
    builders={"recurrent_net": inspect.getsource(_recurrent_net)},
    checks=(Check("left as found", "The RNN keeps its mode and its weights.", _left_as_found, EXACT),),
)
