"""The checks of `ids_for(model, ids)`: a device without data, torch's "meta", stands in for a GPU."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks import EXACT, Bank, Call, Check, Draw, Get, Let, Make, Misconception, Probe, Ref, Variant

from . import _model_on

NAME = "ids_for"


def oracle(model: nn.Module, ids: Tensor) -> Tensor:
    return ids.to(next(model.parameters()).device)


def _model(device: str, buffer: bool = False) -> Make:
    return Make("model", "model_on", {"device": device, "buffer": buffer})


def _call(ids: Tensor) -> tuple[Let, Call]:
    return Let("ids", ids), Call(NAME, (Ref("model"), Ref("ids")))


def _same_device(draw: Draw) -> list[Probe]:
    rows, columns = draw.sizes(2)
    several = draw.integers(0, 9, rows, columns)
    return [Probe((_model("cpu"), *_call(ids)), ("out", "ids")) for ids in (several, draw.integers(0, 9, rows))]


def _dtypes(draw: Draw) -> list[Probe]:
    ids = draw.integers(0, 9, *draw.sizes(2))
    return [Probe((_model("cpu"), *_call(ids.to(dtype)))) for dtype in (torch.int32, torch.int16)]


def _other_device(draw: Draw) -> list[Probe]:
    """Where the ids are afterwards, and their number and axes: on meta there are no values."""
    facts = (Get("out.device.type", "device"), Get("out.ndim", "axes"), Call(Ref("out.numel"), save="number"))
    steps = (_model("meta"), *_call(draw.integers(0, 9, *draw.sizes(2))))
    return [Probe((*steps, *facts), ("device", "axes", "number"))]


def _model_stays(draw: Draw) -> list[Probe]:
    steps = (_model("meta", buffer=True), *_call(draw.integers(0, 9, *draw.sizes(2))))
    facts = (
        Get("model.0.weight.device.type", "of_model"),
        Get("ids.device.type", "given"),
        Get("out.device.type", "now"),
    )
    return [Probe((*steps, *facts), ("of_model", "given", "now"))]


def _both_elsewhere(draw: Draw) -> list[Probe]:
    return [Probe((_model("meta"), *_call(draw.integers(0, 9, *draw.sizes(2)))), device="meta")]


CHECKS = (
    Check("same device", "Where model and ids are on one device, the ids come back as they are.", _same_device, EXACT),
    Check("dtype kept", "The ids keep their dtype.", _dtypes, EXACT),
    Check("other device", "The ids go to the device of the model's parameters.", _other_device, EXACT, weight=2),
    Check("any device", "Ids that are where the model is stay there.", _both_elsewhere, EXACT),
    Check("model stays", "The model is not moved, and the ids given stay where they are.", _model_stays, EXACT),
)


def _first_named(model: nn.Module, ids: Tensor) -> Tensor:
    _, parameter = next(model.named_parameters())
    return ids.to(device=parameter.device)


def _from_the_state(model: nn.Module, ids: Tensor) -> Tensor:
    return ids.to(list(model.parameters())[-1].device, copy=True)


def _asked_of_a_set(model: nn.Module, ids: Tensor) -> Tensor:
    (device,) = {parameter.device for parameter in model.parameters()}
    return ids.to(device)


def _only_if_needed(model: nn.Module, ids: Tensor) -> Tensor:
    home = next(iter(model.parameters())).device
    return ids if ids.device == home else ids.to(home)


def _by_name(model: nn.Module, ids: Tensor) -> Tensor:
    return ids.to(str(next(model.parameters()).device))


def _made_empty(model: nn.Module, ids: Tensor) -> Tensor:
    there = torch.empty_like(ids, device=next(model.parameters()).device)
    return there.copy_(ids)


VARIANTS = (
    Variant("first_named", _first_named),
    Variant("last_parameter_copied", _from_the_state),
    Variant("asked_of_a_set", _asked_of_a_set),
    Variant("only_if_needed", _only_if_needed),
    Variant("by_name", _by_name),
    Variant("made_empty", _made_empty),
)


def _as_printed(model: nn.Module, ids: Tensor) -> Tensor:
    return ids


def _model_to_ids(model: nn.Module, ids: Tensor) -> Tensor:
    model.to_empty(device=ids.device)
    return ids


def _attribute(model: nn.Module, ids: Tensor) -> Tensor:
    return ids.to(model.device)  # type: ignore[arg-type]  # the mistake


def _dtype_too(model: nn.Module, ids: Tensor) -> Tensor:
    return ids.to(next(model.parameters()))


def _always_long(model: nn.Module, ids: Tensor) -> Tensor:
    return ids.long().to(next(model.parameters()).device)


def _in_a_batch(model: nn.Module, ids: Tensor) -> Tensor:
    return ids.reshape(1, -1).to(next(model.parameters()).device)


def _both(model: nn.Module, ids: Tensor) -> Any:
    return model, ids.to(next(model.parameters()).device)


def _nothing_returned(model: nn.Module, ids: Tensor) -> Any:
    ids.to(next(model.parameters()).device)


MISCONCEPTIONS = (
    Misconception(
        "as_printed",
        "The ids stay on the CPU, as in the printed code. Ask the model's parameters where they are, and go there.",
        _as_printed,
    ),
    Misconception("model_to_ids", "You move the model to the ids. The model stays; the ids travel.", _model_to_ids),
    Misconception(
        "attribute",
        "A module of torch has no attribute `device`: take that of its parameters, next(model.parameters()).device.",
        _attribute,
    ),
    Misconception(
        "dtype_too",
        "ids.to(tensor) takes over the dtype, too: ids become floats. Give only the device.",
        _dtype_too,
    ),
    Misconception(
        "always_long", "The dtype of the ids is kept: no .long(), and no new tensor made of numbers.", _always_long
    ),
    Misconception("in_a_batch", "The shape of the ids is kept.", _in_a_batch),
    Misconception("both", "Return the ids alone.", _both),
    Misconception("nothing_returned", "`to` changes nothing in place: return what it gives.", _nothing_returned),
)

BANK = Bank(
    NAME,
    oracle,
    CHECKS,
    MISCONCEPTIONS,
    VARIANTS,
    moderate="ids of tokens: there is nothing to overflow",
    builders={"model_on": inspect.getsource(_model_on)},
)
