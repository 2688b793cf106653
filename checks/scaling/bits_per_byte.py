"""The checks of `bits_per_byte(loss, n_tokens, n_bytes)`."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(without=("float64",), about="The loss of all tokens together, in bits, for each byte that they spell.")
def bits_per_byte(draw: Draw) -> Arguments:
    n_tokens = draw.integer(300, 900)
    return {"loss": draw.number(2.0, 6.0), "n_tokens": n_tokens, "n_bytes": int(n_tokens * draw.number(3.0, 6.0))}


@case("The loss may be a tensor of shape (). The result is a Python float all the same.", alone=True)
def loss_as_a_tensor(draw: Draw) -> list[Arguments]:
    return [
        {"loss": torch.tensor(draw.number(2.0, 6.0), dtype=dtype), "n_tokens": draw.integer(30, 90), "n_bytes": 300}
        for dtype in (torch.float64, torch.float32)
    ]


@case("More bytes than tokens or as many: bytes themselves may be the tokens.", alone=True)
def bytes_as_tokens(draw: Draw) -> list[Arguments]:
    n, more = draw.integer(30, 90), draw.integer(5, 9)
    return [
        {"loss": draw.number(1.0, 3.0), "n_tokens": n, "n_bytes": n},
        {"loss": draw.number(1.0, 3.0), "n_tokens": more * n, "n_bytes": n},
        {"loss": math.log(2), "n_tokens": 3, "n_bytes": 1_000_000},
    ]


@case("A whole number as the loss, and texts of many millions of tokens.", alone=True)
def large_texts(draw: Draw) -> list[Arguments]:
    return [
        {"loss": 3, "n_tokens": 10**9 + draw.integer(0, 999), "n_bytes": 3 * 10**9},
        {"loss": 0.0, "n_tokens": draw.integer(30, 90), "n_bytes": 300},
    ]


@right
def step_by_step(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    nats = n_tokens * float(loss)
    bits = nats / math.log(2)
    return bits / n_bytes


@right
def by_log2_of_e(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return float(loss) * math.log2(math.e) * (n_tokens / n_bytes)


@right
def over_bytes_per_token(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    bytes_per_token = n_bytes / n_tokens
    return float(loss) / (math.log(2) * bytes_per_token)


@right
def in_torch(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    wide = torch.as_tensor(loss, dtype=torch.float64)
    return (wide * n_tokens / n_bytes / torch.tensor(2.0, dtype=torch.float64).log()).item()


@right
def item_if_a_tensor(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    number = loss.item() if isinstance(loss, Tensor) else loss
    return number / math.log(2, math.e) * n_tokens / n_bytes


@right
def by_shannon(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return -math.log2(math.exp(-float(loss) / 8)) * 8 * n_tokens / n_bytes


@wrong("These are nats for each byte. Divide by ln 2 to get bits.")
def still_nats(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return float(loss) * n_tokens / n_bytes


@wrong("You multiply by ln 2. A bit is 0.69 nats, so the number of bits is the larger one: divide by ln 2.")
def multiplied_by_ln_2(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return float(loss) * n_tokens / n_bytes * math.log(2)


@wrong("Tokens and bytes are swapped: the loss of all tokens, loss * n_tokens, is spread over the bytes.")
def swapped(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return float(loss) * n_bytes / n_tokens / math.log(2)


@wrong("These are bits for each token. Tokens of different models have different lengths: go on to bytes.")
def bits_per_token(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return float(loss) / math.log(2)


@wrong("The loss is the mean over tokens, so the whole text costs loss * n_tokens. You divide the mean by the bytes.")
def mean_over_bytes(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return float(loss) / n_bytes / math.log(2)


@wrong("You take the loss of the whole text and do not divide it by the bytes.")
def whole_text(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return float(loss) * n_tokens / math.log(2)


@wrong("log10 gives decimal digits. Bits come from the logarithm to the base 2: divide nats by ln 2.")
def decimal_digits(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return float(loss) * n_tokens / n_bytes / math.log(10)


@wrong("You divide by 8 more. The bits asked for are spent for each byte, not for each of its 8 places.")
def divided_by_eight(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return float(loss) * n_tokens / n_bytes / math.log(2) / 8


@wrong("You take log2 of the loss. The loss is a logarithm already: only its base changes, by a factor.")
def log_of_the_loss(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return math.log2(max(float(loss), 1e-9)) * n_tokens / n_bytes


@wrong("This is a perplexity, e to the loss for each byte. The number of bits is asked.")
def perplexity(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return math.exp(float(loss) * n_tokens / n_bytes)


@wrong("`//` drops the fraction of the tokens for each byte. Divide with `/`.")
def whole_division(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return float(loss) / (n_bytes // n_tokens if n_bytes >= n_tokens else 1 / (n_tokens // n_bytes)) / math.log(2)


@wrong("A loss that is a tensor gives you a tensor. A Python float is asked: begin with float(loss).")
def tensor_returned(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    found = loss * n_tokens / n_bytes / math.log(2)
    return found if isinstance(found, Tensor) else float(found)  # type: ignore[return-value]  # the mistake


@wrong("Only tensors are understood: `.item()` fails for a loss that is a float. float(loss) takes both.")
def tensors_only(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return loss.item() * n_tokens / n_bytes / math.log(2)  # type: ignore[union-attr]  # the mistake


@wrong("You round the result. Keep the float as it is, and round when you print.")
def rounded(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    return round(float(loss) * n_tokens / n_bytes / math.log(2), 2)
