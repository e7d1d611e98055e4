import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.problem import Problem
from app.request.read import read
from app.shape import ModelShape
from app.stream.wire import (
    EndMessage,
    ErrorMessage,
    TokensMessage,
    TraceMessage,
    from_client,
    pack_scores,
    pack_step,
    step_bytes,
    to_text,
    unpack_step,
)
from app.trace import Step, Token, TraceHeader
from tests.request.offered import offered

GOLDEN = Path(__file__).parents[1] / "golden"
STEPS = json.loads((GOLDEN / "steps.json").read_text(encoding="utf-8"))
MESSAGES = json.loads((GOLDEN / "messages.json").read_text(encoding="utf-8"))
NAMES = [row["name"] for row in STEPS]
TEXTS = {row["name"]: row["text"] for row in MESSAGES["to_client"]}


def step_of(row):
    dropped = np.array(row["dropped"], bool) if "dropped" in row else None
    return Step(
        scores=np.array(row["scores"], np.float32),
        experts=np.array(row["chosen"], np.int32),
        weights=np.array(row["weights"], np.float32),
        dropped=dropped,
    )


@pytest.mark.parametrize("row", STEPS, ids=NAMES)
def test_a_step_packs_to_the_golden_bytes(row):
    assert pack_step(step_of(row), row["id"], row["token"], len(row["scores"][0])) == bytes.fromhex(
        row["hex"]
    )


@pytest.mark.parametrize("row", STEPS, ids=NAMES)
def test_golden_bytes_unpack_to_the_step(row):
    id, token, step = unpack_step(bytes.fromhex(row["hex"]))
    assert (id, token) == (row["id"], row["token"])
    assert step.experts.tolist() == row["chosen"]
    assert step.weights.tolist() == row["weights_16bit"]
    assert pack_scores(step.scores).tolist() == row["score_codes"]
    assert (None if step.dropped is None else step.dropped.astype(int).tolist()) == row.get("dropped")


@pytest.mark.parametrize("row", STEPS, ids=NAMES)
def test_the_size_of_a_step_is_known_before(row):
    shape = ModelShape(row["layers"], row["experts"], row["k"], 1, 1)
    assert step_bytes(shape, "dropped" in row) == len(bytes.fromhex(row["hex"]))


def test_the_size_of_a_step_with_more_columns_than_k_is_known_before():
    row = STEPS[0]
    shape = ModelShape(row["layers"], row["experts"], 1, 1, 1)
    assert step_bytes(shape, choices=row["k"]) == len(bytes.fromhex(row["hex"]))


@given(arrays(np.float32, (2, 5), elements=st.floats(0, 1, width=32)))
def test_a_score_survives_packing_to_a_part_in_250(scores):
    back = np.square(pack_scores(scores) / 255.0)
    assert np.abs(np.sqrt(back) - np.sqrt(scores)).max() <= 0.5 / 255 + 1e-6


def test_a_score_outside_0_to_1_is_held_at_the_nearest():
    assert pack_scores(np.array([-0.1, 1.5], np.float32)).tolist() == [0, 255]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:19], "expected at least 20 bytes, got 19"),
        (lambda data: data[:-1], "expected 44 bytes, got 43"),
        (lambda data: data + b"\0", "expected 44 bytes, got 45"),
        (lambda data: b"\1" + data[1:], "expected version 2 and kind 1, got 1 and 1"),
    ],
)
def test_bytes_that_are_no_step_are_refused(damage, message):
    with pytest.raises(ValueError, match=message):
        unpack_step(damage(bytes.fromhex(STEPS[0]["hex"])))


@pytest.mark.parametrize("row", MESSAGES["from_client"], ids=lambda row: row["name"])
def test_a_golden_text_of_a_client_is_understood(row):
    asked = from_client.validate_python(json.loads(row["text"]))
    assert asked.model_dump(by_alias=True, exclude_unset=True) == json.loads(row["text"])


def test_messages_are_the_golden_texts():
    tokens = (Token("def", "code"), Token(" é</script>", id=41))
    origin = {"source": "authored", "badge": "AUTHORED", "note": "An illustration."}
    shape = ModelShape(6, 8, 2, 128, 64, attention=393216, embeddings=524288, norms=1664)
    header = TraceHeader(tokens, shape, {"name": "authored", "router": "topk_norm"}, origin)
    biased = TraceHeader(
        (Token("a"), Token("b")),
        ModelShape(2, 3, 1, 4, 2),
        {"name": "authored", "router": "softmax_bias", "settings": {"updates": 2, "rate": 0.01}},
        {"badge": "AUTHORED"},
        np.array([[0.02, -0.01, 0], [-0.02, 0, 0.01]], np.float32),
    )
    written = TokensMessage(id=9, start=2, tokens=[Token(" né", id=311).to_json()])
    settling = {"experts": 3, "k": 1, "router": "softmax_bias", "updates": "2"}
    settled = read(settling, offered(("english",), {})).answer
    assert to_text(TraceMessage.of(9, "5f2c", 1, biased, settled)) == TEXTS["trace with a selection bias"]
    assert to_text(written) == TEXTS["tokens that a model wrote"]
    problem = Problem("k", "9", "1 to 8", "choose fewer experts a token or more experts a layer")
    complaint = "message: expected a JSON object with an op, got []"
    lenient = read({"scenario": "code", "k": "9"}, offered(("english", "code"), {})).answer
    assert lenient.notices, "the golden message shows no notice"
    assert to_text(TraceMessage.of(7, "5f2b", 0, header, lenient)) == TEXTS["trace"]
    assert to_text(EndMessage(id=7, tokens=2)) == TEXTS["end"]
    assert to_text(ErrorMessage.of(8, (problem,))) == TEXTS["a bad request"]
    assert to_text(ErrorMessage(id=None, code="bad_message", message=complaint)) == TEXTS["a bad message"]
