"""Makes batches from token arrays. A batch depends only on seed and step, so that a run resumes exactly."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .corpus import LANGUAGES


@dataclass(frozen=True, slots=True)
class Texts:
    """Token ids per language: `train` and `held_out`, each uint16 [tokens]."""

    train: dict[str, np.ndarray]
    held_out: dict[str, np.ndarray]


def load_texts(folder: Path) -> Texts:
    """Reads the output of `tokenizer.write_tokens`."""
    return Texts(
        {language: np.load(folder / f"{language}-train.npy") for language in LANGUAGES},
        {language: np.load(folder / f"{language}-heldout.npy") for language in LANGUAGES},
    )


class Batches:
    """Windows of the training text, languages in equal shares; each window occurs once before any repeats."""

    def __init__(self, texts: Texts, seed: int) -> None:
        self._texts = texts
        self._seed = seed
        self._orders: dict[tuple[str, int, int], tuple[int, np.ndarray]] = {}

    def _order(self, language: str, length: int, epoch: int) -> tuple[int, np.ndarray]:
        """Returns the offset of the first window, and the order of windows, of one pass over a language."""
        key = (language, length, epoch)
        if key not in self._orders:
            random = np.random.default_rng([self._seed, LANGUAGES.index(language), length, epoch])
            offset = int(random.integers(length))
            windows = (self._texts.train[language].size - offset - 1) // length
            self._orders[key] = offset, random.permutation(windows)
        return self._orders[key]

    def _window(self, language: str, length: int, number: int) -> np.ndarray:
        epoch = 0
        while True:
            offset, order = self._order(language, length, epoch)
            if number < order.size:
                start = offset + int(order[number]) * length
                return self._texts.train[language][start : start + length + 1]
            number -= order.size
            epoch += 1

    def batch(self, step: int, sequences: int, length: int) -> np.ndarray:
        """Returns ids int64 [sequences, length + 1] of a step; `sequences`: multiple of the languages."""
        each = sequences // len(LANGUAGES)
        return np.stack(
            [
                self._window(language, length, step * each + row)
                for language in LANGUAGES
                for row in range(each)
            ]
        ).astype(np.int64)


def held_out_rows(ids: np.ndarray, rows: int, length: int) -> np.ndarray:
    """Returns ids int64 [rows, length + 1], spaced evenly over the held-out text."""
    starts = np.linspace(0, ids.size - length - 1, rows).astype(np.int64)
    return np.stack([ids[start : start + length + 1] for start in starts]).astype(np.int64)
