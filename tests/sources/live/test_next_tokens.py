"""The most likely next tokens, and the loss on a text."""

import numpy as np

from app.sources.live.next_tokens import next_tokens


def test_the_most_likely_tokens_come_first_with_their_softmax():
    logits = np.random.default_rng(0).normal(0, 3, (6, 50)).astype(np.float32)
    found = next_tokens(logits, np.arange(6, dtype=np.int32))
    shares = np.exp(logits.astype(np.float64))
    shares /= shares.sum(axis=1, keepdims=True)
    np.testing.assert_array_equal(found.ids, np.argsort(-logits, axis=1)[:, :5])
    np.testing.assert_allclose(found.probabilities, -np.sort(-shares, axis=1)[:, :5], rtol=1e-5)
    np.testing.assert_allclose(found.loss, -np.log(shares[np.arange(5), np.arange(1, 6)]), rtol=1e-5)


def test_the_lower_id_of_equals_comes_first():
    found = next_tokens(np.zeros((1, 4), np.float32), np.zeros(1, np.int32), count=4)
    assert found.ids.tolist() == [[0, 1, 2, 3]]
    assert found.probabilities.tolist() == [[0.25] * 4]


def test_one_token_has_no_loss_and_a_small_vocabulary_names_all_of_it():
    found = next_tokens(np.array([[1000.0, -1000.0]], np.float32), np.zeros(1, np.int32))
    assert found.mean_loss is None
    assert found.ids.tolist() == [[0, 1]] and found.probabilities.tolist() == [[1.0, 0.0]]
    assert found.to_json(str)["next"] == [
        [{"id": 0, "text": "0", "probability": 1.0}, {"id": 1, "text": "1", "probability": 0.0}]
    ]
