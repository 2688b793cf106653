"""What a submission shows, in the pages that people open: feedback, nbgrader's formgrader, and the terminal."""

from __future__ import annotations

import unicodedata
from collections import Counter
from html.parser import HTMLParser

import pytest

from tests.attacks.attack import Attack
from tests.attacks.cases import BY_THEME
from tests.attacks.ground import HONEST
from tests.attacks.shown import Pages

LOADS = ("src", "href", "action", "formaction", "srcdoc", "xlink:href", "data", "poster", "srcset", "background")
ACTIVE = ("script", "iframe", "object", "embed", "form", "base", "meta", "link", "style", "button", "input")


class Dangers(HTMLParser):
    """Everything of a page that runs, loads, sends or covers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag if tag in ("script", "style") else ""
        if tag in ACTIVE:
            self.found[f"<{tag}> {sorted((k, v or '') for k, v in attrs)}"] += 1
        for name, value in attrs:
            text = "".join((value or "").split()).lower()
            picture = tag == "img" and text.startswith("data:image/")  # pictures run nothing, SVG neither
            away = text.startswith(("javascript:", "data:", "vbscript:")) or "javascript:" in text
            loaded = tag != "a" and text.startswith(("http:", "https:", "//"))
            if name.startswith("on") or (name in LOADS and ((away and not picture) or loaded)):
                self.found[f"<{tag} {name}={value!r}>"] += 1

    def handle_data(self, data: str) -> None:
        if self._inside and "eve" in data:
            self.found[f"{self._inside}: {data[:80]}"] += 1


def cases(page: str) -> list[object]:
    holes = {a.name: a.page_hole for a in BY_THEME["pages"] if a.page_hole and page == "formgrader"}
    return [
        pytest.param(page, a, id=f"{page}-{a.name}",
                     marks=[pytest.mark.xfail(strict=True, reason=holes[a.name])] if a.name in holes else [])
        for a in BY_THEME["pages"]
    ]  # fmt: skip


@pytest.mark.parametrize(("page", "attack"), [*cases("feedback"), *cases("formgrader")])
def test_pages_hold_nothing_active_but_their_own(pages: Pages, page: str, attack: Attack) -> None:
    show = getattr(pages, page)
    assert Dangers(show(attack.name)).found - Dangers(show(HONEST.name)).found == Counter()


def test_the_terminal_gets_no_control_characters(pages: Pages) -> None:
    bad = {c for c in pages.terminal if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert bad == set()


def test_a_long_name_leaves_room_for_the_marks(pages: Pages) -> None:
    row = next(line for line in pages.terminal.splitlines() if line.startswith("eveeve"))
    assert row.split()[1] == "9"


def test_markup_of_rich_is_text_in_the_terminal(pages: Pages) -> None:
    assert "[bold]9 of 9[/bold]" in pages.terminal


def test_dangers_are_seen_where_they_are() -> None:
    """Otherwise the tests above would pass whatever the pages held."""
    page = '<svg onload="x"></svg><a href=" java\nscript:x">y</a><img src=https://a/b><iframe></iframe><script>eve</script>'
    assert len(Dangers(page).found) == 6
