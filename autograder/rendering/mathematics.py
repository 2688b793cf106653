"""TeX -> MathML, which browsers draw without JavaScript or downloads; after text.

latex2mathml parses the TeX. Only the elements and attributes listed below are written, and this module escapes all
texts (latex2mathml escapes neither the content of \\text nor the address of \\href).
"""

from __future__ import annotations

import html
import re
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markupsafe import Markup, escape

from autograder.rendering.text import plain_text

MOST_CHARACTERS = 4000  # of one formula; a long derivation has a quarter of that
DEFINES = re.compile(r"\\(?:new|renew|provide)?command|\\def|\\let|\\DeclareMathOperator")  # can expand for ever
ELEMENTS = frozenset(
    {
        "math",
        "menclose",
        "mfrac",
        "mi",
        "mmultiscripts",
        "mn",
        "mo",
        "mover",
        "mpadded",
        "mphantom",
        "mprescripts",
        "mroot",
        "mrow",
        "ms",
        "mspace",
        "msqrt",
        "mstyle",
        "msub",
        "msubsup",
        "msup",
        "mtable",
        "mtd",
        "mtext",
        "mtr",
        "munder",
        "munderover",
        "none",
    }
)
ATTRIBUTES = frozenset(
    {
        "accent",
        "accentunder",
        "columnalign",
        "columnspacing",
        "columnspan",
        "display",
        "displaystyle",
        "fence",
        "form",
        "largeop",
        "linebreak",
        "linethickness",
        "mathvariant",
        "maxsize",
        "minsize",
        "movablelimits",
        "notation",
        "rowspacing",
        "rowspan",
        "scriptlevel",
        "separator",
        "stretchy",
        "symmetric",
    }
)
VALUE = re.compile(r"[a-z0-9.% -]{1,40}")
SPACE = re.compile(r"-?\d{1,2}(\.\d+)?(em|ex|px|pt)")  # width of an mspace: no formula needs three digits
ALIGNED = re.compile(r"\\(begin|end)\{aligned\}")  # latex2mathml knows it only as align*


def mathml(tex: str, *, display: bool = False) -> Markup:
    """The formula as MathML; TeX that cannot be parsed, is too long or defines macros is shown as code."""
    tex = plain_text(tex)
    try:
        if len(tex) > MOST_CHARACTERS or DEFINES.search(tex):
            raise ValueError("not drawn")
        known = ALIGNED.sub(r"\\\1{align*}", tex)
        return Markup(_serialize(convert_to_element(known, display="block" if display else "inline")))
    except Exception:  # latex2mathml raises errors of many kinds, and RecursionError
        return Markup("<code>{}</code>").format(tex.strip())


def _serialize(element: Element) -> str:
    if element.tag not in ELEMENTS:
        return str(escape(_text("".join(element.itertext()))))
    attributes = "".join(
        f' {name}="{value}"' for name, value in sorted(element.attrib.items()) if _is_allowed(name, value)
    )
    inside = escape(_text(element.text)) + Markup("").join(
        Markup(_serialize(child)) + escape(_text(child.tail)) for child in element
    )
    return f"<{element.tag}{attributes}>{inside}</{element.tag}>"


def _is_allowed(name: str, value: str) -> bool:
    if name == "width":
        return SPACE.fullmatch(value) is not None
    return name in ATTRIBUTES and VALUE.fullmatch(value) is not None


def _text(text: str | None) -> str:
    """Decodes entities: latex2mathml writes a sign as the text "&#x0003D;", and so may the TeX's author."""
    return plain_text(html.unescape(text or ""))
