"""The autograder's settings, as traitlets that a course sets in its nbgrader_config.py.

c.Autograder.cell_seconds = 60
"""

from __future__ import annotations

from traitlets import Bool, Dict, Enum, Float, Int, List, Unicode
from traitlets.config import Configurable

from autograder.limits import Limits

_DEFAULT = Limits()
INPUT_SETS = 32


class Autograder(Configurable):  # type: ignore[misc]  # traitlets ships no types for Configurable
    """The settings of a course; flags of the command line override them."""

    tier = Int(None, allow_none=True, help="Sandbox tier to insist on (2, 1 or 0); None: the best of 2 and 1.").tag(
        config=True
    )
    jobs = Int(0, help="Submissions graded at once; 0: one for each core.").tag(config=True)
    device = Enum(("auto", "cpu", "cuda"), "auto", help="Where checks run; auto: the GPU if there is one.").tag(
        config=True
    )
    cell_seconds = Float(_DEFAULT.cell_seconds, help="Wall time of one cell.").tag(config=True)
    probe_seconds = Float(_DEFAULT.probe_seconds, help="Wall time of one call of a check.").tag(config=True)
    submission_seconds = Float(_DEFAULT.submission_seconds, help="Wall time of all of a notebook.").tag(config=True)
    cpu_seconds = Int(_DEFAULT.cpu_seconds, help="CPU time of one process of a submission.").tag(config=True)
    memory_mib = Int(_DEFAULT.memory_mib, help="Memory beyond what the imported packages use.").tag(config=True)
    processes = Int(_DEFAULT.processes, help="Processes and threads at once.").tag(config=True)
    file_mib = Int(_DEFAULT.file_mib, help="Size of one file written.").tag(config=True)
    scratch_mib = Int(_DEFAULT.scratch_mib, help="Size of the temporary folder, and of /dev/shm.").tag(config=True)
    output_kib = Int(_DEFAULT.output_kib, help="Size of the outputs of one cell.").tag(config=True)
    anonymous = Bool(False, help="Whoever marks written answers on the page never sees whose they are.").tag(
        config=True
    )
    input_sets = Int(
        INPUT_SETS, min=1, help="Sets of hidden inputs; the code of a function decides by which of them it is judged."
    ).tag(config=True)
    demands = Dict(
        help='What certify demands of a bank: {"variants": 3, "misconceptions": 5, "meta": True, "mutants": True, '
        '"sizes": True, "stable": True}, and for single functions "functions": {"softmax": {...}}.'
    ).tag(config=True)
    preload = List(
        Unicode(), ["torch", "numpy"], help="Modules imported once for all; those the notebook imports are added."
    ).tag(config=True)

    repository = Unicode(
        "", help='Where the course lies on GitHub, "owner/name" or "owner/name@branch": notebooks then open in Colab.'
    ).tag(config=True)

    def limits(self) -> Limits:
        return Limits(**{name: getattr(self, name) for name in Limits.__dataclass_fields__})
