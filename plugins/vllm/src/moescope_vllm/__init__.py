"""The routing of a vLLM server's own computation: recorded on its workers, returned over HTTP."""

__version__ = "0.1.0"

VLLM = "0.32"  # the only release whose internals these hooks were checked against
FORMAT = "moescope.route/1"
ASKS = "moescope"  # the name in `extra_args` (HTTP: `vllm_xargs`) under which a request gives its key
