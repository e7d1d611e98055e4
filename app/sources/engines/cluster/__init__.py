"""Models that a vLLM or SGLang server runs, on this machine or on a cluster."""

from .cluster import Cluster
from .engine_error import EngineError
from .engines_setting import EngineAddress, read_engines
from .remote_trace import RemoteTrace

__all__ = ["Cluster", "EngineAddress", "EngineError", "RemoteTrace", "read_engines"]
