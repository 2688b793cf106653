"""The cases attack this engine as it is: a name of it that is gone would make an attack fail by itself."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator

import pytest

from tests.attacks.attack import Attack
from tests.attacks.cases import ATTACKS

PLANTED = re.compile(r"autograder(\.\w+)+")  # a module's name in a string
ABSENT = {"autograder.checks.attention:"}  # looked for by a case that knows that it is not there


def texts(attack: Attack) -> tuple[str, ...]:
    return (*attack.cells.values(), *attack.appended.values(), *attack.first, *attack.extra)


def names(text: str) -> Iterator[str]:
    """Modules and attributes of the engine that a text uses, as "module:attribute"."""
    try:
        tree = ast.parse(text)
    except SyntaxError:  # cells with IPython's syntax
        assert "autograder." not in text
        return
    modules = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograder"):
            for alias in node.names:
                yield f"{node.module}:{alias.name}"
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (whole := ast.unparse(node)).split(".")[0] in modules:
            first, *steps = whole.split(".")
            if all(step.isidentifier() for step in steps):
                yield f"{modules[first]}:{'.'.join(steps)}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and PLANTED.fullmatch(node.value):
            yield f"{node.value}:"


def found(name: str) -> bool:
    module, _, steps = name.partition(":")
    try:
        thing = importlib.import_module(module)
    except ModuleNotFoundError:
        module, _, first = module.rpartition(".")
        thing = getattr(importlib.import_module(module), first)
    for step in filter(None, steps.split(".")):
        if not hasattr(thing, step):
            try:
                importlib.import_module(f"{module}.{step}")
            except ImportError:
                return False
        thing = getattr(thing, step)
    return True


USED = sorted({name for attack in ATTACKS for text in texts(attack) for name in names(text)} - ABSENT)


@pytest.mark.parametrize("name", USED)
def test_what_cases_attack_is_there(name: str) -> None:
    assert found(name)


def test_there_are_such_names() -> None:
    assert len(USED) >= 15
