"""Models that run on a vLLM or SGLang server, on this machine or on a cluster."""

from .ask import Ask
from .cluster import Cluster
from .engine_error import EngineError, problem_of
from .engines_setting import EngineAddress, read_engines
from .model_facts import ModelFacts
from .remote_trace import RemoteTrace

__all__ = [
    "Ask",
    "Cluster",
    "EngineAddress",
    "EngineError",
    "ModelFacts",
    "RemoteTrace",
    "problem_of",
    "read_engines",
]
