"""Banks in the short form: the checks that the engine makes catch each kind of mistake, and pass what is right."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from autograder.errors import UsageError
from autograder.judging.arguments import no_order
from autograder.judging.banks import Banks
from autograder.judging.certify import certify_bank
from autograder.judging.check import Bank
from autograder.samples.texts import NoText, student_text
from tests.engine.judging.small_course import failed, load, run, write

MEAN = """
def masked_mean(x, mask, scale=1.0):
    if mask.shape[-1] != x.shape[-1]:
        raise ValueError("a mask of another length")
    wide = x if x.dtype == torch.float64 else x.float()
    total = torch.where(mask, wide, 0.0).sum(-1)
    return (scale * total / mask.sum(-1).clamp(min=1)).to(x.dtype)
"""
MEAN_BANK = """
@given(half=True, large=10_000, gradients=True)
def masked_mean(draw, *batch):
    rows, n = draw.sizes(2)
    return {"x": draw.normal(*batch, rows, n), "mask": draw.mask(*batch, rows, n, nothing=1), "scale": 2.5}

@case("One mask for all rows.")
def one_mask(draw, *batch):
    rows, n = draw.sizes(2)
    return {"x": draw.normal(*batch, rows, n), "mask": draw.mask(n)}

@raises(ValueError, "A mask of another length is a ValueError.")
def short(draw):
    return {"x": draw.normal(3, 5), "mask": draw.mask(4)}

@wrong("Where nothing is allowed you divide 0 by 0: make it 0.")
def nothing_is_nan(x, mask, scale=1.0):
    return scale * summed(x, mask) / mask.sum(-1)

@right
def by_products(x, mask, scale=1.0):
    return (scale * summed(x, mask) / mask.sum(-1).clamp(min=1)).to(x.dtype)

def summed(x, mask):
    if mask.shape[-1] != x.shape[-1]:
        raise ValueError("a mask of another length")
    return (x.double() * mask).sum(-1)
"""


@pytest.fixture(scope="module")
def mean(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return load(tmp_path_factory.mktemp("mean"), "masked_mean", MEAN, MEAN_BANK)


def test_the_checks_follow_from_inputs_and_claims(mean: Bank) -> None:
    assert [check.name for check in mean.checks] == [
        "values", "one mask", "short", "defaults", "float64", "half precision", "large inputs",
        "large in half precision", "gradients", "inputs untouched", "any device", "no loops",
    ]  # fmt: skip
    assert [one.name for one in mean.variants] == ["solution", "by_products"]


def test_certify_accepts_it(mean: Bank) -> None:
    report = certify_bank(mean, seeds=2)
    assert report.problems == ()
    assert {
        "nothing_is_nan",
        "detached",
        "always_float32",
        "through_float32",
        "edited_in_place",
        "read_into_python",
    } == {*report.misconceptions}
    assert report.probes <= 14, "a check costs one round trip, and seldom two"


@pytest.mark.parametrize(
    ("change", "caught"),
    [
        (("clamp(min=1)", "clamp(min=0)"), "values"),
        (("scale=1.0", "scale=2.5"), "defaults"),
        (("torch.where(mask, wide, 0.0)", "torch.where(mask.expand(x.shape), wide, 0.0)"), ""),
        (("torch.where(mask, wide, 0.0)", "(wide if mask.shape == x.shape else 0 * wide)"), "one mask"),
        (("if mask.shape[-1] != x.shape[-1]", "if mask.shape[-1] < 0"), "short"),
        (("x if x.dtype == torch.float64 else x.float()", "x.float()"), "float64"),
        (("x if x.dtype == torch.float64 else x.float()", "x"), ""),
        ((".to(x.dtype)", ""), "half precision"),
        (("wide = x ", "wide = x.half().to(x.dtype) if x.dtype == torch.float32 else x "), "values"),
        (("return (", "return torch.clamp("), "large inputs"),
        (("total = torch.where(mask, wide, 0.0)", "total = torch.where(mask, wide, 0.0).detach()"), "gradients"),
        (("    total", "    x += 1e-9 if x.dtype == torch.float64 else 1.0\n    total"), "inputs untouched"),
        (("torch.where(mask, wide, 0.0)", "(wide.view(-1).view(x.shape) * mask)"), "inputs untouched"),
        (("mask.sum(-1)", "torch.tensor(mask.sum(-1).tolist())"), "any device"),
        (
            ("torch.where(mask, wide, 0.0).sum(-1)", "sum(torch.where(mask, wide, 0.0).unbind(-1))"),
            "",  # the length of rows stays the same from short to long batches
        ),
        (
            (
                "torch.where(mask, wide, 0.0).sum(-1)",
                "torch.stack([r.sum() for r in torch.where(mask, wide, 0.0).flatten(0, -2)]).view(x.shape[:-1])",
            ),
            "no loops",
        ),
    ],
)
def test_each_mistake_is_caught_by_the_check_made_for_it(mean: Bank, change: tuple[str, str], caught: str) -> None:
    code = MEAN.replace(*change)
    assert code != MEAN
    if caught == "large inputs":
        code = code.replace("clamp(min=1)).to(x.dtype)", "clamp(min=1), -100, 100).to(x.dtype)")
    found = failed(mean, run(code, "masked_mean"))
    assert (caught in found) if caught else not found, found


def test_the_solution_and_its_variants_pass_other_draws(mean: Bank) -> None:
    for number in range(6):
        for variant in mean.variants:
            assert not failed(mean, variant.implementation, number)


def test_a_required_argument_may_have_another_name(mean: Bank) -> None:
    code = MEAN.replace("(x, mask,", "(values, mask,").replace("    if mask", "    x = values\n    if mask", 1)
    assert not failed(mean, run(code, "masked_mean"))


# ---- numpy ------------------------------------------------------------------------------------------------------

CENTRED = """
def centred(x, width):
    if width < 1:
        raise ValueError("width")
    return (x - x.mean(axis=-1, keepdims=True)) / x.dtype.type(width)
"""
CENTRED_BANK = """
@given(numpy=True, large={"x": 5_000})
def centred(draw, *batch):
    return {"x": draw.normal(*batch, draw.size("n")), "width": draw.integer(2, 9)}

@raises(ValueError, "A width below 1.")
def no_width(draw):
    return [{"x": draw.normal(5), "width": width} for width in (0, -3)]

@wrong("You add the mean: take it away.")
def added(x, width):
    if width < 1:
        raise ValueError("width")
    return (x + x.mean(axis=-1, keepdims=True)) / x.dtype.type(width)
"""


@pytest.fixture(scope="module")
def centred(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return load(tmp_path_factory.mktemp("centred"), "centred", CENTRED, CENTRED_BANK)


def test_numpy_has_checks_of_its_own(centred: Bank) -> None:
    assert [check.name for check in centred.checks] == [
        "values", "no width", "float32", "large inputs", "inputs untouched",
    ]  # fmt: skip
    assert certify_bank(centred, seeds=2).problems == ()


@pytest.mark.parametrize(
    ("change", "caught"),
    [
        (("axis=-1", "axis=0"), {"values", "large inputs", "inputs untouched"}),
        (("width < 1", "width == 0"), {"no width"}),
        (("x.mean(", "np.float64(1) * x.astype(float).mean("), {"float32"}),
        (("    return", "    x -= 1.0\n    return"), {"inputs untouched"}),
    ],
)
def test_mistakes_in_numpy(centred: Bank, change: tuple[str, str], caught: set[str]) -> None:
    code = CENTRED.replace(*change)
    assert code != CENTRED
    assert set(failed(centred, run(code, "centred"))) == caught


# ---- plain Python, functions as arguments ----------------------------------------------------------------------

MERGE = """
def merge(first, second, reverse=False):
    return sorted([*first, *second], reverse=reverse)
"""
MERGE_BANK = """
@given()
def merge(draw):
    return {"first": [draw.number() for _ in range(4)], "second": draw.words(0), "reverse": draw.integer(0, 2) == 1}

@case("Words.")
def of_words(draw):
    return {"first": draw.words(3), "second": draw.words(5)}
"""


def test_plain_python_has_no_checks_of_dtypes_and_devices(tmp_path: Path) -> None:
    bank = load(tmp_path, "merge", MERGE, MERGE_BANK)
    assert [check.name for check in bank.checks] == ["values", "of words", "defaults", "inputs untouched"]
    assert certify_bank(bank, seeds=2).problems == ()
    assert not failed(bank, run(MERGE, "merge"))
    in_place = (
        "def merge(first, second, reverse=False):\n    first += second\n    return sorted(first, reverse=reverse)"
    )
    assert set(failed(bank, run(in_place, "merge"))) == {"inputs untouched"}
    assert set(failed(bank, run(MERGE.replace("=False", "=True"), "merge"))) >= {"defaults", "of words"}


BISECT = """
def bisect(f, a, b):
    for _ in range(200):
        middle = (a + b) / 2
        a, b = (middle, b) if f(a) * f(middle) > 0 else (a, middle)
    return (a + b) / 2
"""
BISECT_BANK = """
@given(rtol=1e-9, reason="any halving may stop near the root")
def bisect(draw):
    return {"f": built("cubic", a=draw.number(0.5, 2.0)), "a": -3.0, "b": 4.0}
"""
CUBIC = """
def make(options, device):
    return lambda x: x**3 - options["a"]
"""


def test_a_function_as_an_argument_comes_from_a_builder(tmp_path: Path) -> None:
    builders = tmp_path / "checks" / "builders"
    builders.mkdir(parents=True)
    (builders / "cubic.py").write_text(CUBIC)
    bank = load(tmp_path, "bisect", BISECT, BISECT_BANK)
    assert not failed(bank, run(BISECT.replace("range(200)", "range(60)"), "bisect"))
    assert set(failed(bank, run(BISECT.replace("range(200)", "range(20)"), "bisect"))) == {"values"}


# ---- claims ----------------------------------------------------------------------------------------------------


def test_the_same_numbers_in_another_form_are_as_good(tmp_path: Path) -> None:
    solution = "def halves(x):\n    return [value / 2 for value in x]"
    bank = load(
        tmp_path,
        "halves",
        solution,
        "@given(approximately=True)\ndef halves(draw):\n    return {'x': [draw.number() for _ in range(5)]}\n",
    )
    for body in ("tuple(v / 2 for v in x)", "np.array(x) / 2", "torch.tensor(x, dtype=torch.float64) / 2"):
        assert not failed(bank, run(f"def halves(x):\n    return {body}", "halves")), body
    for body in ("[v / 3 for v in x]", "[v / 2 for v in x[:-1]]", "None", "[str(v / 2) for v in x]"):
        assert "values" in failed(bank, run(f"def halves(x):\n    return {body}", "halves")), body


def test_an_exact_bank_forgives_no_rounding(tmp_path: Path) -> None:
    solution = "def turned(x):\n    return x.mT"
    inputs = "@given(exact=True)\ndef turned(draw, *batch):\n    return {'x': draw.normal(*batch, *draw.sizes(2))}\n"
    bank = load(tmp_path, "turned", solution, inputs)
    assert not failed(bank, run(solution, "turned"))
    assert "values" in failed(bank, run("def turned(x):\n    return x.mT * 1.0000001", "turned"))


def test_an_axis_may_grow_without_more_operators(tmp_path: Path) -> None:
    inputs = "def total(draw, *batch):\n    return {'x': draw.normal(*batch, draw.size('n'))}\n"
    solution = "def total(x):\n    return x.sum(-1)"
    loop = run("def total(x):\n    return sum(x.unbind(-1))", "total")
    assert not failed(load(tmp_path / "one", "total", solution, f"@given()\n{inputs}"), loop)
    assert "no loops" in failed(load(tmp_path / "two", "total", solution, f"@given(grow='n')\n{inputs}"), loop)
    with pytest.raises(UsageError, match=r"grow='m', but the inputs have no draw.size\('m'\)"):
        load(tmp_path / "three", "total", solution, f"@given(grow='m')\n{inputs}")


LENGTH = "def length(x):\n    return torch.linalg.vector_norm(x, dim=-1)"
LENGTH_BANK = """
@given(gradients=True, aside="gradients")
def length(draw, *batch):
    return {"x": draw.normal(*batch, 5)}

@case("The length of zeros is 0.", alone=True, finite=True)
def zeros(draw):
    return {"x": torch.zeros(3)}
"""


def test_gradients_at_an_edge_need_only_be_finite(tmp_path: Path) -> None:
    bank = load(tmp_path, "length", LENGTH, f"import torch\n{LENGTH_BANK}")
    assert not failed(bank, run("def length(x):\n    return x.square().sum(-1).clamp(min=1e-20).sqrt()", "length"))
    assert failed(bank, run("def length(x):\n    return x.square().sum(-1).sqrt()", "length")).keys() == {
        "finite gradients"
    }
    assert [check.name for check in bank.checks if check.aside] == ["gradients"]


def test_equal_entries_have_no_other_order() -> None:
    assert no_order({"x": torch.zeros(3), "y": torch.tensor([2.0, 3.0, 1.0])})
    assert not no_order({"x": torch.zeros(3), "y": torch.tensor([1.0, 2.0, 3.0])})


def test_what_is_left_out_is_not_checked(tmp_path: Path) -> None:
    inputs = "def total(draw, *batch):\n    return {'x': draw.normal(*batch, 5)}\n"
    solution = "def total(x):\n    return x.sum(-1)"
    bank = load(tmp_path / "one", "total", solution, f"@given(without=['any device', 'edited_in_place'])\n{inputs}")
    assert "any device" not in {check.name for check in bank.checks}
    assert {"edited_in_place", "read_into_python"}.isdisjoint(one.name for one in bank.misconceptions)
    with pytest.raises(UsageError, match="without='devices' is none of values, "):
        load(tmp_path / "two", "total", solution, f"@given(without='devices')\n{inputs}")


@pytest.mark.parametrize(
    ("claims", "fault"),
    [
        ("numpy=True, half=True", "torch's tensors"),
        ("numpy=True, gradients=True", "numpy has no gradients"),
        ("exact=True, rtol=1e-3, reason='x'", "exact=True allows no error"),
        ("approximately=True, half=True", "approximately=True"),
        ("approximately=True, exact=True", "exclude each other"),
        ("atol=1e-3", "need a reason"),
        ("reason='it is random'", "reason= is that of rtol or atol"),
        ("rtol=-1, reason='x'", "0 or more"),
        ("large=True", "a number above 1"),
        ("large={'y': 100.0}", "large= names 'y'"),
    ],
)
def test_claims_that_contradict_are_said(tmp_path: Path, claims: str, fault: str) -> None:
    inputs = f"@given({claims})\ndef total(draw, *batch):\n    return {{'x': draw.normal(*batch, 5)}}\n"
    with pytest.raises(UsageError, match=fault):
        load(tmp_path, "total", "def total(x):\n    return x.sum(-1)", inputs)


@pytest.mark.parametrize(
    ("bank", "fault"),
    [
        ("@given()\ndef total(draw):\n    return {'y': draw.normal(5)}\n", "the inputs lack 'x'"),
        (
            "@given()\ndef total(draw):\n    return {'x': draw.normal(5), 'y': 1}\n",
            "have 'y', and the function takes x",
        ),
        ("@given()\ndef total(draw):\n    return draw.normal(5)\n", "must return a dict"),
        ("@given()\ndef total(draw):\n    return {'x': draw.norm(5)}\n", "cannot be drawn: AttributeError"),
        ("@given()\ndef total(draw):\n    return {'x': 'five'}\n", "the solution fails on the inputs"),
        (
            "@given()\ndef total(draw):\n    return {'x': draw.normal(5)}\n\n\n@raises(ValueError, 'No.')\n"
            "def no(draw):\n    return {'x': draw.normal(3)}\n",
            r"check 'no': returned \(it should raise ValueError\)",
        ),
        (
            "@given()\ndef total(draw):\n    return {'x': draw.normal(5)}\n\n\n@case('A.')\ndef values(draw):\n"
            "    return {'x': draw.normal(3)}\n",
            "two checks are named 'values'",
        ),
        (
            "@given()\ndef total(draw):\n    return {'x': draw.normal(5)}\n\n\n@case('A.')\ndef empty(draw):\n"
            "    return {'x': draw.normal(3)}\n\n\n@wrong('B')\ndef empty(x):\n    return 0\n",
            "empty is defined twice",
        ),
    ],
)
def test_a_faulty_bank_says_what_is_wrong(tmp_path: Path, bank: str, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        load(tmp_path, "total", "def total(x):\n    return x.sum(-1)", bank)


def test_a_solution_in_float32_is_no_oracle(tmp_path: Path) -> None:
    inputs = "def total(draw, *batch):\n    return {'x': draw.normal(*batch, 5)}\n"
    weights = "def total(x):\n    return x @ torch.linspace(0.1, 0.7, 5).to(x.dtype)"
    for name, solution in (("weights", weights), ("cast", "def total(x):\n    return x.float().sum(-1)")):
        with pytest.raises(UsageError, match=r"computes in float32 although float64 comes in.*an oracle="):
            load(tmp_path / name, "total", solution, f"@given(without='any device')\n{inputs}")
    with_oracle = (
        "import torch\n\n\ndef exact(x):\n    return x @ torch.linspace(0.1, 0.7, 5, dtype=x.dtype)\n\n\n"
        f"@given(oracle=exact, without=['any device', 'float64'])\n{inputs}"
    )
    bank = load(tmp_path / "oracle", "total", weights, with_oracle)
    assert not failed(bank, run(weights, "total"))


def test_a_mark_is_not_inherited_and_not_copied(tmp_path: Path) -> None:
    bank = """
import functools
import torch

@given()
def total(draw, *batch):
    return {"x": draw.normal(*batch, 5)}

@right
def by_mean(x):
    return x.mean(-1) * x.shape[-1]

@functools.wraps(by_mean)
def unmarked(x):
    return by_mean(x) + 1

@wrong("You take the mean.")
class Mean:
    def __new__(cls, x):
        return cls.of(x)

    @staticmethod
    def of(x):
        return by_mean(x) / x.shape[-1]

class Unmarked(Mean):
    pass
"""
    found = load(tmp_path, "total", "def total(x):\n    return x.sum(-1)", bank)
    assert [one.name for one in found.variants] == ["solution", "by_mean"]
    assert found.misconceptions[0].name == "Mean"
    assert not any(one.name == "Unmarked" for one in found.misconceptions)


def test_the_long_form_adds_to_the_short_one(tmp_path: Path) -> None:
    bank = """
from dataclasses import replace

from autograder.checks import EXACT, Call, Check, Misconception, Probe

@given()
def total(draw, *batch):
    return {"x": draw.normal(*batch, 5)}

def first(x):
    return x[..., 0]

EMPTY = Check("empty", "Nothing adds up to 0.", lambda draw: [Probe((Call("total", (draw.normal(3, 0),)),))], EXACT)
BANK = replace(total, checks=(EMPTY,), misconceptions=(Misconception("first", "This is one entry.", first),))
"""
    found = load(tmp_path, "total", "def total(x):\n    return x.sum(-1)", bank)
    assert found.checks[0].name == "values"
    assert found.checks[-1].name == "empty"
    assert certify_bank(found, seeds=1).problems == ()


def test_marks_come_from_sibling_modules_too(tmp_path: Path) -> None:
    root = write(tmp_path, "total", "def total(x):\n    return x.sum(-1)", "")
    folder = root / "checks" / "unit"
    (folder / "total.py").unlink()
    (folder / "total").mkdir()
    (folder / "total" / "wrong.py").write_text(
        "from autograder.checks import wrong\n\n\n@wrong('The mean.')\ndef mean(x):\n    return x.mean(-1)\n"
    )
    (folder / "total" / "__init__.py").write_text(
        "from autograder.checks import given\nfrom .wrong import mean\n\n\n@given()\ndef total(draw, *batch):\n"
        "    return {'x': draw.normal(*batch, 5)}\n"
    )
    banks = Banks(root, measure=True)
    assert banks["total"].misconceptions[0].text == "The mean."
    assert banks.lock_path("total") == folder / "total.lock"


def test_the_text_of_a_marked_implementation_is_a_student_s(mean: Bank) -> None:
    """Without the decorator, which no student has; the engine's own mistakes have no text."""
    texts = [student_text("masked_mean", one.implementation) for one in (mean.variants[1], mean.misconceptions[0])]
    assert all("@" not in text and "autograder" not in text for text in texts)
    assert not failed(mean, run(texts[0], "masked_mean"))
    assert "values" in failed(mean, run(texts[1], "masked_mean"))
    with pytest.raises(NoText):
        student_text("masked_mean", mean.misconceptions[1].implementation)
