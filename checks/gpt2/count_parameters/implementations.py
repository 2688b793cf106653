"""Ways to write count_parameters: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def by_memory(module: nn.Module) -> int:
    total, seen = 0, set()
    for parameter in module.parameters():
        if parameter.requires_grad and parameter.data_ptr() not in seen:
            seen.add(parameter.data_ptr())
            total += parameter.numel()
    return total


def by_place_and_size(module: nn.Module) -> int:
    found = {(p.untyped_storage().data_ptr(), p.storage_offset(), p.numel()) for p in trained(module)}
    return sum(size for _, _, size in found)


def trained(module: nn.Module) -> list[Tensor]:
    return [p for p in module.parameters() if p.requires_grad]


def module_by_module(module: nn.Module) -> int:
    places = {}
    for part in module.modules():
        for parameter in part.parameters(recurse=False):
            if parameter.requires_grad:
                places[parameter.detach().data_ptr()] = math.prod(parameter.shape)
    return sum(places.values())


def recursive(module: nn.Module) -> int:
    return sum(collected(module, {}).values())


def collected(module: nn.Module, places: dict[int, int]) -> dict[int, int]:
    for _, parameter in module.named_parameters(recurse=False):
        if parameter.requires_grad:
            places.setdefault(parameter.data_ptr(), parameter.nelement())
    for child in module.children():
        collected(child, places)
    return places


def sorted_by_memory(module: nn.Module) -> int:
    places = sorted((p.data_ptr(), p.numel()) for _, p in module.named_parameters() if p.requires_grad)
    return sum(size for i, (place, size) in enumerate(places) if i == 0 or places[i - 1][0] != place)


def compared_pairwise(module: nn.Module) -> int:
    kept: list[Tensor] = []
    for parameter in module.parameters():
        if parameter.requires_grad and not any(parameter.is_set_to(k) or same_memory(parameter, k) for k in kept):
            kept.append(parameter)
    return sum(len(parameter.flatten()) for parameter in kept)


def same_memory(one: Tensor, other: Tensor) -> bool:
    return bool(one.data_ptr() == other.data_ptr() and one.nbytes == other.nbytes)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (by_memory, by_place_and_size, module_by_module, recursive, sorted_by_memory, compared_pairwise)
)

# ---- wrong ----------------------------------------------------------------------------------------------------


def frozen_too(module: nn.Module) -> int:
    return sum({p.data_ptr(): p.numel() for p in module.parameters()}.values())


def frozen_hides_trained(module: nn.Module) -> int:
    total, seen = 0, set()
    for parameter in module.parameters():
        if parameter.data_ptr() in seen:
            continue
        seen.add(parameter.data_ptr())
        total += parameter.numel() if parameter.requires_grad else 0
    return total


def frozen_only(module: nn.Module) -> int:
    return sum({p.data_ptr(): p.numel() for p in module.parameters() if not p.requires_grad}.values())


def every_object_once(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def everything(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def every_name(module: nn.Module) -> int:
    named = module.named_parameters(remove_duplicate=False)
    return sum(p.numel() for _, p in named if p.requires_grad)


def buffers_too(module: nn.Module) -> int:
    return by_memory(module) + sum(b.numel() for b in module.buffers())


def of_the_state_dict(module: nn.Module) -> int:
    return sum(value.numel() for value in module.state_dict().values())


def of_the_first_level(module: nn.Module) -> int:
    own = [p for child in module.children() for p in child.parameters(recurse=False) if p.requires_grad]
    return sum({p.data_ptr(): p.numel() for p in own}.values())


def weights_only(module: nn.Module) -> int:
    named = {p.data_ptr(): p.numel() for name, p in module.named_parameters() if p.requires_grad and "bias" not in name}
    return sum(named.values())


def matrices_only(module: nn.Module) -> int:
    return sum({p.data_ptr(): p.numel() for p in trained(module) if p.dim() == 2}.values())


def biases_and_norms_left_out(module: nn.Module) -> int:
    return sum({p.data_ptr(): p.numel() for p in trained(module) if p.dim() > 1}.values())


def linear_layers_only(module: nn.Module) -> int:
    parts = [part for part in module.modules() if isinstance(part, nn.Linear)]
    return sum({p.data_ptr(): p.numel() for part in parts for p in trained(part)}.values())


def by_the_formula(module: nn.Module) -> int:
    parts = [part for part in module.modules() if isinstance(part, nn.Linear)]
    return sum((part.in_features + 1) * part.out_features for part in parts)


def partly_frozen_left_out(module: nn.Module) -> int:
    parts = [list(part.parameters(recurse=False)) for part in module.modules()]
    whole = [p for part in parts if all(p.requires_grad for p in part) for p in part]
    return sum({p.data_ptr(): p.numel() for p in whole}.values())


def with_a_gradient(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.grad is not None)


def nonzero_entries(module: nn.Module) -> int:
    return sum({p.data_ptr(): int((p != 0).sum()) for p in trained(module)}.values())


def number_of_tensors(module: nn.Module) -> int:
    return len({p.data_ptr() for p in trained(module)})


def first_dimensions(module: nn.Module) -> int:
    return sum({p.data_ptr(): p.shape[0] if p.dim() else 1 for p in trained(module)}.values())


def lengths(module: nn.Module) -> int:
    return sum({p.data_ptr(): len(p) for p in trained(module)}.values())


def bytes_over_four(module: nn.Module) -> int:
    return sum({p.data_ptr(): p.nbytes for p in trained(module)}.values()) // 4


def of_each_storage(module: nn.Module) -> int:
    return sum({p.untyped_storage().data_ptr(): p.numel() for p in trained(module)}.values())


def whole_storages(module: nn.Module) -> int:
    memories = {p.untyped_storage().data_ptr(): p for p in trained(module)}
    return sum(p.untyped_storage().nbytes() // p.element_size() for p in memories.values())


def put_in_training_mode(module: nn.Module) -> int:
    module.train()
    return by_memory(module)


def put_in_eval_mode(module: nn.Module) -> int:
    module.eval()
    return by_memory(module)


def thawed(module: nn.Module) -> int:
    module.requires_grad_(True)
    return by_memory(module)


def in_millions(module: nn.Module) -> Any:
    return by_memory(module) / 1e6


def bytes_instead(module: nn.Module) -> int:
    return sum({p.data_ptr(): p.nbytes for p in trained(module)}.values())


def same_shape_once(module: nn.Module) -> int:
    return sum({tuple(p.shape): p.numel() for p in trained(module)}.values())


def same_values_once(module: nn.Module) -> int:
    kept: list[Tensor] = []
    for parameter in trained(module):
        if not any(torch.equal(parameter, other) for other in kept):
            kept.append(parameter)
    return sum(p.numel() for p in kept)


def sum_of_values(module: nn.Module) -> Any:
    return sum({p.data_ptr(): p.sum().item() for p in trained(module)}.values())


def a_tensor(module: nn.Module) -> Any:
    return torch.tensor(by_memory(module))


def a_float(module: nn.Module) -> Any:
    return float(by_memory(module))


TEXTS = {
    frozen_too: "Frozen parameters are counted: leave out those whose requires_grad is False.",
    frozen_hides_trained: "A trained parameter is left out because a frozen one on the same memory came first: look "
    "at requires_grad before you remember the memory.",
    frozen_only: "Only frozen parameters are counted: it is those with requires_grad True that are trained.",
    every_object_once: "Two parameters that are different objects on the same memory are counted twice: remember the "
    "memory (p.data_ptr()), not the object.",
    everything: "Nothing is left out: frozen parameters do not count, and two parameters on the same memory count "
    "once.",
    every_name: "A parameter with two names is counted twice: module.parameters() gives each one once, and those on "
    "the same memory are told by p.data_ptr().",
    buffers_too: "Buffers are counted: they are part of the state, but nothing trains them.",
    of_the_state_dict: "Everything in the state dict is counted: that includes buffers, frozen parameters, and tied "
    "ones once for each name.",
    of_the_first_level: "Only the module's direct children are counted: module.parameters() goes all the way down.",
    weights_only: "Biases are not counted: they are parameters too.",
    matrices_only: "Only matrices are counted: biases, norms and other shapes have parameters too.",
    biases_and_norms_left_out: "Parameters with one dimension or none are not counted: biases and norms are parameters "
    "too.",
    by_the_formula: "You count (n_in + 1) n_out for each Linear layer: others have parameters too, some have no bias, "
    "some are frozen or shared. Go through module.parameters().",
    partly_frozen_left_out: "A layer is left out as a whole if one of its parameters is frozen: look at each one.",
    with_a_gradient: "Only parameters that have a gradient already are counted: whether one is trained stands in "
    "p.requires_grad.",
    nonzero_entries: "Entries that are 0 are not counted: they are parameters whose value happens to be 0.",
    linear_layers_only: "Only Linear layers are counted: embeddings, norms and others have parameters too.",
    number_of_tensors: "This is the number of parameter tensors: add up how many entries each has, p.numel().",
    first_dimensions: "This adds up the first dimensions only: p.numel() is the product of them all.",
    lengths: "len(p) is the size of the first dimension, and fails where there is none: p.numel() is the product of "
    "all.",
    bytes_over_four: "Bytes are divided by 4, the size of a float32: other dtypes have other sizes. Count p.numel().",
    of_each_storage: "Parameters that are different parts of one memory are taken for the same: p.data_ptr() is where "
    "each begins.",
    whole_storages: "The whole memory is counted where a parameter is a part of it: count p.numel() of each.",
    put_in_training_mode: "module.train() changes the mode it was in: counting needs no mode.",
    put_in_eval_mode: "module.eval() changes the mode it was in: counting needs no mode.",
    thawed: "You set requires_grad of all parameters, so the module is changed, and the frozen ones count.",
    in_millions: "You return millions: return how many there are, an int.",
    bytes_instead: "This is the number of bytes: count entries, p.numel().",
    same_shape_once: "Parameters of the same shape are counted once, though each is trained on its own: compare their "
    "memory (p.data_ptr()).",
    same_values_once: "Parameters with the same values are counted once, though each is trained on its own: compare "
    "their memory (p.data_ptr()).",
    sum_of_values: "This is the sum of the parameters' values: count entries, p.numel().",
    a_tensor: "You return a tensor: return an int.",
    a_float: "You return a float: return an int.",
}

MISCONCEPTIONS = tuple(Misconception(wrong.__name__, text, wrong) for wrong, text in TEXTS.items())
