"""Writes a bank's implementation as text that a student could have written; for sample classes and for tests.

The text is self-contained: imports, and other definitions of the module that it uses, are written before it.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from autograder.judging.banks import PREFIX
from autograder.judging.check import Implementation
from autograder.judging.short import MARK


class NoText(ValueError):
    """The implementation has no source text of its own: it is a lambda, a partial or a nested function."""


def student_text(name: str, implementation: Implementation) -> str:
    """Code for a solution cell that defines `name` as `implementation` does. NoText if that is not possible."""
    writer = _Writer()
    writer.add(implementation)
    own = implementation.__name__
    alias = [] if own == name else [f"{name} = {own}"]
    imports = ["from __future__ import annotations", "", *sorted(writer.imports)]
    return "\n\n\n".join(["\n".join(imports), *writer.constants, *writer.texts, *alias]) + "\n"


class _Writer:
    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.constants: list[str] = []
        self.texts: list[str] = []
        self._seen: set[str] = set()

    def add(self, thing: Any) -> None:
        """Writes the definitions that `thing` needs, then `thing`."""
        if not isinstance(thing, (FunctionType, type)) or "<" in thing.__qualname__:
            raise NoText(f"{thing!r} has no text of its own")
        if thing.__qualname__ in self._seen:
            return
        self._seen.add(thing.__qualname__)
        module = inspect.getmodule(thing)
        assert module is not None  # a function or class of a bank was imported from somewhere
        for name in sorted(set(_names(thing))):
            if name in vars(module):
                self._need(name, vars(module)[name])
        self.texts.append(_source(thing))

    def _need(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType):
            self.imports.add(f"import {value.__name__} as {name}" if value.__name__ != name else f"import {name}")
        elif isinstance(value, (FunctionType, type)):
            if value.__module__.startswith(PREFIX):
                self.add(value)
            else:
                self.imports.add(f"from {value.__module__} import {value.__name__}")
        elif name not in self._seen and (shown := _constant_code(value)):
            self._seen.add(name)
            self.constants.append(f"{name} = {shown}")


def _source(thing: Any) -> str:
    """The source of a function or class, without the decorators that mark it for a bank in the short form."""
    source = inspect.getsource(thing).rstrip()
    if MARK not in vars(thing):
        return source
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    lines = source.splitlines()
    for decorator in reversed(node.decorator_list):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(called).split(".")[-1] in ("right", "wrong"):
            del lines[decorator.lineno - 1 : decorator.end_lineno]
    return "\n".join(lines)


def _constant_code(value: Any) -> str:
    """A constant as code; empty if it is not a plain value."""
    if isinstance(value, float):
        return f'float("{value}")'
    if isinstance(value, (int, str, tuple)):
        return repr(value)
    try:
        ast.literal_eval(repr(value))
    except (ValueError, SyntaxError):
        return ""
    return repr(value)


def _names(thing: Any) -> Iterator[str]:
    """Global names that a function, or the methods and bases of a class, may use."""
    if isinstance(thing, type):
        for base in thing.__bases__:
            yield base.__name__
            yield base.__module__.split(".")[-1]  # "nn" of nn.Module
        for member in vars(thing).values():
            function = getattr(member, "__func__", member)
            if isinstance(function, FunctionType):
                yield from _names_in(function.__code__)
        return
    yield from _names_in(thing.__code__)
    for default in thing.__defaults__ or ():
        if isinstance(default, (FunctionType, type)):
            yield default.__name__


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
