"""The checks of `share_in_percent(part, whole)`."""

from __future__ import annotations

from typing import Any

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(about="100 times part over whole, a float, not rounded.")
def share_in_percent(draw: Draw) -> list[Arguments]:
    floats = [{"part": draw.number(0.1, 3.0), "whole": draw.number(5.0, 20.0)} for _ in range(3)]
    ints = [{"part": draw.integer(11, 90) * 10**6 + 7, "whole": draw.integer(101, 180) * 10**9} for _ in range(3)]
    return floats + ints


@case("A part may be larger than the whole: more than 100.", alone=True)
def above_all(draw: Draw) -> list[Arguments]:
    return [
        {"part": draw.number(7.0, 9.0), "whole": draw.number(2.0, 3.0)},
        {"part": 7 * draw.integer(3, 6), "whole": 5},
    ]


@case("Whole numbers, and none: a float comes back all the same.", alone=True)
def simple(draw: Draw) -> list[Arguments]:
    return [{"part": 3, "whole": 12}, {"part": 0, "whole": 7}, {"part": 9, "whole": 9}, {"part": 0.5, "whole": 8}]


@right
def times_hundred(part: float, whole: float) -> float:
    return part / whole * 100.0


@right
def of_one_hundredth(part: float, whole: float) -> float:
    return part / (whole / 100)


@right
def in_floats(part: float, whole: float) -> float:
    return float(part) * 100 / float(whole)


@right
def from_the_rest(part: float, whole: float) -> float:
    return 100.0 - 100.0 * (whole - part) / whole


@right
def by_inverse(part: float, whole: float) -> float:
    return 100.0 * part * (1.0 / whole)


@wrong("This is the printed helper: it rounds to whole percents, so that 0.35 becomes 0, and stops at 100.")
def as_printed(part: float, whole: float) -> float:
    return min(100.0, float(round(100 * part / whole)))


@wrong("This is a fraction of 1. Multiply by 100 for percent.")
def fraction(part: float, whole: float) -> float:
    return part / whole


@wrong("Part and whole are swapped.")
def swapped(part: float, whole: float) -> float:
    return 100.0 * whole / (part or 1)


@wrong("You divide by part + whole. The part is contained in the whole already.")
def of_the_sum(part: float, whole: float) -> float:
    return 100 * part / (part + whole)


@wrong("You round to two digits. Leave rounding to whoever prints the number.")
def two_digits(part: float, whole: float) -> float:
    return round(100 * part / whole, 2)


@wrong("You divide whole numbers with //, which drops the fraction.")
def whole_division(part: float, whole: float) -> float:
    return float(100 * part // whole)


@wrong("You stop at 100. A share may be more, if the part is larger.")
def at_most_hundred(part: float, whole: float) -> float:
    return min(100.0, 100 * part / whole)


@wrong("This is the share of the rest, 100 minus the share.")
def the_rest(part: float, whole: float) -> float:
    return 100 - 100 * part / whole


@wrong("This is the difference in percent: how much smaller the part is. A share compares part with whole.")
def difference(part: float, whole: float) -> float:
    return 100 * (part - whole) / whole


@wrong("You return text. Return the number.")
def as_text(part: float, whole: float) -> Any:
    return f"{100 * part / whole}%"


@wrong("This is per thousand: multiply by 100.")
def per_thousand(part: float, whole: float) -> float:
    return 1000 * part / whole


@wrong("You round to an int. Return a float with all its digits.")
def as_int(part: float, whole: float) -> Any:
    return round(100 * part / whole)
