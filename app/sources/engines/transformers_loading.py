"""Loads a checkpoint folder with transformers: class, dtype, and refusals before loading.

`trust_remote_code` is always off, nothing is downloaded, and only safetensors are read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
import transformers
from transformers.utils import logging

from .engine_error import EngineRefusal
from .memory_limit import check_memory
from .model_files import ModelFiles

# Methods that transformers dequantises on a CPU -> growth factor of the size in bfloat16.
UNPACKED = {"fp8": 2.0, "mxfp4": 16 / 4.25}
AUTO = (
    "AutoModelForCausalLM",
    "AutoModelForSeq2SeqLM",
    "AutoModelForImageTextToText",
    "AutoModelForTokenClassification",
)


def load(files: ModelFiles) -> Any:
    """Loads the model. Raises EngineRefusal before loading if it cannot be loaded."""
    config = read_config(files)
    model_class = class_of(files, config)
    check_quantised(files)
    check_memory(files.name, int(files.weight_bytes() * UNPACKED.get(files.quantised, 1.0)))
    options: dict[str, Any] = {}
    if files.quantised in UNPACKED:
        options["quantization_config"] = unpacking(files.quantised)
    with quiet():
        try:
            model, report = model_class.from_pretrained(
                files.path,
                config=config,
                dtype=config_dtype(config, files),
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
                **options,
            )
        except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
            raise EngineRefusal(
                f"{files.path}: transformers {transformers.__version__} cannot load it: {error}"
            ) from error
    missing = sorted(report.get("missing_keys", ()))
    if missing:
        raise EngineRefusal(
            f"{files.path}: expected all weights of {model_class.__name__}, "
            f"missing {len(missing)}, such as {missing[0]}; a random model would run in their place"
        )
    return model.eval()


def read_config(files: ModelFiles) -> Any:
    """Returns the config read by transformers. Raises EngineRefusal for a type that needs external code."""
    if files.model_type not in transformers.CONFIG_MAPPING:
        remedy = "a newer transformers may have it: pip install -U transformers"
        if "auto_map" in files.config:
            remedy = f"its folder brings its own code, which is never run here (trust_remote_code); {remedy}"
        raise EngineRefusal(
            f"model_type: expected a type of transformers {transformers.__version__}, "
            f"got {files.model_type!r}; {remedy}, or run it on a server (ENGINES)"
        )
    with quiet():
        return transformers.AutoConfig.from_pretrained(
            files.path, trust_remote_code=False, local_files_only=True
        )


def class_of(files: ModelFiles, config: Any) -> Any:
    """Returns the class of the saved model; if unknown to transformers, the first class for its type."""
    for name in files.config.get("architectures") or ():
        found = getattr(transformers, str(name), None)
        if found is not None and hasattr(found, "from_pretrained"):
            return found
    for name in AUTO:
        mapping = getattr(transformers, name)._model_mapping
        if type(config) in mapping:
            found = mapping[type(config)]
            return found[0] if isinstance(found, tuple) else found
    raise EngineRefusal(
        f"architectures: expected a language model of transformers, got {files.config.get('architectures')}; "
        "causal, encoder-decoder and diffusion models are recorded"
    )


def check_quantised(files: ModelFiles) -> None:
    """Raises EngineRefusal if the quantisation needs a package or device that is missing here."""
    method = files.quantised
    if method and method not in UNPACKED and not torch.cuda.is_available():
        raise EngineRefusal(
            f"quantization_config: expected plain, {' or '.join(UNPACKED)} weights on a CPU, got {method!r}; "
            "use the unquantised checkpoint, a GGUF of the same model, or a server (ENGINES)"
        )


def unpacking(method: str) -> Any:
    """Returns the settings for dequantising to bfloat16."""
    if method == "mxfp4":
        return transformers.Mxfp4Config(dequantize=True)
    return transformers.FineGrainedFP8Config(dequantize=True)


def config_dtype(config: Any, files: ModelFiles) -> Any:
    """Returns the dtype of the file: float32 if the config names none, bfloat16 after dequantisation."""
    return torch.bfloat16 if files.quantised in UNPACKED else (config.dtype or "auto")


@contextmanager
def quiet() -> Iterator[None]:
    """A context without the progress bars and advice that transformers prints."""
    level = logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def ends_of(model: Any) -> set[int]:
    """Returns the ids of the tokens that end a text."""
    settings: Mapping[str, Any] = vars(getattr(model, "generation_config", None) or model.config)
    end = settings.get("eos_token_id")
    return set(end) if isinstance(end, list | tuple) else set() if end is None else {int(end)}
