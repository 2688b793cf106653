"""Puts a page together: a template, its style, and a policy that lets the page do nothing but be read. Last here.

A page is one file. The policy allows its own style (by its hash) and pictures that are in it; no script, no form, no
frame, and nothing from any address.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.rendering.text import humane, points

FOLDER = "templates"


def page(name: str, **values: Any) -> str:
    """The template `name`.html.j2 with the styles look.css and `name`.css; whatever is no Markup is escaped."""
    style = _style(name)
    return _environment().get_template(f"{name}.html.j2").render(style=Markup(style), policy=_policy(style), **values)


def _policy(style: str) -> str:
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{known}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def _style(name: str) -> str:
    folder = files("autograder.rendering") / FOLDER
    return "".join((folder / f"{part}.css").read_text(encoding="utf-8") for part in ("look", name))


@cache
def _environment() -> Environment:
    loader = PackageLoader("autograder.rendering", FOLDER)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"points": points, "humane": humane}
    return environment
