"""Fuzzes one target with atheris and says what came of it: `python tests/fuzz/fuzz.py TARGET --seconds 3600`.

    fuzz.py notebook|wire|percent [--seconds N] [--keep FOLDER]

libFuzzer drives the target with what covers new branches of our readers, from real notebooks on. What breaks a contract
is written to FOLDER (build/fuzz/TARGET), one input for each place in the code, and the run goes on; a crash, a hang or
too much memory ends it. Make such an input small, fix what it shows, and keep it in tests/fuzz/corpus/TARGET, where
test_fuzz.py replays it. Needs atheris: pip install -e '.[fuzz]'.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import subprocess
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
NAMES = ("notebook", "wire", "percent")
INSTRUMENTED = ["autograder", "jupytext"]  # whose branches are counted; jupytext reads on behalf of the percent format
MEMORY_MIB = 2048  # of the process with torch in it, which has 400 to begin with
HANG_SECONDS = 120  # on the clock, of a process that yields to all others; CPU is bounded by the target itself


def drive(name: str, keep: Path, flags: list[str]) -> None:
    """In the child: instruments, and fuzzes until libFuzzer's time is up. Does not return."""
    import atheris
    import nbconvert.exporters  # noqa: F401  # these before, since what they import is not to be counted
    import nbgrader.preprocessors  # noqa: F401
    import torch  # noqa: F401

    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz import targets
    from tests.fuzz.mutations import MUTATIONS

    target, change = targets.TARGETS[name], MUTATIONS[name]

    def one(data: bytes) -> None:
        try:
            target(data)
        except Exception as error:
            _keep(keep, data, error)

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.6 and len(made := change(bytes(data), chance)) <= most:
            return made
        return bytes(atheris.Mutate(data, len(data)))

    atheris.Setup([sys.argv[0], *flags], one, custom_mutator=mutated)
    atheris.Fuzz()


def _keep(keep: Path, data: bytes, error: Exception) -> None:
    """One input for each place where a contract breaks, the shortest that came."""
    places = traceback.extract_tb(error.__traceback__)[-1:]
    where = "-".join(f"{Path(place.filename).stem}-{place.lineno}" for place in places)
    path = keep / f"{type(error).__name__}-{where}"
    if path.exists() and path.stat().st_size <= len(data):
        return
    path.write_bytes(data)
    path.with_suffix(".txt").write_text("".join(traceback.format_exception(error)), errors="replace")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given, flags = parser.parse_known_args()
    keep = given.keep or HERE.parents[1] / "build" / "fuzz" / given.target
    if given.child:
        return drive(given.target, keep, flags)
    if flags:
        parser.error(f"unknown: {' '.join(flags)}")
    raise SystemExit(run(given.target, keep.resolve(), given.seconds))


def run(name: str, keep: Path, seconds: int) -> int:
    """Starts the child, shows what it says, and sums it up; 1 when anything was found."""
    from tests.fuzz.seeds import SEEDS
    from tests.fuzz.targets import MAX_LENGTHS

    corpus = keep / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    kept = (HERE / "corpus" / name).glob("*") if (HERE / "corpus" / name).is_dir() else ()
    for data in (*SEEDS[name](), *(path.read_bytes() for path in kept)):
        (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)
    command = [
        sys.executable, __file__, name, "--child", "--keep", str(keep), f"-max_total_time={seconds}",
        f"-rss_limit_mb={MEMORY_MIB}", f"-timeout={HANG_SECONDS}", f"-report_slow_units={HANG_SECONDS}",
        f"-max_len={MAX_LENGTHS[name]}",
        f"-dict={HERE / f'{name}.dict'}", f"-artifact_prefix={keep}/", "-print_final_stats=1", "-reload=0", str(corpus),
    ]  # fmt: skip
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace")
    assert child.stderr is not None  # a pipe was asked for
    said: list[str] = []
    for line in child.stderr:
        print(line, end="", file=sys.stderr, flush=True)
        said = [*said[-200:], line]
    code = child.wait()
    found = sorted(path.name for path in keep.iterdir() if path.is_file() and path.suffix != ".txt")
    print(summary(name, "".join(said), found, code))
    return 1 if found or code else 0


def summary(name: str, said: str, found: list[str], code: int) -> str:
    """Executions, seconds, edges and findings, from libFuzzer's last lines."""
    covered = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", said)
    edges, features, inputs = covered[-1] if covered else ("?", "?", "?")
    numbers = dict(re.findall(r"stat::(\w+): *(\d+)", said))
    done = re.search(r"Done (\d+) runs in (\d+) second", said)
    return (
        f"{name}: {numbers.get('number_of_executed_units', '?')} executions in {done[2] if done else '?'} s, "
        f"{edges} edges ({features} features, {inputs} inputs), peak {numbers.get('peak_rss_mb', '?')} MiB, "
        f"exit code {code}\nfound: {', '.join(found) or 'nothing'}"
    )


if __name__ == "__main__":
    main()
