"""Written answers are grouped as a reader would: slips of the keyboard together, other meanings apart."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.written.grouping import are_near, changed_words, stars, tidy
from tests.engine.written.written_class import ANSWERS, CODES, written_class

ONE = "The weights of each row sum to one, since softmax divides by the sum of all."


@pytest.mark.parametrize(
    "other",
    [
        "the weights of each row sum to one since softmax divides by the sum of all",
        "The weigths of each row sum to one, since softmax divides by the sum of all.",
        "The *weights* of each **row** sum to one – since softmax divides by sum of all!".replace(" –", "—"),
        "The weights of each row\nsum to one,  since softmaxx divides by the sum of all.\n",
        "(The weights of each row sum to one, since softmax divides by the sum of all.)",
        "The weights (of each row) sum to one (since softmax divides by the sum of all)!",
        "“The weights” of each 'row' sum to _one_, since __softmax__ divides by a \"sum of all\"...",
    ],
    ids=[
        "capitals and commas",
        "swapped letters",
        "emphasis and an article",
        "white space and a letter twice",
        "a sentence in brackets",
        "phrases in brackets, and loud",
        "quotes",
    ],
)
def test_what_a_slip_changes_is_the_same_answer(other: str) -> None:
    assert are_near(tidy(ONE), tidy(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The row of falls does fit the head.", "The row of falls does not fit the head."),
        ("The row of falls is not masked there.", "The row of falls is now masked there."),
        ("It gives 0.86 to the ball in that row.", "It gives 0.68 to the ball in that row."),
        ("The slope of the curve there is -1 again.", "The slope of the curve there is 1 again."),
        ("The ratio is $e^{s_1 - s_2}$ for all.", "The ratio is $e^{s_1 + s_2}$ for all."),
        ("The matrix of scores is symmetric here.", "The matrix of scores is asymmetric here."),
        ("It takes the maximum over all columns.", "It takes the minimum over all columns."),
        ("The number of such orders is 5! then.", "The number of such orders is 5 then."),
        ("The loss of the model becomes more.", "The loss of the model becomes less."),
        ("Each head has 2*3 of them in it.", "Each head has 2 3 of them in it."),
        ("The weights are causal in the rows.", "The weights are causal in the columns."),
        ("The head reads `x[0]` at that place.", "The head reads `x[1]` at that place."),
        ("The map is softmax(QK^T)/sqrt(d_k) here.", "The map is softmax(QK^T/sqrt(d_k)) here."),
        ("The mean is (a+b)/c in every row.", "The mean is a+b/c in every row."),
        ("The mean is (a + b) / c in every row.", "The mean is a + b / c in every row."),
        ("It is (sum of all) / n in a row.", "It is sum of all / n in a row."),
        ("The slope there is f'(x) for all x.", "The slope there is f(x) for all x."),
        ("The slope there is f’ for all x.", "The slope there is f for all x."),
        ("Half is f''(x) of what is there.", "Half is f'(x) of what is there."),
        ("The cost is O(n)^2 in the length.", "The cost is O(n^2) in the length."),
        ("There are n! orders of the words.", "There are n orders of the words."),
        ("There are (n-k)! orders of the words.", "There are (n-k) orders of the words."),
        ("The weights are not x != y at all.", "The weights are not x = y at all."),
        ("The entry is x**2 in that column.", "The entry is x_2 in that column."),
        ("The entry is x ** 2 in that column.", "The entry is x 2 in that column."),
        ("The entry is 3 *x in that column.", "The entry is 3 x in that column."),
        ("The entry is x_2 in that column.", "The entry is x 2 in that column."),
        ("A weight lies in [0,1) in that row.", "A weight lies in (0,1] in that row."),
        ("It takes x[:, 0] of the matrix there.", "It takes x[, 0] of the matrix there."),
        ("The nearest one is embedding A there.", "The nearest one is embedding there."),
        ("Then the sum is a + b in every row.", "Then the sum is + b in every row."),
        ("The result of log (x) is below zero.", "The result of log x is below zero."),
    ],
)
def test_another_meaning_is_another_answer(one: str, other: str) -> None:
    assert not are_near(tidy(one), tidy(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A head reads the *ball* with care.", "a head reads the ball with care"),
        ("The heads' weights are students' guesses.", "The heads weights are students guesses."),
        ("Then (see the map above, 0.86 there) it falls.", "Then, see the map above, .86 there, it falls."),
        ("It says 'all of x' and \"falls\".", "It says all of x and falls."),
        ("It is as large as O(n**2), I think!", "It is as large as O(n**2), I think."),
    ],
)
def test_what_prose_is_dressed_in_says_nothing(one: str, other: str) -> None:
    assert are_near(tidy(one), tidy(other))


def test_a_text_full_of_slips_stands_alone() -> None:
    one = "softmax divides every column through"
    other = "softmx divids evrey colum throgh"
    assert not are_near(one, other)


def test_a_class_falls_into_the_texts_that_were_typed() -> None:
    students = written_class(200, seed=3)
    middles = stars(tidy(one.words) for one in students)
    groups: dict[str, set[int]] = {}
    for one in students:
        groups.setdefault(middles[tidy(one.words)], set()).add(one.kind)
    assert len({tidy(one.words) for one in students}) > 80  # else the class is too tidy to show anything
    assert sorted(groups.values(), key=min) == [{kind} for kind in range(len(ANSWERS))]


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_answers_does_not_matter(source: random.Random) -> None:
    texts = [tidy(one.words) for one in written_class(30, seed=1)]
    shuffled = source.sample(texts, len(texts))
    assert stars(shuffled) == stars(texts)


def test_every_member_is_near_the_middle_so_that_no_chain_joins_strangers() -> None:
    chain = ["the colour of heads", "the collour of heads", "the colllour of heads", "the collllour of heads"]
    for text, middle in stars(chain).items():
        assert are_near(text, middle)
    assert len(set(stars(chain).values())) == 2


def test_code_is_grouped_by_identity_up_to_white_space_at_the_ends_of_lines() -> None:
    spaced = CODES[0].replace("\n", "   \n\n") + "\n"
    texts = [tidy(code, code=True) for code in (*CODES, spaced)]
    assert texts[2] == texts[0]
    assert len(set(stars(texts, code=True).values())) == 2


def test_code_keeps_its_indentation() -> None:
    assert tidy("if a:\n    b\nc", code=True) != tidy("if a:\n    b\n    c", code=True)


def test_what_differs_is_marked_and_what_only_looks_different_is_not() -> None:
    pieces = changed_words("the Head reads  *ball* wiht care", "The head reads ball with care.")
    assert "".join(text for text, _ in pieces) == "the Head reads  *ball* wiht care"
    assert [text for text, differs in pieces if differs] == ["wiht"]


def test_what_differs_in_a_formula_is_marked_with_all_its_pieces() -> None:
    text = "Rows\nof $a +\nb$ wiht (care)"
    pieces = changed_words(text, "rows of $a - b$ with (care)")
    assert "".join(text for text, _ in pieces) == text
    assert [text for text, differs in pieces if differs] == ["$a", "+", "b$", "wiht"]


def test_what_differs_takes_as_many_steps_as_there_are_words() -> None:
    def steps(count: int) -> int:
        counted = 0

        def count_one(*_: object) -> None:
            nonlocal counted
            counted += 1

        text = "hello " * count
        sys.setprofile(count_one)
        try:
            changed_words(text + "wiht", text + "with")
        finally:
            sys.setprofile(None)
        return counted

    assert steps(400) < 4.5 * steps(100)
