"""Processes that compute experts: the same results as threads, also if one of them ends."""

import gc
import select

import numpy as np
import pytest

from app.routing import ROUTERS
from app.sources.live import checkpoint as checkpoints
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.expert_processes import MOST_JOBS, ExpertProcesses
from app.sources.live.forward import Forward
from tests.sources.live.tiny_checkpoints import MIXTRAL, mixtral_tensors, write_checkpoint, write_typed

IDS = np.array([7, 3, 250, 9], np.int32)
JOBS = [(2, 0, 3), (0, 3, 5), (1, 5, 6), (3, 6, 7)]
LAYER = 1
PATIENCE_SECS = 60


@pytest.fixture
def opened(tmp_path):
    """Returns a tiny checkpoint that is streamed."""
    return Checkpoint.open(write_checkpoint(tmp_path / "model"), kept_bytes=0)


@pytest.fixture
def started(opened):
    return start(opened, opened.tensors.identity)


def start(opened, identity, count=1):
    """Returns processes whose first answer, or whose end, can be read."""
    processes = ExpertProcesses(opened.folder, identity, opened.config.d_model, count)
    for process in processes.processes:
        assert select.select([process.stdout], [], [], PATIENCE_SECS)[0]
    return processes


def tokens_of(opened):
    return np.random.default_rng(0).standard_normal((JOBS[-1][2], opened.config.d_model)).astype(np.float32)


def outputs_in_this_process(opened):
    outputs = tokens_of(opened)
    for expert, first, end in JOBS:
        opened.weights.run_expert(LAYER, expert, outputs[first:end])
    return outputs


def test_a_process_does_the_jobs_that_the_asking_one_leaves(opened, started):
    assert started.ready(len(tokens_of(opened)), len(JOBS))
    done = started.board.arrays((LAYER, JOBS[-1][2], len(JOBS)))[1]
    mine = []

    def expert(layer, number, rows):
        mine.append(number)
        while done.sum() < len(JOBS) - 1:  # all others
            assert started.processes[0].poll() is None
        opened.weights.run_expert(layer, number, rows)

    tokens = tokens_of(opened)
    started.run(LAYER, tokens, JOBS, expert)
    assert len(mine) <= 1
    np.testing.assert_array_equal(tokens, outputs_in_this_process(opened))


def test_jobs_of_a_process_that_ends_are_done_and_it_is_not_asked_again(opened, started):
    assert started.ready(len(tokens_of(opened)), len(JOBS))

    for process in started.processes:
        process.kill()
    tokens = tokens_of(opened)
    started.run(LAYER, tokens, JOBS, opened.weights.run_expert)
    np.testing.assert_array_equal(tokens, outputs_in_this_process(opened))
    assert not started.ready(len(tokens), len(JOBS))


def test_a_process_that_finds_other_weights_ends_before_it_is_asked(opened):
    found = start(opened, "of weights that were replaced")
    assert not found.ready(1, 1)
    assert found.processes == []


def test_a_layer_without_room_in_the_shared_memory_is_left_to_threads(opened, started):
    assert started.ready(1, MOST_JOBS)
    assert not started.ready(1, MOST_JOBS + 1)
    assert not started.ready(1 << 30, 1)


def test_processes_end_with_the_object_that_started_them(opened):
    found = start(opened, opened.tensors.identity, count=2)
    running = list(found.processes)
    assert [process.poll() for process in running] == [None, None]
    del found
    gc.collect()
    assert all(process.returncode is not None for process in running)


@pytest.mark.parametrize("kind", ["F32", "BF16"])
def test_a_large_model_has_the_same_logits_with_processes_as_with_threads(tmp_path, monkeypatch, kind):
    folder = write_checkpoint(tmp_path / "model")
    write_typed(folder / "model.safetensors", mixtral_tensors(MIXTRAL), kind)
    monkeypatch.setattr(checkpoints, "PROCESS_BYTES", 0)
    monkeypatch.setattr(checkpoints, "thread_count", lambda: 3)
    forward = Forward(Checkpoint.open(folder, kept_bytes=0))
    assert [forward.checkpoint.weights.processes] == [None]  # they load after the first pass
    by_threads = logits(forward)
    processes = forward.checkpoint.processes
    assert processes is not None and processes is forward.checkpoint.weights.processes
    assert len(processes.processes) == 2
    for process in processes.processes:
        assert select.select([process.stdout], [], [], PATIENCE_SECS)[0]
    assert processes.ready(1, 1)
    np.testing.assert_array_equal(logits(forward), by_threads)


@pytest.mark.parametrize("limit, threads", [(1 << 40, 3), (0, 1)])
def test_a_small_model_or_a_single_core_has_no_processes(opened, monkeypatch, limit, threads):
    monkeypatch.setattr(checkpoints, "PROCESS_BYTES", limit)
    monkeypatch.setattr(checkpoints, "thread_count", lambda: threads)
    assert opened.processes is None


def test_a_system_that_refuses_processes_leaves_the_experts_to_threads(opened, monkeypatch):
    def refuse(*_):
        raise PermissionError("memfd_create")

    monkeypatch.setattr(checkpoints, "PROCESS_BYTES", 0)
    monkeypatch.setattr(checkpoints, "thread_count", lambda: 2)
    monkeypatch.setattr("os.memfd_create", refuse)
    assert opened.processes is None


def logits(forward):
    return forward.head(forward.extend(IDS, forward.cache(4), 2, ROUTERS["topk_norm"].route, keep=4).hidden)
