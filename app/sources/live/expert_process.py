"""One of the processes that compute the experts of a large model. `expert_processes` starts it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from .checkpoint import Checkpoint
from .config import CheckpointError
from .expert_processes import ANSWER, ORDER, Board
from .process import prepare
from .streamed import StreamedWeights


def main(folder: str, identity: str, memory: str, queue: str, width: str) -> None:
    """Follows orders until the pipe closes. Ends at once if the weights are not those of that identity."""
    prepare(streamed=True)
    checkpoint = Checkpoint.open(Path(folder), kept_bytes=0)
    if checkpoint.tensors.identity != identity:
        return
    weights, board = checkpoint.weights, Board(int(memory), int(width))
    assert isinstance(weights, StreamedWeights), "none are kept"
    with np.errstate(over="ignore", invalid="ignore"):
        os.write(1, ANSWER)
        while len(order := os.read(0, ORDER.size)) == ORDER.size:
            board.take(int(queue), ORDER.unpack(order), weights.run_expert)
            os.write(1, ANSWER)


if __name__ == "__main__":
    with suppress(CheckpointError, OSError, KeyboardInterrupt):
        main(*sys.argv[1:])
