"""Every bank on a CUDA device: right code passes there too, with float32 products in full precision and in TF32."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from autograder.judging.certify import false_rejections
from tests.course.banks import bank_names, find_bank

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device: run on a machine with a GPU"),
]


@pytest.fixture(params=["cuda", "cuda-tf32"])
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = request.param == "cuda-tf32"
    yield request.param
    torch.backends.cuda.matmul.allow_tf32 = before


@pytest.mark.parametrize("name", bank_names())
def test_right_code_passes_on_a_gpu(name: str, device: str) -> None:
    gradings = list(false_rejections(find_bank(name), range(3), device))
    assert len(gradings) == 3 * len(find_bank(name).variants)
    assert [(variant, number, v.name, v.message) for variant, number, failed in gradings for v in failed] == []
