"""Tokens as a person reads them."""

import json

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import decoders, models, pre_tokenizers

from app.sources.live.config import CheckpointError
from app.sources.live.tokenizer import BYTE_OF, Tokenizer
from tests.sources.live.tiny_checkpoints import byte_tokenizer

TOKENIZER = Tokenizer(byte_tokenizer().to_str())


def texts(tokenizer, text):
    return [token.text for token in tokenizer.encode(text)]


def test_tokens_are_the_pieces_of_the_prompt_with_their_ids():
    tokens = TOKENIZER.encode("the é")
    assert [token.text for token in tokens] == ["th", "e", " ", "\\xc3", "\\xa9"]
    assert all(isinstance(token.id, int) for token in tokens)
    assert TOKENIZER.join([token.id for token in tokens]) == "the é"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_tokens_joined_are_the_text_they_came_from(text):
    assert TOKENIZER.join([token.id for token in TOKENIZER.encode(text)]) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_token_shows_a_replacement_character_that_was_not_typed(text):
    if "\ufffd" not in text:
        assert "\ufffd" not in "".join(texts(TOKENIZER, text))


def test_name_of_a_special_token_in_a_prompt_stays_text():
    assert "".join(texts(TOKENIZER, "a<|endoftext|>b")) == "a<|endoftext|>b"
    assert len(TOKENIZER.encode("<|endoftext|>")) > 5


def test_special_token_that_the_model_writes_is_shown_by_its_name():
    assert TOKENIZER.text(257) == "<|endoftext|>"
    assert TOKENIZER.join([257, 257]) == "<|endoftext|><|endoftext|>"


def test_id_without_an_entry_is_shown_as_a_number():
    assert TOKENIZER.text(9999) == "[9999]"


def test_byte_letters_are_those_of_the_library():
    assert set(BYTE_OF) == set(pre_tokenizers.ByteLevel.alphabet())
    assert sorted(BYTE_OF.values()) == list(range(256))
    assert BYTE_OF["Ġ"] == ord(" ") and BYTE_OF["Ċ"] == ord("\n")


def test_pieces_of_sentencepiece_show_spaces_and_bytes():
    vocabulary = {"<unk>": 0, "<0xC3>": 1, "<0xA9>": 2, "▁the": 3, "▁": 4, "x": 5}
    fast = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=[], byte_fallback=True))
    fast.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer = Tokenizer(fast.to_str())
    assert [tokenizer.text(id) for id in range(1, 6)] == ["\\xc3", "\\xa9", " the", " ", "x"]
    assert tokenizer.join([3, 1, 2]) == " theé"


def test_truncation_that_a_file_asks_for_is_not_applied():
    fast = byte_tokenizer()
    fast.enable_truncation(3)
    assert len(Tokenizer(fast.to_str()).encode("abcdef")) == 6


@pytest.mark.parametrize("content", [None, "{}", "no json"])
def test_tokenizer_that_is_missing_or_wrong_is_refused_with_its_path(tmp_path, content):
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json: expected a tokenizer"):
        Tokenizer.open(tmp_path, 300)


def test_tokenizer_with_more_ids_than_the_embedding_is_refused(tmp_path):
    byte_tokenizer().save(str(tmp_path / "tokenizer.json"))
    assert json.loads((tmp_path / "tokenizer.json").read_text())
    with pytest.raises(CheckpointError, match="expected ids below vocab_size 200, got 257"):
        Tokenizer.open(tmp_path, 200)
