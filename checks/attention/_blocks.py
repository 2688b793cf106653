"""What the banks of EncoderBlock and DecoderBlock share: the parts of an oracle, drawn weights, and small fixtures.

Sizes in the fixtures: batch 3, 5 positions, a memory of 7, 6 heads of width 3, 22 features in between, so that no two
can be mistaken; also one head of width 11, and, where the check says so, equal sizes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import ClassVar

import torch
import torch.nn.functional as F

from autograder.checks import Backward, Call, Draw, Load, Probe, Ref, Step, Tolerance

from ._shared import unordered
from .MultiHeadAttention import PROJECTIONS
from .MultiHeadAttention import Oracle as Attention

BATCH, HEADS, T, S, D, D_FF = 3, 6, 5, 7, 18, 22
OTHER = (11, 1, 13)  # d_model, n_heads, d_ff of a second block
GAINS = {"ff.0": 0.6, "ff.2": 3.0}  # a weight is 1 / sqrt(features that enter) in size, times this
LONG = 1030  # positions: more than GPT-2's causal mask has
EPS = 1e-5  # of nn.LayerNorm as it comes


class BlockOracle:
    """The parts of a block with what the probes ask of a module, without being one: to make and load an nn.Module costs
    more than to run it. A subclass names its norms and attentions, and says in what order they come."""

    norms: ClassVar[tuple[str, ...]]
    attentions: ClassVar[tuple[str, ...]]

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        for name in self.norms:
            setattr(self, name, SimpleNamespace(weight=None, bias=None))
        for name in self.attentions:
            setattr(self, name, Attention(d_model, n_heads))
        layers = {layer: SimpleNamespace(weight=None, bias=None) for layer in ("0", "2")}  # GELU is 1
        self.ff = SimpleNamespace(**layers)

    def named_parameters(self) -> Iterator[tuple[str, torch.Tensor | None]]:
        return ((path, None) for path in parameter_names(self.norms, self.attentions))

    def load_state_dict(self, state: Mapping[str, torch.Tensor], strict: bool = True) -> None:
        for path in parameter_names(self.norms, self.attentions):
            *owners, last = path.split(".")
            part: object = self
            for owner in owners:
                part = getattr(part, owner)
            setattr(part, last, state[path].requires_grad_())

    def to(self, _: object) -> BlockOracle:
        return self

    def eval(self) -> BlockOracle:
        return self

    def normed(self, name: str, x: torch.Tensor) -> torch.Tensor:
        """nn.LayerNorm `name` of x (..., D): Ba et al. 2016, equation 4."""
        norm: SimpleNamespace = getattr(self, name)
        centered = x - x.mean(-1, keepdim=True)
        spread = (centered.square().mean(-1, keepdim=True) + EPS).sqrt()
        scaled: torch.Tensor = norm.weight * centered / spread + norm.bias
        return scaled

    def fed(self, x: torch.Tensor) -> torch.Tensor:
        """The two Linear with x Phi(x) between them, Phi the normal distribution (Hendrycks & Gimpel 2016)."""
        first, second = (getattr(self.ff, layer) for layer in ("0", "2"))
        hidden = F.linear(x, first.weight, first.bias)
        hidden = hidden * (1 + torch.erf(hidden / math.sqrt(2))) / 2
        projected: torch.Tensor = F.linear(hidden, second.weight, second.bias)
        return projected


def parameter_names(norms: tuple[str, ...], attentions: tuple[str, ...]) -> tuple[str, ...]:
    owners = (*norms, *(f"{a}.{p}" for a in attentions for p in PROJECTIONS), "ff.0", "ff.2")
    return tuple(f"{owner}.{part}" for owner in owners for part in ("weight", "bias"))


class Fixtures:
    """Draws modules of one block and inputs for them."""

    def __init__(self, name: str, oracle: type[BlockOracle]) -> None:
        self.name = name
        self.parameters = parameter_names(oracle.norms, oracle.attentions)

    def state(self, draw: Draw, d: int, d_ff: int) -> dict[str, torch.Tensor]:
        """Weights that about keep the size of what they multiply."""
        return {path: self._drawn(draw, path, d, d_ff) for path in self.parameters}

    def _drawn(self, draw: Draw, path: str, d: int, d_ff: int) -> torch.Tensor:
        owner, part = path.rsplit(".", 1)
        if path == "ff.0.bias":  # what enters GELU is near 2.6 or -2.6, where its exact and its tanh form differ most
            signs = draw.until(lambda: 2.0 * draw.integers(0, 2, d_ff) - 1, lambda s: abs(float(s.mean())) < 0.5)
            return signs * (2.6 + draw.normal(d_ff, scale=0.3))
        if part == "bias":
            return draw.normal(d, scale=0.5)
        if owner.startswith("norm"):
            return 1.0 + draw.normal(d, scale=0.4)
        width, entering = {"ff.0": (d_ff, d), "ff.2": (d, d_ff)}.get(owner, (d, d))
        return draw.normal(width, entering, scale=GAINS.get(owner, 1.0) / math.sqrt(entering))

    def module(
        self, draw: Draw, sizes: tuple[int, int, int] = (D, HEADS, D_FF), *, save: str = "m"
    ) -> tuple[Step, ...]:
        """Slot `save`: the module with drawn weights."""
        return Call(self.name, sizes, save=save), Load(save, self.state(draw, sizes[0], sizes[2]))

    def backward(self, draw: Draw, *steps: Step, inputs: tuple[str, ...]) -> Probe:
        """A probe of `steps`, the last of which saves "out"; and back from there, and from the same call in evaluation
        mode, to `inputs` and every parameter."""
        gradients = (*inputs, *(f"m.{path}" for path in self.parameters))
        *lets, call = steps
        assert isinstance(call, Call)
        both = (
            replace(call, save="trained"),
            Call(Ref("m.eval"), save="same"),
            replace(call, save="evaluated"),
            Call(Ref("trained.add"), (Ref("evaluated"),)),
        )
        whole = (*self.module(draw), *lets, *both, Backward("out", draw.normal(BATCH, T, D)))
        return Probe(whole, ("out", *(f"{name}.grad" for name in gradients)))


def inputs(
    draw: Draw,
    length: int = T,
    *,
    scale: float = 3.0,
    dtype: torch.dtype = torch.float32,
    batch: int = BATCH,
    d: int = D,
) -> torch.Tensor:
    """(B, length, D); by default its variance is far above the eps of a norm, which then does not show."""
    return unordered(draw, batch, length, d, scale=scale, dtype=dtype)


def forward(*args: object, save: str = "out", module: str = "m", **kwargs: object) -> Call:
    return Call(Ref(module), args, kwargs, save=save)


def counted_forward(*args: object, save: str, module: str = "m") -> Call:
    return Call(Ref(module), args, save=save, count="operators")


ROUNDINGS = Tolerance(16, "norms, attentions and products of 22 in a row: some roundings; 10 times that", 22)
SMALL = Tolerance(48, "as above; norms of a small x also enlarge what was rounded in it", 22)
BACKWARD = Tolerance(64, "as forward, and back through each of its steps; sums over 3 sequences of 7", 22)
LARGE_IS_NARROW = "x is in the thousands and takes up float32's digits: what both halves add is small beside it"
