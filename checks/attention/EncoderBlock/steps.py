"""An EncoderBlock in small steps, and the known wrong ways to make its parameters, norms and sums; what a student reads
is in `misconceptions`.
"""

from __future__ import annotations

from torch import Tensor, nn

from ..MultiHeadAttention.variants import Textbook


class EncoderSteps(nn.Module):
    """A right block in small steps; each mistake below replaces one of them."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attn = self.attention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.ff = self.feed_forward(d_model, d_ff)

    def attention(self, d_model: int, n_heads: int) -> nn.Module:
        return Textbook(d_model, n_heads)

    def feed_forward(self, d_model: int, d_ff: int) -> nn.Sequential:
        return nn.Sequential(nn.Linear(d_model, d_ff), self.activation(), nn.Linear(d_ff, d_model))

    def activation(self) -> nn.Module:
        return nn.GELU()

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.second_half(self.first_half(x, mask))

    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return x + self.attended(self.norm1(x), mask)

    def second_half(self, x: Tensor) -> Tensor:
        return x + self.fed(self.norm2(x))

    def attended(self, x: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.attn(x, mask=mask)
        return out

    def fed(self, x: Tensor) -> Tensor:
        out: Tensor = self.ff(x)
        return out


# ---- parameters -----------------------------------------------------------------------------------------------


class OtherNames(EncoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.ln1, self.attention_, self.ln2, self.mlp = self.norm1, self.attn, self.norm2, self.ff
        del self.norm1, self.attn, self.norm2, self.ff


class DropoutBetween(EncoderSteps):
    def feed_forward(self, d_model: int, d_ff: int) -> nn.Sequential:
        return nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Dropout(0.0), nn.Linear(d_ff, d_model))


class NormsWithoutParameters(EncoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.norm1 = nn.LayerNorm(d_model, elementwise_affine=False)
        self.norm2 = nn.LayerNorm(d_model, elementwise_affine=False)


class OneNormForBoth(EncoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        del self.norm2

    def second_half(self, x: Tensor) -> Tensor:
        return x + self.fed(self.norm1(x))


class OneNormTwice(EncoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.norm2 = self.norm1


class NoBias(EncoderSteps):
    def attention(self, d_model: int, n_heads: int) -> nn.Module:
        return Textbook(d_model, n_heads, bias=False)


class WidthIgnored(EncoderSteps):
    def feed_forward(self, d_model: int, d_ff: int) -> nn.Sequential:
        return super().feed_forward(d_model, 4 * d_model)


# ---- norms and residuals --------------------------------------------------------------------------------------


class PostNorm(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.norm1(x + self.attended(x, mask))
        return out

    def second_half(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm2(x + self.fed(x))
        return out


class NormOfTheBranch(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = x + self.norm1(self.attended(x, mask))
        return out

    def second_half(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.norm2(self.fed(x))
        return out


class NoNorms(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return x + self.attended(x, mask)

    def second_half(self, x: Tensor) -> Tensor:
        return x + self.fed(x)


class NoFirstNorm(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return x + self.attended(x, mask)


class NoSecondNorm(EncoderSteps):
    def second_half(self, x: Tensor) -> Tensor:
        return x + self.fed(x)


class FirstNormTwice(EncoderSteps):
    def second_half(self, x: Tensor) -> Tensor:
        return x + self.fed(self.norm1(x))


class NormsExchanged(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return x + self.attended(self.norm2(x), mask)

    def second_half(self, x: Tensor) -> Tensor:
        return x + self.fed(self.norm1(x))


class NoResiduals(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return self.attended(self.norm1(x), mask)

    def second_half(self, x: Tensor) -> Tensor:
        return self.fed(self.norm2(x))


class NoFirstResidual(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return self.attended(self.norm1(x), mask)


class NoSecondResidual(EncoderSteps):
    def second_half(self, x: Tensor) -> Tensor:
        return self.fed(self.norm2(x))


class SecondResidualFromX(EncoderSteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return x + self.fed(self.norm2(self.first_half(x, mask)))


class SideBySide(EncoderSteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return x + self.attended(self.norm1(x), mask) + self.fed(self.norm2(x))


class ResidualFromNorm(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        normed: Tensor = self.norm1(x)
        return normed + self.attended(normed, mask)

    def second_half(self, x: Tensor) -> Tensor:
        normed: Tensor = self.norm2(x)
        return normed + self.fed(normed)


class FeedForwardFirst(EncoderSteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.first_half(self.second_half(x), mask)


class NoFeedForward(EncoderSteps):
    def second_half(self, x: Tensor) -> Tensor:
        return x


class OtherEps(EncoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.norm1, self.norm2 = nn.LayerNorm(d_model, eps=1e-12), nn.LayerNorm(d_model, eps=1e-12)
