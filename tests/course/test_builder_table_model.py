"""The table model: what it answers, and that a probe can make it and look at its mode."""

import pytest
import torch

from autograder.model import Call, Get, Make, Observation, Probe, Ref
from autograder.sandbox.inside.probing import observe
from tests.course.banks import build, text_of

SIZE = 5
TABLE = torch.randn(SIZE, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
POSITIONS = torch.randn(3, SIZE, generator=torch.Generator().manual_seed(2))


def model(**options):
    return build("table_model", {"table": TABLE, **options}, "cpu")


def test_logits_depend_on_the_last_two_tokens():
    ids = torch.tensor([[1, 4, 2, 2], [3, 0, 1, 4]])
    logits = model()(ids).logits
    assert logits.shape == (2, 4, SIZE)
    assert torch.equal(logits[0, 2], TABLE[4, 2])
    assert torch.equal(logits[1, 3], TABLE[1, 4])


def test_before_the_first_token_stands_token_0():
    assert torch.equal(model()(torch.tensor([[3]])).logits[0, 0], TABLE[0, 3])


def test_a_text_cut_short_is_answered_otherwise():
    ids = torch.tensor([[1, 4, 2]])
    assert not torch.equal(model()(ids).logits[:, -1], model()(ids[:, -1:]).logits[:, -1])
    with_positions = model(positions=POSITIONS)
    assert not torch.equal(with_positions(ids).logits[:, -1], with_positions(ids[:, -2:]).logits[:, -1])


def test_logits_depend_on_the_position_where_there_is_a_table_for_it():
    logits = model(positions=POSITIONS)(torch.tensor([[1, 4, 2, 2]])).logits
    assert torch.equal(logits[0, 1], TABLE[1, 4] + POSITIONS[1])
    assert torch.equal(logits[0, 3], TABLE[2, 2] + POSITIONS[0])


def test_a_row_stands_for_a_table_of_nothing_else():
    row = torch.arange(6.0)
    logits = build("table_model", {"table": row}, "cpu")(torch.tensor([[1, 5, 2]])).logits
    assert torch.equal(logits, row.expand(1, 3, 6))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_dtype_is_the_tables(dtype):
    assert model(table=TABLE.to(dtype))(torch.tensor([[1, 2]])).logits.dtype == dtype


def test_tables_lie_where_the_probe_does():
    made = build("table_model", {"table": TABLE.to("meta")}, "meta")
    assert made(torch.tensor([[1, 2]], device="meta")).logits.device.type == "meta"
    assert next(made.parameters()).device.type == "meta"


@pytest.mark.parametrize("ids", [torch.tensor(1), torch.tensor([1, 2]), torch.ones(1, 2, 3, dtype=torch.long)])
def test_ids_without_a_batch_are_refused(ids):
    with pytest.raises(ValueError, match=r"\(B, T\)"):
        model()(ids)


def test_no_gradient_is_recorded():
    assert not model()(torch.tensor([[1, 2]])).logits.requires_grad


def run(function, *steps: object, returns: tuple[str, ...]) -> Observation:
    return observe(
        Probe((Make("model", "table_model", {"table": TABLE}, text_of("table_model")), *steps), returns),
        {"f": function},
    )


def test_a_probe_sees_whether_the_mode_was_changed():
    def left_in_eval(model):
        model.eval()

    steps = (Get("model.training", "made"), Call(Ref("model.train")), Call("f", (Ref("model"),)))
    seen = run(left_in_eval, *steps, Get("model.training", "left"), returns=("made", "left"))
    assert seen.values == {"made": False, "left": False}
    seen = run(lambda model: None, *steps, Get("model.training", "left"), returns=("made", "left"))
    assert seen.values == {"made": False, "left": True}


def test_a_probe_calls_a_function_with_the_model():
    seen = run(
        lambda model, ids: model(ids).logits[:, -1].argmax(-1),
        Call("f", (Ref("model"), torch.tensor([[1, 4, 2]]))),
        returns=("out",),
    )
    assert seen.values["out"].data.tolist() == [int(TABLE[4, 2].argmax())]
