"""What the tests of the attack suite share: the class whose pages are looked at, as text and in a browser."""

from __future__ import annotations

import pytest
from shown import Pages, make_pages


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return make_pages(tmp_path_factory.mktemp("pages"))
