"""The resources that one submission may use; the settings make them, the sandbox enforces them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one submission. Seconds are wall-clock time unless the name says CPU."""

    cell_seconds: float = 30.0  # one cell
    probe_seconds: float = 10.0  # one call of a check
    submission_seconds: float = 300.0  # all cells and checks together
    cpu_seconds: int = 240  # CPU time of one process of the submission
    memory_mib: int = 4096  # address space beyond what the zygote already uses
    processes: int = 64  # processes and threads at once
    file_mib: int = 64  # one file written
    scratch_mib: int = 256  # temporary folder and /dev/shm, each
    output_kib: int = 2048  # outputs of one cell
