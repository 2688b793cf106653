"""A module of a few layers to count the parameters of: nested, frozen, tied or sharing memory, as the options say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

LAYERS: dict[str, Callable[..., nn.Module]] = {
    "linear": nn.Linear,
    "embedding": nn.Embedding,
    "layer_norm": nn.LayerNorm,
    "batch_norm": nn.BatchNorm1d,
    "conv": nn.Conv1d,
}


def make(options: Mapping[str, Any], device: str) -> nn.Module:
    """A module on `device` with what `options` lists, all of it plain data:

    - "layers": name -> [kind, *sizes], with kind a key of LAYERS or "parameter" (a bare one of that shape), or
      name -> such a mapping again, for a module inside;
    - "frozen": paths of parameters that are not trained;
    - "tied": pairs of paths; the second one becomes the very parameter that stands at the first;
    - "shared": pairs of paths; the second one becomes a parameter of its own on the whole memory of the first;
    - "transposed": as "shared", seen as the transposed matrix;
    - "parts": lists of paths; they become parameters of their own, one after the other in one memory, which is larger
      than all of them;
    - "dtypes": path -> the name of another dtype of torch, for the parameter there;
    - "eval": paths of the modules that are in eval mode; "" is the whole.
    """
    module = _module(options["layers"], device)
    for path in options.get("frozen", ()):
        module.get_parameter(path).requires_grad_(False)
    for first, second in options.get("tied", ()):
        _put(module, second, module.get_parameter(first))
    for first, second in options.get("shared", ()):
        _put(module, second, nn.Parameter(module.get_parameter(first).detach()))
    for first, second in options.get("transposed", ()):
        _put(module, second, nn.Parameter(module.get_parameter(first).detach().T))
    for paths in options.get("parts", ()):
        whole = torch.ones(sum(module.get_parameter(path).numel() for path in paths) + 1, device=device)
        start = 0
        for path in paths:
            shape = module.get_parameter(path).shape
            _put(module, path, nn.Parameter(whole[start : start + shape.numel()].view(shape)))
            start += shape.numel()
    for path, dtype in options.get("dtypes", {}).items():
        _put(module, path, nn.Parameter(module.get_parameter(path).detach().to(getattr(torch, dtype))))
    for path in options.get("eval", ()):
        module.get_submodule(path).eval()
    return module


def _module(layers: Mapping[str, Any], device: str) -> nn.Module:
    module = nn.Module()
    for name, layer in layers.items():
        if isinstance(layer, Mapping):
            module.add_module(name, _module(layer, device))
            continue
        kind, *sizes = layer
        if kind == "parameter":
            module.register_parameter(name, nn.Parameter(torch.ones(sizes, device=device)))
        else:
            module.add_module(name, LAYERS[kind](*sizes, device=device))
    return module


def _put(module: nn.Module, path: str, parameter: nn.Parameter) -> None:
    owner, _, name = path.rpartition(".")
    setattr(module.get_submodule(owner), name, parameter)
