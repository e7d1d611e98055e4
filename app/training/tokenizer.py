"""Byte-level BPE of 4,096 entries over the three languages evenly, and the text as token ids."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from .corpus import LANGUAGES, Document, text_of

VOCABULARY = 4096
END_OF_TEXT = "<|endoftext|>"  # id 0; stands between documents


def train_tokenizer(texts: Iterator[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """Returns a tokenizer in which every byte has an entry, so that no text is unknown."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def even_texts(parts: dict[tuple[str, bool], list[Document]]) -> Iterator[str]:
    """Training texts, the same number of characters from each language (as many as the smallest has)."""
    sizes = [sum(len(text_of(each)) for each in parts[language, False]) for language in LANGUAGES]
    for language in LANGUAGES:
        left = min(sizes)
        for document in parts[language, False]:
            text = text_of(document)[:left]
            left -= len(text)
            yield text


def encode(tokenizer: Tokenizer, documents: list[Document]) -> np.ndarray:
    """Documents -> uint16 ids [tokens], an end-of-text id before each."""
    end = tokenizer.token_to_id(END_OF_TEXT)
    assert end is not None
    ids: list[int] = []
    for encoding in tokenizer.encode_batch([text_of(each) for each in documents]):
        ids.append(end)
        ids.extend(encoding.ids)
    return np.asarray(ids, dtype=np.uint16)


def write_tokens(parts: dict[tuple[str, bool], list[Document]], folder: Path) -> dict[str, object]:
    """Writes `tokenizer.json` and `LANGUAGE-{train,heldout}.npy` to `folder`. Returns the sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = train_tokenizer(even_texts(parts))
    tokenizer.save(str(folder / "tokenizer.json"))
    sizes: dict[str, object] = {"tokenizers": tokenizers.__version__}
    for (language, held_out), documents in parts.items():
        side = "heldout" if held_out else "train"
        # Held-out documents in a fixed shuffled order, so that the part that is measured holds many of them.
        if held_out:
            order = np.random.default_rng(0).permutation(len(documents))
            documents = [documents[index] for index in order]
        ids = encode(tokenizer, documents)
        np.save(folder / f"{language}-{side}.npy", ids)
        sizes[f"{language}-{side}"] = {
            "documents": len(documents),
            "bytes": sum(len(text_of(each).encode()) for each in documents),
            "tokens": int(ids.size),
        }
    return sizes
