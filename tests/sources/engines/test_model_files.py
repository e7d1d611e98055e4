"""What a model is, told by its files, and what is refused before anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.sources.engines.chat_template import read_chat, render
from app.sources.engines.engine_error import EngineRefusal
from app.sources.engines.memory_limit import available_bytes, check_memory
from app.sources.engines.model_files import find_model


def folder_with(folder: Path, *files: str, config: dict | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config or {"model_type": "mixtral"}))
    for name in files:
        (folder / name).write_bytes(b"weights")
    return folder


def test_folder_of_the_hub_cache_is_found_by_its_name(tmp_path):
    cache = tmp_path / "hub"
    old = folder_with(cache / "models--owner--Small-MoE" / "snapshots" / "aaa", "model.safetensors")
    new = folder_with(cache / "models--owner--Small-MoE" / "snapshots" / "bbb", "model.safetensors")
    refs = cache / "models--owner--Small-MoE" / "refs"
    refs.mkdir()
    (refs / "main").write_text("aaa")
    found = find_model("owner/Small-MoE", {"HF_HUB_CACHE": str(cache)})
    assert (found.path, found.name) == (old, "Small-MoE")
    (refs / "main").write_text("bbb\n")
    assert find_model(str(refs.parent)).path == new


@pytest.mark.parametrize("revision", ["../../../etc", "/etc", "missing"])
def test_revision_that_points_elsewhere_is_not_followed(tmp_path, revision):
    snapshot = folder_with(tmp_path / "models--o--n" / "snapshots" / "aaa", "model.safetensors")
    (tmp_path / "models--o--n" / "refs").mkdir()
    (tmp_path / "models--o--n" / "refs" / "main").write_text(revision)
    assert find_model(str(tmp_path / "models--o--n")).path == snapshot


@pytest.mark.parametrize("name", ["../secret", "a/../b", "owner/..", "no/such-model", "nothing"])
def test_unknown_model_is_refused_and_nothing_is_downloaded(tmp_path, name):
    with pytest.raises(EngineRefusal, match="nothing is downloaded here"):
        find_model(name, {"HF_HUB_CACHE": str(tmp_path)})


@pytest.mark.parametrize("file", ["pytorch_model.bin", "model.pt", "consolidated.00.pth"])
def test_pickled_weights_are_refused_with_the_way_to_convert_them(tmp_path, file):
    folder = folder_with(tmp_path / "model", file)
    for model in (folder, folder / file):
        with pytest.raises(EngineRefusal, match="they are pickles, which can run code; convert them"):
            find_model(str(model))


def test_pointer_of_git_lfs_is_told_as_such(tmp_path):
    folder = folder_with(tmp_path / "model")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    (folder / "model.safetensors").write_bytes(pointer)
    (tmp_path / "model.gguf").write_bytes(pointer)
    for model in (folder, tmp_path / "model.gguf"):
        with pytest.raises(EngineRefusal, match="got a pointer of Git LFS; run: git lfs pull"):
            find_model(str(model))


def test_adapter_beside_the_weights_is_refused(tmp_path):
    folder = folder_with(tmp_path / "model", "model.safetensors", "adapter_config.json")
    with pytest.raises(EngineRefusal, match="LoRA"):
        find_model(str(folder))


def test_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(EngineRefusal, match=r"expected \*\.safetensors weights, got none"):
        find_model(str(folder_with(tmp_path / "model")))


def test_file_that_is_no_gguf_is_refused(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"PK\x03\x04....")
    with pytest.raises(EngineRefusal, match="expected a GGUF file"):
        find_model(str(tmp_path / "model.gguf"))


def test_folder_with_one_gguf_is_that_file(tmp_path):
    (tmp_path / "a.gguf").write_bytes(b"GGUF....")
    assert find_model(str(tmp_path)).kind == "gguf"
    (tmp_path / "b.gguf").write_bytes(b"GGUF....")
    with pytest.raises(EngineRefusal, match=r"2 \.gguf files; name one of them"):
        find_model(str(tmp_path))


@pytest.mark.parametrize("text", ["{", "[]", "null"])
def test_config_that_is_no_object_is_refused(tmp_path, text):
    folder = folder_with(tmp_path / "model", "model.safetensors")
    (folder / "config.json").write_text(text)
    with pytest.raises(EngineRefusal, match=r"config\.json"):
        find_model(str(folder))


def test_quantised_method_is_read_from_a_wrapper_too(tmp_path):
    config = {"text_config": {"quantization_config": {"quant_method": "fp8"}}}
    folder = folder_with(tmp_path / "model", "model.safetensors", config=config)
    assert find_model(str(folder)).quantised == "fp8"


def test_model_too_large_is_refused_with_the_figures():
    with pytest.raises(
        EngineRefusal, match=r"expected 88\.0 GiB of free memory \(weights: 80\.0\), got 24\.0 GiB"
    ):
        check_memory("big", 80 << 30, 24 << 30)
    check_memory("small", 1 << 20)
    assert available_bytes() > 1 << 20


def test_template_writes_a_conversation():
    template = "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}>"
    messages = [{"role": "user", "content": "Hello"}]
    assert render(template, messages, {"bos_token": "<s>"}) == "<s>[user] Hello\n>"


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('only users') }}",
        "{{ messages.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{% for",
    ],
)
def test_template_that_refuses_or_reaches_outside_is_refused(template):
    with pytest.raises(EngineRefusal, match="chat: expected a conversation"):
        render(template, [{"role": "user", "content": "Hello"}], {})


@pytest.mark.parametrize("text", ["", "{}", "[]", '[{"role": "user"}]', '[{"role": "user", "content": 3}]'])
def test_file_that_is_no_conversation_is_refused(tmp_path, text):
    (tmp_path / "chat.json").write_text(text)
    with pytest.raises(EngineRefusal, match=r"conversation|role"):
        read_chat(tmp_path / "chat.json")
