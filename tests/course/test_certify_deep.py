"""Right code is never rejected: 10,000 gradings of correct variants over draws and the devices at hand.

Dtypes are varied inside the checks. Not part of `make test`: run by `make certify-deep`, which prints the counts.
"""

from __future__ import annotations

import math
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch

from autograder.judging.certify import false_rejections
from tests.course.banks import bank_names, find_bank

GRADINGS = 10_000
FIRST = 1_000  # draws that `certify` itself does not use


def _graded(name: str, draws: int, device: str) -> tuple[str, int, list[str]]:
    torch.set_num_threads(1)
    count, rejected = 0, []
    for variant, number, failed in false_rejections(find_bank(name), range(FIRST, FIRST + draws), device):
        count += 1
        rejected += [f"{name}, draw {number}: {variant} fails {v.name!r}: {v.message}" for v in failed]
    return name, count, rejected


@pytest.mark.deep
def test_no_correct_variant_is_ever_rejected() -> None:
    names = bank_names()
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    each_draw = len(devices) * sum(len(find_bank(name).variants) for name in names)
    draws = math.ceil(GRADINGS / each_draw)
    context = multiprocessing.get_context("spawn")  # a fork of a process that has used torch's threads can hang
    rejected: list[str] = []
    total = 0
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=context) as executor:
        jobs = [executor.submit(_graded, name, draws, device) for device in devices for name in names]
        for job in jobs:
            name, count, wrong = job.result()
            total += count
            rejected += wrong
            print(f"{name:34}{count:8,} gradings{len(wrong):6} rejects", flush=True)
    print(f"{total:,} gradings of correct variants on {', '.join(devices)}, {len(rejected)} rejects")
    assert total >= GRADINGS
    assert rejected == []
