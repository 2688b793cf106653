"""Markdown and HTML of a submission -> HTML with allowed elements only, through nh3; after text and pictures.

nh3 (ammonia) parses as browsers do and serializes what it allows, so the result does not depend on how a browser
repairs broken markup. Formulas are inserted last, in place of placeholder elements that cannot occur in an attribute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from autograder.rendering.mathematics import mathml
from autograder.rendering.pictures import check_picture, data_uri
from autograder.rendering.text import join_lines, plain_text

MOST_MARKDOWN = 20_000  # characters of one text: a hostile text takes quadratic time to parse
MOST_HTML = 1 << 20  # characters of one output: a table of a thousand rows
MOST_DEPTH = 400  # nested elements: nh3's time grows with the square of the depth
ELEMENTS = frozenset(
    {
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "var",
    }
)
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "span": {"data-math"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
PLACE = re.compile(r'<span data-math="(\d{1,6})"></span>')
NO_PICTURE = re.compile(r'<img(?![^>]*\ssrc=")[^>]*>')  # nh3 writes <, > and quotes of attributes as entities
SCHEMES = {"http", "https", "mailto", "data"}  # data: for pictures, see _attribute

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_PARSER.use(dollarmath_plugin, double_inline=True).use(amsmath_plugin)


def markdown_html(source: str, attachments: Mapping[str, Any] | None = None) -> Markup:
    """Markdown of a text cell, an answer or a comment as HTML; preformatted text if it is too long or too deep.

    `attachments` are the cell's: {name: {MIME type: data}}.
    """
    source = plain_text(source)
    if len(source) > MOST_MARKDOWN:
        return Markup("<pre>{}</pre>").format(source)
    try:
        return _render_tokens(_PARSER.parse(source), attachments or {})
    except RecursionError:
        return Markup("<pre>{}</pre>").format(source)


def clean_html(source: str) -> Markup | None:
    """A submission's HTML with allowed elements only; None if nothing visible is left, or it is too long or deep."""
    if len(source) > MOST_HTML or _depth(source) > MOST_DEPTH:
        return None
    cleaned = _sanitize(plain_text(source))
    seen = re.sub(r"<(?!img)[^>]*>", "", cleaned).strip()
    return Markup(cleaned) if seen else None


def _render_tokens(tokens: Sequence[Token], attachments: Mapping[str, Any]) -> Markup:
    formulas: dict[int, Markup] = {}

    def place(token: Token, *, display: bool) -> None:
        tex, token.type = token.content, "html_inline"
        token.content = f'<span data-math="{len(formulas)}"></span>'
        formulas[len(formulas)] = mathml(tex, display=display)

    for token in _walk(tokens):
        match token.type:
            case "math_inline":
                place(token, display=False)
            case "math_inline_double" | "math_block" | "math_block_label" | "amsmath":
                place(token, display=True)
            case "image":
                token.attrs["src"] = _source(str(token.attrs["src"]), attachments)
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    if _depth(html) > MOST_DEPTH:
        return Markup("<pre>{}</pre>").format(html)
    # Each formula is used once: a placeholder that a student wrote can at most take one formula's place.
    return Markup(PLACE.sub(lambda m: formulas.pop(int(m[1]), ""), _sanitize(html)))


def _walk(tokens: Sequence[Token]) -> list[Token]:
    return [found for token in tokens for found in (token, *_walk(token.children or ()))]


def _source(address: str, attachments: Mapping[str, Any]) -> str:
    """A picture's address; for an attachment of the cell a data URI, empty if that is not a valid picture."""
    attached = attachments.get(address.removeprefix("attachment:"))
    if not isinstance(attached, Mapping):
        return address
    found = (data_uri(mime, join_lines(attached.get(mime))) for mime in ("image/png", "image/jpeg"))
    return next((uri for uri in found if uri), "")


def _sanitize(html: str) -> str:
    cleaned = nh3.clean(
        html,
        tags=set(ELEMENTS),
        attributes={element: set(names) for element, names in ATTRIBUTES.items()},
        attribute_filter=_attribute,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        generic_attribute_prefixes=set(),
    )
    return NO_PICTURE.sub("<em>(a picture that is not shown here)</em>", plain_text(cleaned))  # nh3 decodes entities


def _attribute(element: str, name: str, value: str) -> str | None:
    if (element, name) == ("img", "src"):
        return check_picture(value)
    if name == "href" and value.strip().lower().startswith("data:"):
        return None
    if name in ("colspan", "rowspan", "start", "data-math"):
        return value if re.fullmatch(r"\d{1,3}", value) or name == "data-math" else None
    return value


def _depth(html: str) -> int:
    """An upper bound of the nesting depth of elements; an element that is never closed counts to the end."""
    depth = deepest = 0
    for closing, name in TAG.findall(html):
        if name.lower() not in VOID:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest
