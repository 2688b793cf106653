"""The checks of `new_tokens_left(prompt_tokens, max_length)`."""

from __future__ import annotations

from typing import Any

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(exact=True, about="max_length counts the prompt too: what is left is the difference.")
def new_tokens_left(draw: Draw) -> list[Arguments]:
    prompts = [draw.integer(3, 40) for _ in range(5)]
    return [{"prompt_tokens": n, "max_length": n + draw.integer(3, 60)} for n in prompts]


@case("A prompt that is as long as max_length, or longer, leaves 0, never a negative number.", alone=True)
def nothing_left(draw: Draw) -> list[Arguments]:
    n = draw.integer(20, 40)
    return [{"prompt_tokens": n, "max_length": n - less} for less in (0, 1, 15)]


@case("One token may be left, and the prompt may be empty.", alone=True)
def at_the_edges(draw: Draw) -> list[Arguments]:
    n = draw.integer(20, 40)
    return [
        {"prompt_tokens": n, "max_length": n + 1},
        {"prompt_tokens": 0, "max_length": n},
        {"prompt_tokens": 0, "max_length": 0},
        {"prompt_tokens": n, "max_length": 0},
    ]


@right
def the_larger(prompt_tokens: int, max_length: int) -> int:
    return max(max_length - prompt_tokens, 0)


@right
def by_cases(prompt_tokens: int, max_length: int) -> int:
    if prompt_tokens >= max_length:
        return 0
    return max_length - prompt_tokens


@right
def counted(prompt_tokens: int, max_length: int) -> int:
    return len(range(prompt_tokens, max_length))


@right
def one_by_one(prompt_tokens: int, max_length: int) -> int:
    made = 0
    while prompt_tokens + made < max_length:
        made += 1
    return made


@right
def cut_first(prompt_tokens: int, max_length: int) -> int:
    return max_length - min(prompt_tokens, max_length)


@wrong("This is what was thought: max_length new tokens. max_length counts the prompt, too; max_new_tokens would not.")
def as_printed(prompt_tokens: int, max_length: int) -> int:
    return max_length


@wrong("The result is negative for a long prompt: no token may be made then, so it is 0.")
def negative(prompt_tokens: int, max_length: int) -> int:
    return max_length - prompt_tokens


@wrong("You count the distance also where the prompt is longer. Nothing is left then.")
def distance(prompt_tokens: int, max_length: int) -> int:
    return abs(max_length - prompt_tokens)


@wrong("You add the prompt to max_length. The prompt is a part of it.")
def added(prompt_tokens: int, max_length: int) -> int:
    return max_length + prompt_tokens


@wrong("One token too many: a prompt of 39 tokens and max_length=50 leave 11.")
def one_more(prompt_tokens: int, max_length: int) -> int:
    return max(0, max_length - prompt_tokens + 1)


@wrong("One token too few: a prompt of 39 tokens and max_length=50 leave 11.")
def one_less(prompt_tokens: int, max_length: int) -> int:
    return max(0, max_length - prompt_tokens - 1)


@wrong("At least one token is made by your rule. A prompt that fills max_length leaves none.")
def at_least_one(prompt_tokens: int, max_length: int) -> int:
    return max(1, max_length - prompt_tokens)


@wrong("You return the number of tokens in the prompt.")
def prompt_itself(prompt_tokens: int, max_length: int) -> int:
    return min(prompt_tokens, max_length)


@wrong("You return a float. A number of tokens is an int.")
def as_float(prompt_tokens: int, max_length: int) -> Any:
    return max(0.0, float(max_length - prompt_tokens))


@wrong("A prompt that is longer than max_length is no error: 0 tokens are left.")
def refused(prompt_tokens: int, max_length: int) -> int:
    if prompt_tokens > max_length:
        raise ValueError("the prompt is too long")
    return max_length - prompt_tokens


@wrong("You return None where nothing is left. It is 0.")
def none_left(prompt_tokens: int, max_length: int) -> Any:
    return max_length - prompt_tokens if max_length > prompt_tokens else None
