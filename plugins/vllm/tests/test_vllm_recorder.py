"""The hooks, on a model runner of our own that calls them as vLLM 0.32 does."""

from types import SimpleNamespace

import numpy as np
import pytest
from moescope_vllm.batch import Span, spans
from moescope_vllm.recorder import Recorder, key_of, routers_of
from moescope_vllm.records import Records


class Tensor:
    """The few methods of a torch tensor that the recorder calls."""

    def __init__(self, values):
        self.values = np.asarray(values)
        self.shape, self.ndim = self.values.shape, self.values.ndim

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        return Tensor(self.values[index])

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)

    def detach(self):
        return self

    def cpu(self):
        return self

    def float(self):
        return Tensor(self.values.astype(np.float32))


class Router:
    """Chooses expert (token + layer) % 4, and says so in its logits."""

    def __init__(self, layer, width=1, shared=0):
        self.layer, self.width, self.num_fused_shared_experts = layer, width, shared

    def _compute_routing(self, hidden_states, router_logits, indices_type, *, input_ids=None):
        ids = router_logits.values.argmax(-1)[:, None]
        ids = np.concatenate([ids, *[ids * 0 + 4] * self.num_fused_shared_experts], axis=-1)
        return Tensor(np.ones(ids.shape, np.float32)), Tensor(ids)


class Runner:
    """Forward passes over batches, in vLLM's order of calls."""

    def __init__(self, layers=(0, 2), padding=0):
        self.routers = {layer: Router(layer) for layer in layers}
        self.padding = padding
        self.input_batch = SimpleNamespace(req_ids=[])
        self.hook = None

    def get_model(self):
        return self

    def register_forward_pre_hook(self, hook, with_kwargs):
        assert with_kwargs
        self.hook = hook

    def execute_model(self, step):
        tokens = np.concatenate([step.batch[name][0] for name in self.input_batch.req_ids])
        positions = np.concatenate([step.batch[name][1] for name in self.input_batch.req_ids])
        inputs = {"input_ids": Tensor(tokens), "positions": Tensor(positions)}
        self.hook(self, (), inputs)
        for layer, router in self.routers.items():
            logits = np.zeros((len(tokens) + self.padding, 4))
            logits[np.arange(len(tokens)), (tokens + layer) % 4] = 1
            router._compute_routing(Tensor(logits), Tensor(logits), None, input_ids=None)
        return "output"


def new(name, key):
    extra = None if key is None else {"moescope": key}
    return SimpleNamespace(req_id=name, sampling_params=SimpleNamespace(extra_args=extra))


def step(batch, asked=None, finished=()):
    """Returns a scheduler's step: name -> (tokens, positions); `asked`: name -> key of those that are new."""
    return SimpleNamespace(
        batch={name: (np.array(t), np.array(p)) for name, (t, p) in batch.items()},
        num_scheduled_tokens={name: len(tokens) for name, (tokens, _) in batch.items()},
        scheduled_new_reqs=[new(name, key) for name, key in (asked or {}).items()],
        finished_req_ids=set(finished),
    )


def run(runner, step, order=None):
    runner.input_batch.req_ids = order or list(step.batch)
    return runner.execute_model(step)


@pytest.fixture
def runner():
    return Runner()


@pytest.fixture
def recorder(runner):
    return Recorder(runner, runner.routers, Records())


def test_spans_follow_the_batch_and_not_the_scheduler():
    counts, asking = {"a": 3, "b": 1, "c": 2}, {"a": "ka", "c": "kc"}
    assert spans(["b", "c", "a"], counts, asking) == [
        Span("c", "kc", slice(1, 3)),
        Span("a", "ka", slice(3, 6)),
    ]


def test_rows_of_the_request_that_asked_are_recorded_among_others(runner, recorder):
    first = step({"a": ([5, 6], [0, 1]), "b": ([9], [0])}, {"a": None, "b": "key"})
    assert run(runner, first, ["b", "a"]) == "output"
    run(runner, step({"a": ([7], [2]), "b": ([10], [1])}), ["a", "b"])
    taken, _ = recorder.records.take("key", close=True)
    assert list(taken) == ["b"]
    assert taken["b"]["positions"].tolist() == [0, 1]
    assert taken["b"]["tokens"].tolist() == [9, 10]
    assert taken["b"]["ids"][:, :, 0].tolist() == [[9 % 4, 11 % 4], [10 % 4, 12 % 4]]
    assert recorder.errors == {}


def test_padding_behind_the_rows_is_left_out():
    runner = Runner(padding=5)
    recorder = Recorder(runner, runner.routers, Records())
    run(runner, step({"a": ([1, 2], [0, 1])}, {"a": "key"}))
    taken, _ = recorder.records.take("key", close=True)
    assert taken["a"]["logits"].shape == (2, 2, 4)


def test_request_that_did_not_ask_costs_no_rows(runner, recorder):
    run(runner, step({"a": ([1], [0])}, {"a": None}))
    assert recorder.records.facts()["open"] == 0


def test_finished_request_asks_no_more(runner, recorder):
    run(runner, step({"a": ([1], [0])}, {"a": "key"}))
    run(runner, step({"b": ([1], [0])}, {"b": None}, finished=["a"]))
    assert recorder.asking == {}


def test_error_in_a_hook_costs_the_rows_and_not_the_engine(runner, recorder):
    recorder.runner.routers[2].layer = None
    batch = step({"a": ([1, 2], [0, 1])}, {"a": "key"})
    batch.num_scheduled_tokens["a"] = 99  # more than the routers are given
    assert run(runner, batch) == "output"
    assert recorder.errors == {"router": 1}
    run(runner, step({"a": ([3], [2])}))
    taken, _ = recorder.records.take("key", close=True)
    assert taken["a"]["positions"].tolist() == [2]


def test_step_that_cannot_be_read_does_not_stop_the_engine(runner, recorder):
    broken = step({"a": ([1], [0])})
    del broken.scheduled_new_reqs
    assert run(runner, broken) == "output"
    assert recorder.errors == {"begin": 1}


def test_layer_that_was_not_seen_gives_up_the_pass(runner, recorder):
    del runner.routers[2]
    run(runner, step({"a": ([1], [0])}, {"a": "key"}))
    assert recorder.errors == {"end": 1}
    assert recorder.records.take("key", close=True) == ({}, 0)


def test_fused_shared_experts_are_no_choices():
    runner = Runner(layers=(0,))
    runner.routers[0].num_fused_shared_experts = 1
    recorder = Recorder(runner, runner.routers, Records())
    run(runner, step({"a": ([1, 2], [0, 1])}, {"a": "key"}))
    taken, _ = recorder.records.take("key", close=True)
    assert taken["a"]["ids"].tolist() == [[[1]], [[2]]]


@pytest.mark.parametrize("extra", [None, {}, {"moescope": 3}, {"moescope": ""}, {"moescope": "x" * 129}])
def test_request_without_a_usable_key_does_not_ask(extra):
    assert key_of(SimpleNamespace(extra_args=extra)) is None


def test_monolithic_kernel_is_refused_by_layer():
    layer = SimpleNamespace(is_monolithic=True, layer_id=3)
    with pytest.raises(ValueError, match="layer 3: expected a modular MoE kernel"):
        routers_of([layer])
