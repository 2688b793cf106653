"""A course's banks are certified on its own input sets, with mutants of its solutions, as the course demands."""

import json
import subprocess
import sys

import pytest

from autograder.course import read_course
from autograder.course.demands import Demands, demands_on
from autograder.errors import AutograderError, UsageError
from autograder.judging.banks import Banks
from autograder.judging.lock import read_lock
from autograder.judging.proof import certify_in_course, propose
from tests.conftest import SECRET, write_secret

BANK = """
from autograder.checks import EXACT, Bank, Call, Check, Misconception, Probe, Variant

def oracle(n, times=2):
    return n * times

def most(n, times=2):
    return n * times + 1 if n > {above} else n * times

def values(draw):
    return [Probe((Call("product", (int(draw.integers(5, 100)),)),))]

CHECKS = (Check("values", "The product.", values, EXACT),)
WRONG = (Misconception("most", "Not for large n.", most),)
BANK = Bank("product", oracle, CHECKS, WRONG, (Variant("same", oracle),))
"""
SOURCE = """\
# %% grade_id="product" role="solution"
def product(n, times=2):
    ### BEGIN SOLUTION
    return n * times
    ### END SOLUTION
"""


@pytest.fixture
def make(tmp_path):
    def course(above=2, demands="{}", source=SOURCE):
        for folder in ("checks/numbers", "source"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "checks" / "numbers" / "product.py").write_text(BANK.format(above=above))
        (tmp_path / "source" / "numbers.py").write_text(source)
        (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\nc.Autograder.demands = {demands}\n")
        write_secret(tmp_path)
        return read_course(tmp_path)

    return course


def certified(course, sets=4, **options):
    return certify_in_course(course, Banks(course.root), "product", sets=sets, **options)


def test_the_sets_are_those_of_the_secret_up_to_as_many_as_the_course_has(make):
    course = make(above=52)
    report = certified(course, sets=100)
    assert report.sets == 32
    (line,) = [one for one in report.unstable if one.startswith("most: ")]
    assert "check 'values' passes in" in line
    assert certified(course, sets=100) == report
    (course.root / ".autograder" / "secret").write_text(SECRET.hex()[::-1] + "\n")
    assert certified(course, sets=100).unstable != report.unstable
    assert bytes(32) != SECRET


def test_survivors_are_proposed_in_the_lock_and_hold_once_a_person_says_why(make):
    course = make()
    banks = Banks(course.root)
    report = certify_in_course(course, banks, "product", sets=1)
    assert [(one.number, one.change) for one in report.survivors] == []  # every one dies: times is always 2
    (course.root / "source" / "numbers.py").write_text(SOURCE.replace("n * times", "abs(n) * times"))
    report = certify_in_course(course, banks, "product", sets=1)
    assert [(one.number, one.change) for one in report.survivors] == [(4, "abs(n) -> n")]
    propose(banks, report)
    (path,) = banks.write_locks(["product"])
    assert path == course.root / "checks" / "numbers" / "product.lock"
    (entry,) = read_lock(path.read_bytes(), path).same
    assert (entry.line, entry.change, entry.because) == ("return abs(n) * times", "abs(n) -> n", "")
    assert len(certified(course, sets=1).survivors) == 1
    path.write_text(path.read_text().replace('"because": ""', '"because": "n is positive"'))
    report = certified(course, sets=1)
    assert (report.survivors, report.problems) == ((), certified(course, sets=1, mutants=False).problems)
    banks = Banks(course.root)
    propose(banks, report)
    assert banks.write_locks(["product"]) == []


def test_a_demand_is_met_by_the_proof_in_the_lock(make):
    """So that all banks of a course are certified in minutes: a version of a bank is proved once."""
    demands = {"mutants": True, "stable": True}
    source = SOURCE.replace("n * times", "abs(n) * times")

    def asked(**options):
        course = make(above=options.pop("above", 52), demands=demands, source=options.pop("source", source))
        report = certify_in_course(course, Banks(course.root), "product", sets=1, mutants=False)
        return [text for text in report.problems if "lock" in text or "the course demands" in text]

    def prove(sets):
        course = read_course(make(above=52, demands=demands, source=source).root)
        banks = Banks(course.root)
        propose(banks, certify_in_course(course, banks, "product", sets=sets))
        return banks.write_locks(["product"])[0]

    again = "run: autograder certify product"
    assert asked() == [f"the lock holds no proof of this version of the bank and the solution; {again}"]
    prove(8)
    assert asked() == [
        "the course demands that no mutant survives; 1 in the lock do, without a reason",
        f"the course demands equal verdicts on all 32 sets; the lock says that 8 were tried; {again}",
        f"the course demands equal verdicts on all sets; 2 are not; {again}",
    ]
    path = prove(32)
    path.write_text(path.read_text().replace('"because": ""', '"because": "n is positive"'))
    assert asked() == [f"the course demands equal verdicts on all sets; 2 are not; {again}"]
    for changed in ({"above": 53}, {"source": SOURCE}):
        assert asked(**changed) == [f"the lock holds no proof of this version of the bank and the solution; {again}"]
    path.write_text(path.read_text().replace('"unstable": 2', '"unstable": 0'))
    assert asked() == []


@pytest.mark.parametrize("processes", [2, 3])
def test_the_report_does_not_depend_on_the_number_of_processes(make, processes):
    course = make(above=52, source=SOURCE.replace("n * times", "abs(n) * times"))
    report = certified(course, sets=5, processes=processes)
    assert report.mutants
    assert report.unstable
    assert report == certified(course, sets=5)


def test_an_error_in_a_process_of_its_own_is_told(make):
    course = make()
    path = course.root / "checks" / "numbers" / "product.py"
    path.write_text(path.read_text().replace("return n * times\n\ndef most", "return 1 / 0\n\ndef most"))
    with pytest.raises(AutograderError, match="the oracle of product broke on check 'values': ZeroDivisionError"):
        certified(course, processes=2)


def test_what_the_course_demands_is_said(make):
    demands = {"variants": 2, "misconceptions": 3, "meta": True, "mutants": True, "sizes": True, "stable": True}
    report = certified(make(above=52, demands=demands, source=SOURCE.replace("n * times", "abs(n) * times")), sets=8)
    said = [text for text in report.problems if "the course demands" in text]
    heads = [text.removeprefix("the course demands ").split(";")[0].split(":")[0] for text in said]
    assert list(dict.fromkeys(heads)) == [
        "2 variants",
        "3 misconceptions",
        "a check on the meta device",
        "that no mutant survives",
        "sizes that tell",
        "equal verdicts on all sets",
    ]


def test_mutants_that_are_demanded_need_a_solution(make):
    missing = "# %% grade_id='other' role='solution'\ndef other():\n    return 1\n"
    report = certified(make(source=missing.replace("'", '"')))
    assert any("no mutants were made" in note for note in report.notes)
    report = certified(make(demands={"mutants": True}, source=missing.replace("'", '"')))
    assert any('no cell with role="solution" defines product' in text for text in report.problems)


def test_demands_on_one_function_replace_those_of_the_course():
    setting = {"variants": 3, "meta": True, "functions": {"softmax": {"meta": False, "mutants": True}}}
    assert demands_on(setting, "softmax") == Demands(variants=3, mutants=True)
    assert demands_on(setting, "other") == Demands(variants=3, meta=True)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"variant": 3}, "'variant' is unknown; a course can demand variants, misconceptions"),
        ({"meta": 1}, "'meta' is 1, and should be a value of type bool"),
        ({"functions": {"f": {"sizes": "yes"}}}, "'sizes' is 'yes', and should be a value of type bool"),
        ({"functions": ["f"]}, "'functions' maps the name of a function"),
    ],
)
def test_a_wrong_demand_is_a_usage_error(make, setting, said):
    with pytest.raises(UsageError, match="demands: " + said):
        certified(make(demands=setting))


def test_the_command_tries_a_named_function_on_all_sets_and_writes_its_lock(make):
    course = make(source=SOURCE.replace("n * times", "abs(n) * times"))
    command = [sys.executable, "-m", "autograder", "certify", "--json"]
    done = subprocess.run([*command, "product"], cwd=course.root, capture_output=True, text=True, check=False)
    (bank,) = json.loads(done.stdout)["banks"]
    assert [one["change"] for one in bank["survivors"]] == ["abs(n) -> n"]
    assert (bank["sets"], bank["mutants"] > 5) == (32, True)
    lock = course.root / "checks" / "numbers" / "product.lock"
    assert lock.is_file()
    lock.unlink()
    done = subprocess.run([*command, "--sets", "2"], cwd=course.root, capture_output=True, text=True, check=False)
    (bank,) = json.loads(done.stdout)["banks"]
    assert (bank["sets"], bank["mutants"]) == (2, 0)
    assert not lock.is_file()
