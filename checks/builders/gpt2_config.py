"""A configuration of GPT-2: Hugging Face's own, which is imported where something asks for more than its numbers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

NO_SPECIAL_TOKENS = {"bos_token_id": None, "eos_token_id": None}  # GPT-2's own are no ids of a small vocabulary


def make(options: Mapping[str, Any], device: str) -> Any:
    """transformers.GPT2Config(**options)."""
    return _real(options) if "transformers" in sys.modules else _Unread(options)


def _real(options: Mapping[str, Any]) -> Any:
    from transformers import GPT2Config

    return GPT2Config(**{**NO_SPECIAL_TOKENS, **options})


class _Unread:
    """The numbers in `options` as attributes. It passes for a GPT2Config, and turns into one as soon as anything else
    is asked of it or set.

    To import transformers costs 0.7 s of CPU, and code that only reads `n_layer` and the like has no need of it.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        vars(self).update(options)

    def __getattr__(self, name: str) -> Any:
        _turn(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _turn(self)
        setattr(self, name, value)

    @property  # type: ignore[misc]  # isinstance asks an object for its __class__ where its type does not fit
    def __class__(self) -> type:
        from transformers import GPT2Config

        return GPT2Config  # type: ignore[no-any-return]  # transformers is not read by mypy


def _turn(unread: _Unread) -> None:
    real = _real(vars(unread))
    vars(unread).update(vars(real))
    object.__dict__["__class__"].__set__(unread, type(real))
