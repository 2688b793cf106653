"""Builds a page from a template, its style and a content security policy; the last step of rendering.

A page is one file. The policy allows its own style (by hash) and embedded pictures; it forbids scripts, forms, frames
and all downloads.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.rendering.text import duration, name_as_words, points

FOLDER = "templates"


def page(name: str, *, plots: bool = False, **values: Any) -> str:
    """Renders the template `name`.html.j2 with the styles look.css and `name`.css; escapes values that are not Markup.

    `plots` allows style attributes, which matplotlib's SVG has.
    """
    style = _style(name)
    policy = _policy(style, "; style-src-attr 'unsafe-inline'" if plots else "")
    return _environment().get_template(f"{name}.html.j2").render(style=Markup(style), policy=policy, **values)


def _policy(style: str, more: str) -> str:
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{known}'{more}; img-src data:; base-uri 'none'; form-action 'none'"


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
    environment.filters |= {"points": points, "name_as_words": name_as_words, "duration": duration}
    return environment
