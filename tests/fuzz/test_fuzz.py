"""Each reader keeps its contract on all that fuzzing ever found, and on some hundred changed inputs of each run."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import LINES, MUTATIONS, NUMBERS, WORDS
from tests.fuzz.seeds import SEEDS, framed
from tests.fuzz.targets import MAX_LENGTHS, TARGETS

CORPUS = Path(__file__).parent / "corpus"
FOUND = [(name, path) for name in TARGETS for path in sorted((CORPUS / name).glob("*"))]

SEEDED = {name: [data for data in made() if len(data) <= MAX_LENGTHS[name]] for name, made in SEEDS.items()}
SEEDED["percent"] = SEEDED["percent"][:12]  # the short ones: jupytext is slow


@pytest.mark.parametrize(("name", "path"), FOUND, ids=[f"{name}-{path.name}" for name, path in FOUND])
def test_what_was_found_is_found_no_more(name: str, path: Path) -> None:
    TARGETS[name](path.read_bytes())


def test_all_that_was_found_belongs_to_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_real_inputs_are_taken_in(name: str) -> None:
    for data in SEEDED[name][:6]:
        TARGETS[name](data)


@pytest.mark.parametrize("name", ["notebook", "wire"])
def test_changed_inputs(name: str) -> None:
    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(SEEDED[name]), st.integers(0, 1 << 32))
    def hold(data: bytes, seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(3):
            data = MUTATIONS[name](data, chance)
        TARGETS[name](data)

    hold()


VALUES = st.recursive(
    st.sampled_from(WORDS) | st.sampled_from([n for n in NUMBERS if abs(n) < 1e300 or n != n]) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)
OUTPUTS = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "error", "display_data", "execute_result"])},
    optional={"name": st.sampled_from(["stdout", "stderr"]), "text": VALUES, "ename": VALUES, "evalue": VALUES,
              "traceback": st.lists(VALUES, max_size=3), "execution_count": VALUES,
              "data": st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=3),
              "metadata": st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=3)},
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(OUTPUTS, max_size=3), st.integers(-1, 9), st.booleans())
def test_outputs_of_any_form_become_a_notebook_or_are_refused(
    outputs: list[dict[str, object]], count: int, failed: bool
) -> None:
    cell = {"outputs": outputs, "execution_count": count, "failed": failed, "updates": [], "overflow": False}
    TARGETS["wire"](framed(cell, b""))


HEADERS = st.sampled_from([line for line in LINES if line.startswith("# %%")])


@settings(max_examples=40, deadline=None)  # a few milliseconds each
@given(st.lists(st.tuples(HEADERS, st.lists(st.sampled_from(LINES) | st.text(max_size=12), max_size=4)), max_size=3))
def test_texts_of_any_lines_are_built_or_refused_at_a_line(cells: list[tuple[str, list[str]]]) -> None:
    text = "\n".join("\n".join((header, *lines)) for header, lines in cells)
    TARGETS["percent"](text.encode("utf-8", "surrogatepass"))
