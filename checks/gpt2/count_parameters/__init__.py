"""The checks of `count_parameters(module)`; the modules are made by `sandbox/builders/module.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from autograder.checks import EXACT, Bank, Call, Check, Draw, Get, Make, Probe, Ref, Step

from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "count_parameters"


def oracle(module: nn.Module) -> int:
    """The sizes of the parameters that are trained; those that fill one storage, each by itself, are one."""
    trained = [p for p in module.parameters() if p.requires_grad]
    whole = [p for p in trained if p.nbytes == p.untyped_storage().nbytes()]
    parts = sum(p.numel() for p in trained) - sum(p.numel() for p in whole)
    return parts + sum({p.untyped_storage().data_ptr(): p.numel() for p in whole}.values())


def _sizes(draw: Draw, n: int) -> list[int]:
    """`n` different sizes from 2 to 12."""
    return [int(size) + 2 for size in draw.permutation(11)[:n]]


def _counts(**modules: Mapping[str, Any]) -> list[Probe]:
    """One count for each of the modules, given by the builder's options."""
    makes = [Make(f"{name}_module", "module", options) for name, options in modules.items()]
    calls = [Call(NAME, (Ref(f"{name}_module"),), save=name) for name in modules]
    return [Probe((*makes, *calls), tuple(modules))]


def _layers(draw: Draw) -> list[Probe]:
    a, b, c, d = _sizes(draw, 4)
    linear = {"layers": {"only": ["linear", a, b]}}
    several = {"layers": {"words": ["embedding", c, a], "norm": ["layer_norm", a], "out": ["linear", a, d, False]}}
    return _counts(linear=linear, several=several)


def _nested(draw: Draw) -> list[Probe]:
    a, b, c, d = _sizes(draw, 4)
    inside = {"first": ["linear", a, b], "deep": {"second": ["linear", b, c], "scale": ["parameter", d]}}
    return _counts(out={"layers": {"block": inside, "conv": ["conv", a, d, 3], "temperature": ["parameter"]}})


def _alike(draw: Draw) -> list[Probe]:
    """Parameters of one shape, and of one value, that are not the same."""
    a, b = _sizes(draw, 2)
    layers = {"norm1": ["layer_norm", a], "norm2": ["layer_norm", a], "up": ["linear", a, b], "again": ["linear", a, b]}
    return _counts(out={"layers": layers})


def _frozen(draw: Draw) -> list[Probe]:
    a, b, c = _sizes(draw, 3)
    layers = {"first": ["linear", a, b], "second": ["linear", b, c], "norm": ["layer_norm", c]}
    some = {"layers": layers, "frozen": ["first.weight", "norm.weight", "norm.bias"]}
    everything = {"layers": {"only": ["linear", a, b]}, "frozen": ["only.weight", "only.bias"]}
    return _counts(some=some, everything=everything)


def _buffers(draw: Draw) -> list[Probe]:
    a, b = _sizes(draw, 2)
    return _counts(out={"layers": {"up": ["linear", a, b], "norm": ["batch_norm", b]}})


def _tied(draw: Draw) -> list[Probe]:
    v, d, h = _sizes(draw, 3)
    layers = {"words": ["embedding", v, d], "body": {"up": ["linear", d, h]}, "head": ["linear", d, v, False]}
    return _counts(out={"layers": layers, "tied": [["words.weight", "head.weight"]]})


def _shared(draw: Draw) -> list[Probe]:
    v, d, h = _sizes(draw, 3)
    layers = {"words": ["embedding", v, d], "norm": ["layer_norm", d], "head": ["linear", d, v, False]}
    back = {"words": ["embedding", v, d], "up": ["linear", d, h], "back": ["linear", v, d, False]}
    return _counts(
        same={"layers": layers, "shared": [["words.weight", "head.weight"]]},
        transposed={"layers": back, "transposed": [["words.weight", "back.weight"]]},
        one_frozen={"layers": layers, "shared": [["words.weight", "head.weight"]], "frozen": ["words.weight"]},
    )


def _parts(draw: Draw) -> list[Probe]:
    a, b, c = _sizes(draw, 3)
    layers = {"up": ["linear", a, b], "norm": ["layer_norm", b], "down": ["linear", b, c]}
    return _counts(out={"layers": layers, "parts": [["up.weight", "down.weight", "norm.bias"]]})


def _dtypes(draw: Draw) -> list[Probe]:
    a, b, c = _sizes(draw, 3)
    layers = {"up": ["linear", a, b], "norm": ["layer_norm", b], "down": ["linear", b, c]}
    wide = {name: "float64" for name in ("up.weight", "up.bias", "norm.weight", "norm.bias")}
    return _counts(
        wide={"layers": layers, "dtypes": wide},
        narrow={"layers": layers, "dtypes": {"up.weight": "float16", "down.weight": "bfloat16"}},
    )


STATES = (
    "training", "up.training", "inner.norm.training", "inner.down.training",
    "up.weight.requires_grad", "up.bias.requires_grad", "inner.norm.bias.requires_grad",
)  # fmt: skip  # modes, then what is frozen


def _untouched(draw: Draw) -> list[Probe]:
    """One module in eval mode, and one in training mode with a part that is not; both with a frozen weight."""
    a, b, c = _sizes(draw, 3)
    layers = {"up": ["linear", a, b], "inner": {"norm": ["batch_norm", b], "down": ["linear", b, c]}}
    frozen = ["up.weight", "inner.norm.bias"]
    steps: list[Step] = []
    for name, resting in (("rests", ["", "inner"]), ("trains", ["inner.norm"])):
        steps += [
            Make(f"{name}_module", "module", {"layers": layers, "frozen": frozen, "eval": resting}),
            Call(NAME, (Ref(f"{name}_module"),), save=name),
            *(Get(f"{name}_module.{place}", f"{name}_{number}") for number, place in enumerate(STATES)),
        ]
    saved = [step.save for step in steps if isinstance(step, Call | Get)]
    return [Probe(tuple(steps), tuple(saved))]


CHECKS = (
    Check("layers", "The entries of all parameters, weights and biases.", _layers, EXACT, weight=2),
    Check("nested", "Modules inside modules count too, and so do bare parameters.", _nested, EXACT),
    Check("alike", "Two parameters of the same shape or values are still two.", _alike, EXACT),
    Check("frozen", "Parameters that are not trained (requires_grad False) do not count.", _frozen, EXACT, weight=2),
    Check("buffers", "Buffers, such as the running mean of a batch norm, are no parameters.", _buffers, EXACT),
    Check("one parameter, two names", "A parameter that has two names counts once.", _tied, EXACT),
    Check(
        "two parameters, one memory",
        "Two parameters on the same memory count once, if either is trained.",
        _shared,
        EXACT,
    ),
    Check("parts of one memory", "Parameters that are different parts of one memory are not the same.", _parts, EXACT),
    Check("dtypes", "What counts are entries: how many bytes each takes does not matter.", _dtypes, EXACT),
    Check("module untouched", "Its modes (train or eval), and what is frozen, stay as they were.", _untouched, EXACT),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
