"""What the workers refuse, with vLLM's own classes where it is installed."""

from types import SimpleNamespace

import pytest
from moescope_vllm import worker

vllm = pytest.importorskip("vllm")
pytestmark = pytest.mark.filterwarnings("ignore")  # of vLLM, about itself


def config(enforce_eager=True, **parallel):
    return SimpleNamespace(
        model_config=SimpleNamespace(enforce_eager=enforce_eager),
        parallel_config=SimpleNamespace(**{"data_parallel_size": 1, "enable_dbo": False, **parallel}),
    )


def test_eager_model_on_the_checked_release_is_taken():
    worker.check(config())


def test_compiled_model_is_refused_with_the_flag():
    with pytest.raises(ValueError, match="start it with --enforce-eager"):
        worker.check(config(enforce_eager=False))


@pytest.mark.parametrize(
    "name", ["data_parallel_size", "prefill_context_parallel_size", "decode_context_parallel_size"]
)
def test_way_of_running_that_mixes_rows_is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"{name}: expected 1, got 2"):
        worker.check(config(**{name: 2}))


def test_names_of_the_parallel_sizes_are_those_of_vllm():
    fields = vllm.config.ParallelConfig.__dataclass_fields__
    for name in ("data_parallel_size", "prefill_context_parallel_size", "decode_context_parallel_size"):
        assert name in fields
    assert "enable_dbo" in fields


def test_another_release_is_refused_unless_the_operator_insists(monkeypatch):
    monkeypatch.setattr(vllm, "__version__", "0.33.1")
    with pytest.raises(ValueError, match=r"expected 0\.32\.\*, got 0\.33\.1"):
        worker.check(config())
    monkeypatch.setenv("MOESCOPE_ANY_VLLM", "1")
    worker.check(config())


def test_every_worker_gets_the_methods_and_an_error_in_one_is_an_answer():
    worker.register()
    worker.register()
    base = pytest.importorskip("vllm.v1.worker.worker_base").WorkerBase
    assert base.moescope_take(SimpleNamespace(), "key", True) is None
    broken = SimpleNamespace(moescope=SimpleNamespace(layers=(0,)))
    assert base.moescope_take(broken, "key", True)["error"].startswith("AttributeError")
