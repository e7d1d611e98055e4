"""Describes an expert in one sentence, if the counts are significant.

Tokens of one document are correlated, so documents are the units. A share has the interval of a ratio
estimator over documents (Cochran 1977, "Sampling Techniques", section 6.4). The level is divided by the
number of comparisons (Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from scipy.stats import norm

from ...trace import Counts

LEVEL = 0.01  # over all comparisons of one expert
LEAST_TIMES = 2.0  # required ratio of the interval's lower end to the corpus' share
LEAST_SHARE = 0.25  # required share of the expert's tokens; less does not characterise it
MOSTLY = 0.5  # share from which the sentence says "mostly"
LEAST_TOKENS = 50
LEAST_DOCUMENTS = 5


@dataclass(frozen=True)
class Finding:
    """The share of an expert's tokens with a property, compared with the corpus' share."""

    kind: str  # domain, language, class, token, position
    value: str
    share: float
    low: float
    high: float
    corpus_share: float
    tokens: int  # number of the expert's tokens
    documents: int  # number of their documents

    @property
    def holds(self) -> bool:
        """Returns whether the property is significant and large enough for the sentence."""
        return (
            self.tokens >= LEAST_TOKENS
            and self.documents >= LEAST_DOCUMENTS
            and self.share >= LEAST_SHARE
            and self.low >= LEAST_TIMES * self.corpus_share
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the figures that support the sentence."""
        return {**vars(self), "times": self.share / self.corpus_share if self.corpus_share else None}


def share_interval(having: Counts, tokens: Counts, level: float) -> tuple[float, float, float]:
    """Returns share, low and high from counts per document [D] with the property, and of all tokens.

    With fewer than two documents the interval is all of 0..1.
    """
    used = tokens > 0
    having, tokens = having[used], tokens[used]
    total, documents = int(tokens.sum()), len(tokens)
    if documents < 2:
        return (float(having.sum() / total) if total else 0.0), 0.0, 1.0
    share = float(having.sum() / total)
    residuals = having - share * tokens
    spread = sqrt(float((residuals**2).sum()) * documents / (documents - 1)) / total
    # A share of 0 or 1 has no variance; adding one document with and one without keeps the interval open.
    spread = max(spread, 1 / (2 * total))
    reach = float(norm.ppf(1 - level / 2)) * spread
    return share, max(0.0, share - reach), min(1.0, share + reach)


def finding(
    kind: str, value: str, having: Counts, tokens: Counts, corpus_share: float, comparisons: int
) -> Finding:
    """Tests one property of an expert: counts per document [D], one of `comparisons` tests."""
    share, low, high = share_interval(having, tokens, LEVEL / max(comparisons, 1))
    return Finding(
        kind, value, share, low, high, corpus_share, int(tokens.sum()), int(np.count_nonzero(tokens))
    )


def strongest(findings: list[Finding]) -> Finding | None:
    """Returns the finding that holds with the largest certain lift; None if none holds."""
    holding = [each for each in findings if each.holds]
    return max(holding, key=lambda each: each.low / max(each.corpus_share, 1e-9), default=None)


def sentence(found: Finding | None, tokens: int) -> str:
    """Returns the sentence in English. The page words the same figures itself."""
    if found is None:
        return f"It does nothing in particular that its {tokens:,} tokens can show."
    what = {
        "domain": f"tokens of {found.value}",
        "language": f"tokens of {found.value}",
        "class": f"tokens of the class {found.value}",
        "token": f"the token {found.value!r}",
        "position": f"tokens at position {found.value}",
    }[found.kind]
    often = "mostly" if found.low > MOSTLY else "often"
    return (
        f"It {often} serves {what}: {found.share:.0%} of its {found.tokens:,} tokens "
        f"({found.low:.0%} to {found.high:.0%}), against {found.corpus_share:.0%} of the corpus."
    )
