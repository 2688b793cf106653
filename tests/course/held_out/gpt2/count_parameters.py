"""Held-out corpus for count_parameters: wrong and unusual right solutions."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def _storage(p: Tensor) -> object:
    """Something equal for two parameters exactly where they share one whole storage, and unlike for all others."""
    storage = p.untyped_storage()
    whole = p.numel() * p.element_size() == storage.nbytes() and storage.nbytes() > 0
    return ("storage", storage._cdata) if whole else ("parameter", id(p))


# ---------------------------------------------------------------- wrong


def frozen_ones_too(module: nn.Module) -> int:
    """Counts frozen parameters as well: differs as soon as one has requires_grad=False."""
    return sum({_storage(p): p.numel() for p in module.parameters()}.values())


def everything_in_the_state_dict(module: nn.Module) -> int:
    """Sums over the state dict: counts buffers (BatchNorm's running mean), frozen ones, and tied weights twice."""
    return sum(entry.numel() for entry in module.state_dict().values())


def each_object_once(module: nn.Module) -> int:
    """Counts each Parameter object once: two Parameters made on one storage (b.weight = nn.Parameter(a.weight.data)) count twice."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def every_name_counts(module: nn.Module) -> int:
    """Does not remove duplicates: a tied weight counts once for each of its names."""
    return sum(p.numel() for _, p in module.named_parameters(remove_duplicate=False) if p.requires_grad)


def module_after_module(module: nn.Module) -> int:
    """Walks over all modules and sums their own parameters: a weight tied between two modules counts twice."""
    total = 0
    for part in module.modules():
        total += sum(p.numel() for p in part.parameters(recurse=False) if p.requires_grad)
    return total


def equal_values_once(module: nn.Module) -> int:
    """Takes parameters of equal values for tied: two LayerNorms at initialisation (ones and zeros) count once."""
    seen: list[Tensor] = []
    for p in module.parameters():
        if p.requires_grad and not any(p.shape == q.shape and torch.equal(p, q) for q in seen):
            seen.append(p)
    return sum(p.numel() for p in seen)


def equal_shapes_once(module: nn.Module) -> int:
    """Keys by shape: two layers of the same size count once."""
    return sum({tuple(p.shape): p.numel() for p in module.parameters() if p.requires_grad}.values())


def zero_dimensional_result(module: nn.Module) -> Tensor:
    """Returns a 0-dim tensor in place of an int."""
    sizes = {_storage(p): p.numel() for p in module.parameters() if p.requires_grad}
    return torch.tensor(list(sizes.values()), dtype=torch.long).sum()


def in_millions(module: nn.Module) -> float:
    """Returns millions, as papers do, in place of an int."""
    sizes = {_storage(p): p.numel() for p in module.parameters() if p.requires_grad}
    return sum(sizes.values()) / 1e6


def direct_children_only(module: nn.Module) -> int:
    """Looks at the children's own parameters only: misses the module's own and those two levels down."""
    sizes = {}
    for child in module.children():
        for p in child.parameters(recurse=False):
            if p.requires_grad:
                sizes[_storage(p)] = p.numel()
    return sum(sizes.values())


def matrices_only(module: nn.Module) -> int:
    """Skips vectors ('biases hardly matter'): differs for every Linear with bias and every LayerNorm."""
    sizes = {_storage(p): p.numel() for p in module.parameters() if p.requires_grad and p.dim() > 1}
    return sum(sizes.values())


def with_gradient_so_far(module: nn.Module) -> int:
    """Counts parameters that have a gradient (p.grad is not None): 0 before the first backward pass."""
    sizes = {_storage(p): p.numel() for p in module.parameters() if p.grad is not None}
    return sum(sizes.values())


def nonzero_entries(module: nn.Module) -> int:
    """Counts entries that are not zero: a bias of zeros is missing."""
    sizes = {_storage(p): int(torch.count_nonzero(p)) for p in module.parameters() if p.requires_grad}
    return sum(sizes.values())


def seen_before_asked(module: nn.Module) -> int:
    """Notes a storage as seen before it asks for requires_grad: a trainable parameter that shares with an earlier frozen one is lost."""
    seen, total = set(), 0
    for p in module.parameters():
        key = _storage(p)
        if key in seen:
            continue
        seen.add(key)
        if p.requires_grad:
            total += p.numel()
    return total


def storages_once(module: nn.Module) -> int:
    """Keys by the storage's address alone: two parameters that are different halves of one flat tensor count as one of them."""
    sizes = {p.untyped_storage().data_ptr(): p.numel() for p in module.parameters() if p.requires_grad}
    return sum(sizes.values())


def left_in_training_mode(module: nn.Module) -> int:
    """Switches to training mode first 'so that parameters are trainable': the module was in eval mode before."""
    module.train()
    sizes = {_storage(p): p.numel() for p in module.parameters() if p.requires_grad}
    return sum(sizes.values())


def thawed_first(module: nn.Module) -> int:
    """Calls requires_grad_(True) on the module: frozen parameters count, and the module is changed."""
    module.requires_grad_(True)
    return sum({_storage(p): p.numel() for p in module.parameters()}.values())


def linear_layers_by_formula(module: nn.Module) -> int:
    """Adds up n_in * n_out + n_out over Linear layers: Embedding, LayerNorm and bare Parameters are missing, no bias is not seen."""
    layers = {id(part): part for part in module.modules() if isinstance(part, nn.Linear)}
    return sum(layer.in_features * layer.out_features + layer.out_features for layer in layers.values())


def size_of_the_first_axis(module: nn.Module) -> int:
    """Uses len(p), the first axis, in place of numel; a 0-dim parameter raises."""
    return sum({_storage(p): len(p) for p in module.parameters() if p.requires_grad}.values())


def bytes_over_four(module: nn.Module) -> int:
    """Memory divided by 4 bytes: right in float32, half in float16, twice in float64."""
    sizes = {_storage(p): p.numel() * p.element_size() for p in module.parameters() if p.requires_grad}
    return sum(sizes.values()) // 4


def frozen_by_module(module: nn.Module) -> int:
    """Leaves out a whole submodule if any parameter of it is frozen: its trainable bias beside a frozen weight is missing."""
    sizes = {}
    for part in module.modules():
        own = list(part.parameters(recurse=False))
        if all(p.requires_grad for p in own):
            sizes.update({_storage(p): p.numel() for p in own})
    return sum(sizes.values())


# ---------------------------------------------------------------- right


def by_sets_of_keys(module: nn.Module) -> int:
    """Right: recursion over submodules, one dictionary of the trainable ones."""

    def collect(part: nn.Module, into: dict[object, int]) -> dict[object, int]:
        for p in part._parameters.values():
            if p is not None and p.requires_grad:
                into.setdefault(_storage(p), p.nelement())
        for child in part.children():
            collect(child, into)
        return into

    return sum(collect(module, {}).values())


def by_pairwise_comparison(module: nn.Module) -> int:
    """Right: each trainable parameter against those before it, tied where both fill the same storage."""
    before: list[Tensor] = []
    total = 0
    for _, p in module.named_parameters():
        if not p.requires_grad:
            continue
        if not any(_storage(p) == _storage(q) for q in before):
            total += torch.Size(p.shape).numel()
        before.append(p)
    return int(total)


def by_sorting_the_keys(module: nn.Module) -> int:
    """Right: sizes and keys in two lists, the first of each key counted."""
    chosen = list(filter(lambda p: p.requires_grad, module.parameters()))
    keys = [_storage(p) for p in chosen]
    return sum(p.numel() for i, p in enumerate(chosen) if keys.index(keys[i]) == i)


WRONG = (
    frozen_ones_too,
    everything_in_the_state_dict,
    each_object_once,
    every_name_counts,
    module_after_module,
    equal_values_once,
    equal_shapes_once,
    zero_dimensional_result,
    in_millions,
    direct_children_only,
    matrices_only,
    with_gradient_so_far,
    nonzero_entries,
    seen_before_asked,
    storages_once,
    left_in_training_mode,
    thawed_first,
    linear_layers_by_formula,
    size_of_the_first_axis,
    bytes_over_four,
    frozen_by_module,
)
RIGHT = (by_sets_of_keys, by_pairwise_comparison, by_sorting_the_keys)
