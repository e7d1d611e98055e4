"""What an expert does, in one sentence, and only where counts carry it.

Tokens of one document are alike, so documents are the units: a share has the interval of a ratio estimator
over documents (Cochran 1977, "Sampling Techniques", section 6.4). The level is divided by the number of
comparisons (Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from scipy.stats import norm

from ...trace import Counts

LEVEL = 0.01  # of all comparisons of one expert together
LEAST_TIMES = 2.0  # how many times the corpus' share the lower end of the interval must be
LEAST_SHARE = 0.25  # of the expert's tokens: less is no answer to "what does it do"
MOSTLY = 0.5  # share from which the sentence says "mostly"
LEAST_TOKENS = 50
LEAST_DOCUMENTS = 5


@dataclass(frozen=True)
class Finding:
    """The share of an expert's tokens that have a property, against the corpus' share."""

    kind: str  # domain, language, class, token, position
    value: str
    share: float
    low: float
    high: float
    corpus_share: float
    tokens: int  # of the expert
    documents: int  # that they come from

    @property
    def holds(self) -> bool:
        """Returns whether a sentence may say it."""
        return (
            self.tokens >= LEAST_TOKENS
            and self.documents >= LEAST_DOCUMENTS
            and self.share >= LEAST_SHARE
            and self.low >= LEAST_TIMES * self.corpus_share
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the figures behind the sentence."""
        return {**vars(self), "times": self.share / self.corpus_share if self.corpus_share else None}


def share_interval(having: Counts, tokens: Counts, level: float) -> tuple[float, float, float]:
    """Returns share, low and high: counts per document [D] with the property, and of all tokens.

    With fewer than two documents the interval is the whole of 0..1.
    """
    used = tokens > 0
    having, tokens = having[used], tokens[used]
    total, documents = int(tokens.sum()), len(tokens)
    if documents < 2:
        return (float(having.sum() / total) if total else 0.0), 0.0, 1.0
    share = float(having.sum() / total)
    residuals = having - share * tokens
    spread = sqrt(float((residuals**2).sum()) * documents / (documents - 1)) / total
    # A share of 0 or 1 has no spread; one more and one less of the documents keeps its interval open.
    spread = max(spread, 1 / (2 * total))
    reach = float(norm.ppf(1 - level / 2)) * spread
    return share, max(0.0, share - reach), min(1.0, share + reach)


def finding(
    kind: str, value: str, having: Counts, tokens: Counts, corpus_share: float, comparisons: int
) -> Finding:
    """Tests one property of an expert: counts per document [D], out of so many comparisons."""
    share, low, high = share_interval(having, tokens, LEVEL / max(comparisons, 1))
    return Finding(
        kind, value, share, low, high, corpus_share, int(tokens.sum()), int(np.count_nonzero(tokens))
    )


def strongest(findings: list[Finding]) -> Finding | None:
    """Returns the finding that a sentence may say, with the most certain lift; None if nothing holds."""
    holding = [each for each in findings if each.holds]
    return max(holding, key=lambda each: each.low / max(each.corpus_share, 1e-9), default=None)


def sentence(found: Finding | None, tokens: int) -> str:
    """Returns the answer in English. The page has its own words for the same figures."""
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
