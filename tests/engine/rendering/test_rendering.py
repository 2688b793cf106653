"""What a submission holds, rendered: it looks as it should, and does nothing."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.rendering.code import code_html
from autograder.rendering.markup import ATTRIBUTES, ELEMENTS, clean_html, markdown_html
from autograder.rendering.mathematics import ATTRIBUTES as MATH_ATTRIBUTES
from autograder.rendering.mathematics import ELEMENTS as MATH_ELEMENTS
from autograder.rendering.mathematics import mathml
from autograder.rendering.outputs import outputs_html
from autograder.rendering.pictures import check_picture, data_uri
from autograder.rendering.text import duration, name_as_words, plain_text, points

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"pixels").decode()
HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    '<a href="javascript:alert(1)">',
    '<a href=" java\nscript:alert(1)">',
    "<a href='data:text/html,<script>'>",
    "[x](javascript:alert(1))",
    "![x](javascript:alert(1))",
    "<svg onload=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>'>",
    "<form action=https://example.org><input name=a>",
    "<base href=https://example.org>",
    "<meta http-equiv=refresh content=0>",
    r"$\text{<script>alert(1)</script>}$",
    r"$\href{javascript:alert(1)}{x}$",
    r"$\style{background:url(https://example.org)}{x}$",
    '<span data-math="0"></span>',
    "![$x$](a.png '$y$')",
    "\x1b]8;;javascript:alert(1)\x07x\x1b[2J",
    "\u202e",
    "&#x202e;&#27;[2J",
    r"$\text{&#x202e;}$",
]


class Found(HTMLParser):
    """The elements and attributes of a piece of HTML, as a browser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.addresses: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.add((tag, name))
            if name in ("href", "src"):
                self.addresses.add(value or "")


def assert_harmless(html: str) -> None:
    found = Found(html)
    own = {("a", "rel"), ("pre", "tabindex"), ("pre", "class"), ("div", "class")}
    allowed = own | {(element, name) for element, names in ATTRIBUTES.items() for name in names}
    assert found.elements <= ELEMENTS | MATH_ELEMENTS
    strange = {(tag, name) for tag, name in found.attributes - allowed if tag not in MATH_ELEMENTS}
    assert strange == set()
    assert {n for tag, n in found.attributes if tag in MATH_ELEMENTS} <= MATH_ATTRIBUTES | {"width"}
    assert all(re.match(r"https?:|mailto:|data:image/(png|jpeg);base64,|[\w./#-]*$", a) for a in found.addresses)
    assert "\x1b" not in html
    assert "\u202e" not in html


@given(
    st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8), st.sampled_from("<>\"'`$*_[]()\n|")), max_size=6)
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_put_together_does_nothing(parts: list[str]) -> None:
    text = "".join(parts)
    assert_harmless(markdown_html(text))
    assert_harmless(clean_html(text) or "")
    assert_harmless("".join(outputs_html([{"output_type": "display_data", "data": {"text/html": text}}])))


@pytest.mark.parametrize("tex", [t.strip("$") for t in HOSTILE])
def test_a_formula_does_nothing(tex: str) -> None:
    assert_harmless(mathml(tex))


def test_markdown_looks_as_it_should() -> None:
    html = markdown_html("**a** $x^2$\n\n| b | c |\n|---|---|\n| 1 | `d` |\n\n$$\\frac{1}{2}$$")
    assert "<strong>a</strong> <math" in html
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in html
    assert "<td>1</td>" in html
    assert '<math display="block"><mrow><mfrac>' in html


def test_aligned_equations_are_a_table() -> None:
    assert mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}").count("<mtr>") == 2


@pytest.mark.parametrize("tex", [r"\frac{", "a^b^c", "{" * 3000, r"\newcommand{\x}{\x\x}\x", "x" * 5000, ""])
def test_tex_that_cannot_be_drawn_stands_as_it_was_written(tex: str) -> None:
    assert mathml(tex) == f"<code>{tex}</code>"


def test_an_attached_picture_is_shown_and_one_from_elsewhere_is_not() -> None:
    html = markdown_html("![a](attachment:a.png) ![b](https://example.org/b.png)", {"a.png": {"image/png": PNG}})
    assert f'src="data:image/png;base64,{PNG}"' in html
    assert "example.org" not in html
    assert "a picture that is not shown" in html


@pytest.mark.parametrize(
    ("mime", "data"),
    [
        ("image/png", base64.b64encode(b"GIF89a").decode()),
        ("image/png", '"><script>'),
        ("image/gif", PNG),
        ("text/html", PNG),
        ("image/svg+xml", "<html><svg></svg></html>"),
    ],
)
def test_what_is_no_picture_is_none(mime: str, data: str) -> None:
    assert data_uri(mime, data) is None
    assert check_picture(f"data:{mime};base64,{data}") is None


def test_svg_is_a_picture_as_an_output_and_nowhere_else() -> None:
    svg = '<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="http://www.w3.org/2000/svg"></svg>'
    uri = data_uri("image/svg+xml", svg)
    assert uri is not None
    assert base64.b64decode(uri.partition(",")[2]).decode() == svg
    assert check_picture(uri) is None


def test_of_an_output_s_forms_one_is_shown() -> None:
    both = {"image/png": PNG, "text/html": "<b>x</b>", "text/plain": "x"}
    assert "<img" in outputs_html([{"output_type": "display_data", "data": both}])[0]
    rest = {"text/html": "<script>x</script>", "application/javascript": "x", "text/plain": "as text"}
    assert outputs_html([{"output_type": "display_data", "data": rest}]) == [
        '<pre class="text" tabindex="0">as text</pre>'
    ]


def test_streams_that_follow_each_other_are_one_and_errors_show_their_last_line() -> None:
    stream = {"output_type": "stream", "name": "stdout"}
    shown = outputs_html(
        [
            {**stream, "text": ["a\n", "\x1b[31mb\x1b[0m"]},
            {**stream, "text": "<c>"},
            {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["line 1", "line 2"]},
            {"output_type": "display_data", "data": []},
            {
                "output_type": "display_data",
                "data": {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "w"},
            },
        ]
    )
    assert shown[0] == '<pre class="text" tabindex="0">a\nb&lt;c&gt;</pre>'
    assert shown[1].startswith('<pre class="error" tabindex="0">ValueError: no</pre><details>')
    assert shown[2] == '<pre class="text" tabindex="0">w</pre>'
    assert len(shown) == 3


def test_text_is_cleared_of_what_a_terminal_obeys() -> None:
    assert plain_text("10%\r100%\nred \x1b[1;31mx\x1b[0m\x1b]0;title\x07 \u202e\x08") == "100%\nred x \ufffd\ufffd"


def test_too_much_or_too_deep_is_left_out() -> None:
    assert clean_html("<div>" * 1000) is None
    assert clean_html("x" * (2 << 20)) is None
    assert markdown_html("*" * 30_000) == f"<pre>{'*' * 30_000}</pre>"


def test_code_is_escaped_and_coloured() -> None:
    html = code_html('x = "<script>"  # \u202e')
    assert "&lt;script&gt;" in html
    assert 'class="c1"' in html
    assert "\u202e" not in html


def test_words() -> None:
    assert [points(v) for v in (3.0, 2.5, 1 / 3, 0.0)] == ["3", "2.5", "0.33", "0"]
    assert [name_as_words(n) for n in ("not_scaled", "NoMaximum", "KV_cache")] == [
        "not scaled",
        "no maximum",
        "KV cache",
    ]
    assert [duration(s) for s in (20, 3600, 7500, 200_000)] == ["1 min", "1 h", "2 h 5 min", "2 days 7 h"]
