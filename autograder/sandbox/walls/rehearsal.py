"""Forks one harmless child behind the given walls; `survey` runs it to test whether the walls can be raised.

    python -P -m autograder.sandbox.walls.rehearsal WALLS_JSON SCRATCH

The exit code is 0 if the child was confined and can still read the modules that it must import. Otherwise stderr says
why.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from autograder.limits import Limits
from autograder.sandbox.walls import walls


def main(chosen: walls.Walls, scratch: Path) -> int:
    origins = [importlib.util.find_spec(name) for name in ("torch", "numpy", "encodings", "autograder")]
    files = [spec.origin for spec in origins if spec is not None and spec.origin is not None]
    pid = walls.fork(chosen, 0)
    if pid == 0:
        try:
            walls.confine(chosen, Limits(), scratch, 0)
            for file in files:
                Path(file).read_bytes()
            os._exit(0)
        except BaseException as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    try:
        sys.exit(main(walls.Walls.from_json(sys.argv[1]), Path(sys.argv[2])))
    except Exception as error:
        sys.exit(str(error))
